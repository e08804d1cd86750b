//! Lists the names in a zip file, one a line, from its central directory.

import { readFileSync } from 'node:fs';

const bytes = readFileSync(process.argv[2] ?? 'privatelint.vsix');
const end = bytes.lastIndexOf('PK\x05\x06', undefined, 'latin1');
let at = bytes.readUInt32LE(end + 16);
for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
  const [name, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
  console.log(bytes.toString('utf8', at + 46, at + 46 + name));
  at += 46 + name + extra + comment;
}
