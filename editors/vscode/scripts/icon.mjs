//! Draws the icon: a private network, three of its members, and the one way in.

import { crc32, deflateSync } from 'node:zlib';

/** A PNG of this width and height. */
export function icon(size) {
  const rows = Array.from({ length: size }, (_, y) => {
    const pixels = Array.from({ length: size }, (_, x) => color((x + 0.5) / size, (y + 0.5) / size, 1.2 / size));
    return [0, ...pixels.flat()];
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const pixels = deflateSync(Buffer.from(rows.flat()), { level: 9 });
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

const GROUND = [16, 44, 58];
const LINE = [76, 195, 217];
const WAY = [255, 255, 255];

/** Distances from the edge of each shape, negative inside; later ones lie above. */
const SHAPES = [
  { color: GROUND, distance: (x, y) => box(x - 0.5, y - 0.5, 0.5, 0.5, 0.2) },
  { color: LINE, distance: (x, y) => Math.abs(box(x - 0.56, y - 0.5, 0.28, 0.3, 0.08)) - 0.022 },
  { color: LINE, distance: (x, y) => segment(x, y, 0.5, 0.5, 0.68, 0.34) - 0.018 },
  { color: LINE, distance: (x, y) => segment(x, y, 0.5, 0.5, 0.68, 0.66) - 0.018 },
  { color: GROUND, distance: (x, y) => box(x - 0.28, y - 0.5, 0.06, 0.07, 0.01) },
  { color: WAY, distance: (x, y) => segment(x, y, 0.12, 0.5, 0.5, 0.5) - 0.028 },
  { color: WAY, distance: (x, y) => Math.hypot(x - 0.5, y - 0.5) - 0.075 },
  { color: LINE, distance: (x, y) => Math.hypot(x - 0.68, y - 0.34) - 0.06 },
  { color: LINE, distance: (x, y) => Math.hypot(x - 0.68, y - 0.66) - 0.06 },
];

function color(x, y, blur) {
  let [red, green, blue, alpha] = [...GROUND, 0];
  for (const shape of SHAPES) {
    const share = Math.min(1, Math.max(0, 0.5 - shape.distance(x, y) / blur));
    [red, green, blue] = [red, green, blue].map((before, at) => before + (shape.color[at] - before) * share);
    alpha = Math.max(alpha, share);
  }
  return [red, green, blue, 255 * alpha].map(Math.round);
}

function box(x, y, width, height, radius) {
  const [right, below] = [Math.abs(x) - width + radius, Math.abs(y) - height + radius];
  return Math.hypot(Math.max(right, 0), Math.max(below, 0)) + Math.min(Math.max(right, below), 0) - radius;
}

function segment(x, y, fromX, fromY, toX, toY) {
  const [wide, high] = [toX - fromX, toY - fromY];
  const along = ((x - fromX) * wide + (y - fromY) * high) / (wide * wide + high * high);
  const at = Math.min(1, Math.max(0, along));
  return Math.hypot(x - fromX - at * wide, y - fromY - at * high);
}

function chunk(kind, data) {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
