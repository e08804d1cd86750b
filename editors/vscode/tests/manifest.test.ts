//! The manifest and the code name the same things.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const code = readFileSync('src/extension.ts', 'utf8');
const readme = readFileSync('README.md', 'utf8');

test('every command is registered', () => {
  const promised = manifest.contributes.commands.map(({ command }: { command: string }) => command);
  const registered = [...code.matchAll(/registerCommand\('([^']+)'/g)].map(([, name]) => name);
  assert.deepEqual([...registered].sort(), [...promised].sort());
});

test('every setting is explained', () => {
  for (const name of Object.keys(manifest.contributes.configuration.properties)) {
    assert.ok(readme.includes(`\`${name}\``), `README.md does not tell about ${name}`);
  }
});

test('what starts programs is not read from a folder that is not trusted', () => {
  const { restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
  assert.deepEqual(restrictedConfigurations, ['privatelint.path', 'privatelint.arguments']);
});

test('it has the version of the program', () => {
  const [, version] = /^version = "(.*)"$/m.exec(readFileSync('../../Cargo.toml', 'utf8')) ?? [];
  assert.equal(manifest.version, version);
});
