//! What the page of a picture and the extension tell each other.

import type { Scenario } from './picture';

/** From the extension to the page. */
export type ToPage =
  | { kind: 'picture'; svg: string; scenario: Scenario | undefined }
  /** The picture, if there is one, is not that of the text as it is. */
  | { kind: 'trouble'; words: string };

/** From the page to the extension. */
export type FromPage =
  | { kind: 'ready' }
  | { kind: 'scenario'; number: number }
  | { kind: 'reveal'; name: string }
  | { kind: 'save' };

/** What is kept of a panel when the window is closed. */
export interface Kept {
  uri: string;
  scenario: number;
}

/** Reads a message of the page, which is believed no more than any page. */
export function fromPage(message: unknown): FromPage | undefined {
  if (!isRecord(message)) return undefined;
  switch (message.kind) {
    case 'ready':
    case 'save':
      return { kind: message.kind };
    case 'scenario':
      return isNumber(message.number) ? { kind: 'scenario', number: message.number } : undefined;
    case 'reveal':
      return typeof message.name === 'string' ? { kind: 'reveal', name: message.name } : undefined;
    default:
      return undefined;
  }
}

/** Reads what was kept of a panel. */
export function kept(state: unknown): Kept | undefined {
  if (!isRecord(state) || typeof state.uri !== 'string') return undefined;
  return { uri: state.uri, scenario: isNumber(state.scenario) ? state.scenario : 1 };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
