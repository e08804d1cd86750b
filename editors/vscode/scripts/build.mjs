//! Builds what the extension ships: the bundles, the licences and the icon.

import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { icon } from './icon.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
rmSync('dist', { recursive: true, force: true });

const common = { bundle: true, minify: true, target: 'es2022', logLevel: 'warning', legalComments: 'none' };
await build({
  ...common,
  entryPoints: ['src/extension.ts'],
  outfile: 'dist/extension.js',
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['vscode'],
});
await build({ ...common, entryPoints: ['src/graph/view.ts'], outfile: 'dist/view.js', format: 'iife' });
copyFileSync('src/graph/view.css', 'dist/view.css');

const licence = (name) => readFileSync(`../../LICENSE-${name}`, 'utf8').trim();
writeFileSync(
  'LICENSE.txt',
  `Licensed under either of the two licences below, at your option.\n\n${licence('MIT')}\n\n${licence('APACHE')}\n`,
);
writeFileSync('icon.png', icon(128));
