//! The settings of the user, and what follows from a change of them.

import { expand, type Machine } from './binary';

export interface Settings {
  enable: boolean;
  path: string;
  arguments: string[];
  configuration: string;
  inlayHints: { routes: boolean; prices: boolean };
  trace: string;
}

/** Reads the settings below `privatelint`; what has another type than it should is as if it were not there. */
export function read(get: (name: string) => unknown): Settings {
  const flag = (name: string, otherwise: boolean) => {
    const value = get(name);
    return typeof value === 'boolean' ? value : otherwise;
  };
  const text = (name: string) => {
    const value = get(name);
    return typeof value === 'string' ? value : '';
  };
  const list = get('arguments');
  return {
    enable: flag('enable', true),
    path: text('path'),
    arguments: Array.isArray(list) ? list.filter((item): item is string => typeof item === 'string') : [],
    configuration: text('configuration'),
    inlayHints: { routes: flag('inlayHints.routes', false), prices: flag('inlayHints.prices', false) },
    trace: text('trace.server') || 'off',
  };
}

/** What the language server is told. */
export function forServer(settings: Settings, machine: Pick<Machine, 'env' | 'home' | 'folder'>): object {
  return { inlayHints: settings.inlayHints, configuration: expand(settings.configuration, machine) };
}

/** Whether another program has to run, or the same one in another way; the rest is told to the one that runs. */
export function needsRestart(before: Settings, after: Settings): boolean {
  const started = ({ enable, path, arguments: list, trace }: Settings) => JSON.stringify([enable, path, list, trace]);
  return started(before) !== started(after);
}
