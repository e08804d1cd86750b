//! Where the program is looked for, on every system.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { expand, find, type Machine } from '../src/binary';

function machine(programs: string[], more: Partial<Machine> = {}): Machine {
  return {
    platform: 'linux',
    env: { PATH: '/usr/bin:/opt/bin' },
    home: '/home/ada',
    folder: '/src/stacks',
    isProgram: (path) => programs.includes(path),
    ...more,
  };
}

test('the first on PATH is taken, then where installers put it', () => {
  const all = ['/opt/bin/privatelint', '/home/ada/.cargo/bin/privatelint', '/usr/local/bin/privatelint'];
  assert.deepEqual(find('', machine(all)), { path: '/opt/bin/privatelint' });
  assert.deepEqual(find('', machine(all.slice(1))), { path: '/home/ada/.cargo/bin/privatelint' });
  assert.deepEqual(find('', machine(all.slice(2), { env: {} })), { path: '/usr/local/bin/privatelint' });
});

test('a folder never decides by a relative PATH which program runs', () => {
  const env = { PATH: '.::bin:./bin' };
  assert.ok('trouble' in find('', machine(['privatelint', 'bin/privatelint', './privatelint'], { env })));
});

test('the setting is taken and nothing else', () => {
  const programs = ['/usr/bin/privatelint', '/src/stacks/.venv/bin/privatelint', '/usr/bin/other', '/home/ada/x'];
  const path = (setting: string) => find(setting, machine(programs));
  assert.deepEqual(path('${workspaceFolder}/.venv/bin/privatelint'), { path: '/src/stacks/.venv/bin/privatelint' });
  assert.deepEqual(path('.venv/bin/privatelint'), { path: '/src/stacks/.venv/bin/privatelint' });
  assert.deepEqual(path(' ~/x '), { path: '/home/ada/x' });
  assert.deepEqual(path('other'), { path: '/usr/bin/other' });
  const missing = path('/usr/bin/nothing');
  assert.ok('trouble' in missing && missing.trouble.includes('`/usr/bin/nothing`'), JSON.stringify(missing));
});

test('who has no program is told how to get one', () => {
  const found = find('', machine([]));
  assert.ok('trouble' in found);
  for (const words of ['pip install privatelint', 'cargo install privatelint', 'privatelint.path']) {
    assert.ok(found.trouble.includes(words), words);
  }
});

test('Windows has its own separators, and endings', () => {
  const windows = { platform: 'win32' as const, home: 'C:\\Users\\ada', env: { Path: 'C:\\Tools;D:\\bin' } };
  assert.deepEqual(find('', machine(['D:\\bin\\privatelint.exe'], windows)), { path: 'D:\\bin\\privatelint.exe' });
  const own = 'C:\\Users\\ada\\.cargo\\bin\\privatelint.exe';
  assert.deepEqual(find('', machine([own], windows)), { path: own });
  assert.deepEqual(find('~\\.cargo\\bin\\privatelint', machine([own], windows)), { path: own });
});

test('what a setting may hold is replaced, and nothing else', () => {
  const places = { env: { TOOLS: '/t', '$&': 'no' }, home: '/home/$&', folder: undefined };
  assert.equal(expand('~/x', places), '/home/$&/x');
  assert.equal(expand('~x/~', places), '~x/~');
  assert.equal(expand('${env:TOOLS}/${env:NONE}x${workspaceFolder}', places), '/t/x');
  assert.equal(expand('${other}', places), '${other}');
});
