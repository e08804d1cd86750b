//! Where the program `privatelint` is, or what to do where it is not.

import * as path from 'node:path';

/** What of the machine decides where programs are. */
export interface Machine {
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
  home: string;
  /** The first folder of the workspace. */
  folder: string | undefined;
  /** Whether a path is a file that may be run. */
  isProgram(path: string): boolean;
}

/** The program, or why there is none in words for the user. */
export type Found = { path: string } | { trouble: string };

const NAME = 'privatelint';
const INSTALL = 'Install it with `pip install privatelint` or `cargo install privatelint`';

/** Replaces a leading `~`, `${workspaceFolder}` and `${env:NAME}`. */
export function expand(text: string, machine: Pick<Machine, 'env' | 'home' | 'folder'>): string {
  return text
    .trim()
    .replace(/^~(?=$|[/\\])/, () => machine.home)
    .replace(/\$\{workspaceFolder\}/g, () => machine.folder ?? '')
    .replace(/\$\{env:([^}]+)\}/g, (_, name: string) => machine.env[name] ?? '');
}

/** Finds the program: the one that the setting names, else one on `PATH`, else one where installers put it. */
export function find(setting: string, machine: Machine): Found {
  const named = expand(setting, machine);
  if (named === '') {
    const path = onPath(NAME, machine) ?? where(usualFolders(machine), NAME, machine);
    return path === undefined
      ? { trouble: `privatelint was not found on PATH. ${INSTALL}, or name it in the setting \`privatelint.path\`.` }
      : { path };
  }
  const { isAbsolute, resolve } = paths(machine);
  const wanted = /[/\\]/.test(named)
    ? where([''], isAbsolute(named) ? named : resolve(machine.folder ?? machine.home, named), machine)
    : onPath(named, machine);
  return wanted === undefined
    ? {
        trouble: `The setting \`privatelint.path\` names \`${named}\`, which is no program here. ${INSTALL}, or correct the setting.`,
      }
    : { path: wanted };
}

function onPath(name: string, machine: Machine): string | undefined {
  const { delimiter, isAbsolute } = paths(machine);
  const value = machine.env.PATH ?? machine.env.Path ?? '';
  // A relative folder would make the program depend on which folder is open.
  return where(value.split(delimiter).filter(isAbsolute), name, machine);
}

/** An editor started from a menu often has a shorter `PATH` than a terminal. */
function usualFolders(machine: Machine): string[] {
  const { join } = paths(machine);
  const own = [join(machine.home, '.cargo', 'bin'), join(machine.home, '.local', 'bin')];
  return machine.platform === 'win32' ? own : [...own, '/opt/homebrew/bin', '/usr/local/bin'];
}

function where(folders: readonly string[], name: string, machine: Machine): string | undefined {
  const { join } = paths(machine);
  const endings = machine.platform === 'win32' ? ['', '.exe'] : [''];
  const candidates = folders.flatMap((folder) => endings.map((ending) => join(folder, name + ending)));
  return candidates.find((candidate) => machine.isProgram(candidate));
}

function paths(machine: Machine): path.PlatformPath {
  return machine.platform === 'win32' ? path.win32 : path.posix;
}
