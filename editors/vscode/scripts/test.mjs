//! Bundles the tests, each on its own, and runs them; an argument picks those whose names hold it.

import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
rmSync('build', { recursive: true, force: true });
const names = readdirSync('tests').filter((name) => name.endsWith('.test.ts') && name.includes(process.argv[2] ?? ''));
await build({
  entryPoints: names.map((name) => `tests/${name}`),
  outdir: 'build',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: 'inline',
  logLevel: 'warning',
});
const files = names.map((name) => `build/${name.replace(/\.ts$/, '.js')}`);
const { status } = spawnSync(process.execPath, ['--enable-source-maps', '--test', '--test-reporter=spec', ...files], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
