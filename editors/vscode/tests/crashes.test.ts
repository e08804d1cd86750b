//! When a server that ended is started again.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Crashes } from '../src/crashes';

const MINUTE = 60_000;

test('one that never answered is not started again', () => {
  const crashes = new Crashes();
  assert.equal(crashes.ended(0), false);
  assert.match(crashes.words(), /before it answered/);
});

test('four ends within three minutes are forgiven, a fifth is not', () => {
  const crashes = new Crashes();
  crashes.ran();
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((time) => crashes.ended(time)),
    [true, true, true, true, false],
  );
  assert.match(crashes.words(), /ended 5 times/);
});

test('one that ends now and then goes on for ever', () => {
  const crashes = new Crashes();
  crashes.ran();
  for (let time = 0; time < 50; time += 1) assert.ok(crashes.ended(time * MINUTE));
});
