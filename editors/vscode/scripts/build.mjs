//! Builds what the extension ships: the bundles, the licences and the icon.

import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { icon } from './icon.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
rmSync('dist', { recursive: true, force: true });

const common = { bundle: true, minify: true, target: 'es2022', logLevel: 'warning', legalComments: 'none' };
const { metafile } = await build({
  ...common,
  metafile: true,
  entryPoints: ['src/extension.ts'],
  outfile: 'dist/extension.js',
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['vscode'],
});
await build({ ...common, entryPoints: ['src/graph/view.ts'], outfile: 'dist/view.js', format: 'iife' });
copyFileSync('src/graph/view.css', 'dist/view.css');

const ours = ['MIT', 'APACHE'].map((name) => readFileSync(`../../LICENSE-${name}`, 'utf8').trim());
const bundled = new Set(
  Object.keys(metafile.inputs).flatMap((path) => path.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/) ?? []),
);
const theirs = [...bundled].sort().map((folder) => {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (file === undefined) throw new Error(`${folder} has no licence`);
  return `${folder.replace('node_modules/', '')}:\n\n${readFileSync(`${folder}/${file}`, 'utf8').trim()}`;
});
writeFileSync(
  'LICENSE.txt',
  [
    'privatelint is licensed under either of these two licences, at your option.',
    ...ours,
    'The bundle holds these packages under their own licences.',
    ...theirs,
  ]
    .join('\n\n')
    .concat('\n'),
);
writeFileSync('icon.png', icon(128));
