//! Settings as they are read, and what follows from a change.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { forServer, needsRestart, read } from '../src/settings';

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  contributes: { configuration: { properties: Record<string, { default: unknown }> } };
};
const properties = manifest.contributes.configuration.properties;
const defaults = read((name) => properties[`privatelint.${name}`]?.default);

test('what is read when nothing is set is what the manifest promises', () => {
  const asked: string[] = [];
  assert.deepEqual(
    defaults,
    read((name) => void asked.push(name)),
  );
  assert.deepEqual(asked.map((name) => `privatelint.${name}`).sort(), Object.keys(properties).sort());
});

test('what has another type than it should is as if it were not there', () => {
  assert.deepEqual(
    read(() => 7),
    defaults,
  );
  assert.deepEqual(read((name) => (name === 'arguments' ? ['-v', 3, null] : undefined)).arguments, ['-v']);
});

test('only what decides about the program starts it anew', () => {
  const hints = { ...defaults, inlayHints: { routes: true, prices: false }, configuration: 'a.toml' };
  assert.equal(needsRestart(defaults, hints), false);
  for (const change of [{ path: '/x' }, { arguments: ['a'] }, { enable: false }, { trace: 'verbose' }]) {
    assert.equal(needsRestart(defaults, { ...defaults, ...change }), true, JSON.stringify(change));
  }
});

test('the server gets paths that it can read', () => {
  const settings = { ...defaults, configuration: '${workspaceFolder}/conf/privatelint.toml' };
  assert.deepEqual(forServer(settings, { env: {}, home: '/h', folder: '/src' }), {
    inlayHints: { routes: false, prices: false },
    configuration: '/src/conf/privatelint.toml',
  });
});
