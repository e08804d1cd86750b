//! How large a picture is shown.

const STEP = 1.25;
const LEAST = 0.1;
const MOST = 8;

/** `fit` follows the width of the panel, and never enlarges. */
export type Zoom = 'fit' | number;

/** The factor that a picture of this width is shown with. */
export function factor(zoom: Zoom, width: number, room: number): number {
  if (zoom !== 'fit') return zoom;
  return width > room && room > 0 ? Math.max(room / width, LEAST) : 1;
}

/** One step larger or smaller than it is shown. */
export function stepped(shown: number, direction: 1 | -1): number {
  return Math.min(MOST, Math.max(LEAST, direction === 1 ? shown * STEP : shown / STEP));
}
