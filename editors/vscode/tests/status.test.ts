//! What the status bar says.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { count, item } from '../src/status';

const running = { kind: 'running', version: '1.2.3', path: '/usr/bin/privatelint' } as const;

test('findings are counted by severity', () => {
  assert.deepEqual(count([0, 1, 1, 2, 3, 3]), { errors: 1, warnings: 2, infos: 3 });
});

test('a running server shows what the document has', () => {
  const shown = item(running, { errors: 1, warnings: 2, infos: 0 });
  assert.equal(shown.text, 'privatelint $(error) 1 $(warning) 2');
  assert.match(shown.tooltip, /^1 error, 2 warnings in this document\n/);
  assert.ok(shown.tooltip.includes('privatelint 1.2.3: `/usr/bin/privatelint`'));
  assert.match(item(running, { errors: 0, warnings: 1, infos: 3 }).tooltip, /^1 warning, 3 notes in this document\n/);
  assert.equal(item(running, count([])).text, '$(check) privatelint');
});

test('trouble is what alarms, and only that', () => {
  const states = [{ kind: 'off' }, { kind: 'idle' }, { kind: 'starting' }, running] as const;
  for (const state of states) assert.ok(!item(state, count([0])).isAlarming, state.kind);
  const failed = item({ kind: 'failed', trouble: 'not found' }, count([]));
  assert.deepEqual(failed, { text: '$(error) privatelint', tooltip: 'not found', isAlarming: true });
});
