//! The words of the status bar item.

/** How the language server does. */
export type State =
  | { kind: 'off' }
  | { kind: 'idle' }
  | { kind: 'starting' }
  | { kind: 'running'; version: string | undefined; path: string }
  | { kind: 'failed'; trouble: string };

/** How many findings a document has. */
export interface Counts {
  errors: number;
  warnings: number;
  infos: number;
}

export interface Item {
  text: string;
  /** Markdown. */
  tooltip: string;
  /** Whether something needs the user. */
  isAlarming: boolean;
}

/** Counts by severity, where 0 is an error, 1 a warning and the rest less. */
export function count(severities: Iterable<number>): Counts {
  const counts = { errors: 0, warnings: 0, infos: 0 };
  for (const severity of severities) {
    if (severity === 0) counts.errors += 1;
    else if (severity === 1) counts.warnings += 1;
    else counts.infos += 1;
  }
  return counts;
}

/** What the item shows; `counts` where the active document is one that is checked. */
export function item(state: State, counts: Counts | undefined): Item {
  switch (state.kind) {
    case 'off':
      return {
        text: '$(circle-slash) privatelint',
        tooltip: 'Turned off by the setting `privatelint.enable`',
        isAlarming: false,
      };
    case 'idle':
      return { text: 'privatelint', tooltip: 'Starts with the first template that is opened', isAlarming: false };
    case 'starting':
      return { text: '$(sync~spin) privatelint', tooltip: 'Starting', isAlarming: false };
    case 'failed':
      return { text: '$(error) privatelint', tooltip: state.trouble, isAlarming: true };
    case 'running': {
      const program = `privatelint ${state.version ?? ''}`.trim();
      return {
        text: icons(counts),
        tooltip: `${words(counts)}\n\n${program}: \`${state.path}\``,
        isAlarming: false,
      };
    }
  }
}

function icons(counts: Counts | undefined): string {
  if (counts === undefined) return '$(check) privatelint';
  const { errors, warnings, infos } = counts;
  const parts = [
    [errors, '$(error)'],
    [warnings, '$(warning)'],
    [infos, '$(info)'],
  ].flatMap(([number, icon]) => (number === 0 ? [] : [`${icon} ${number}`]));
  return parts.length === 0 ? '$(check) privatelint' : `privatelint ${parts.join(' ')}`;
}

function words(counts: Counts | undefined): string {
  if (counts === undefined) return 'Running';
  const many = (number: number, one: string) => (number === 0 ? [] : [`${number} ${one}${number === 1 ? '' : 's'}`]);
  const { errors, warnings, infos } = counts;
  const parts = [...many(errors, 'error'), ...many(warnings, 'warning'), ...many(infos, 'note')];
  return parts.length === 0 ? 'Nothing found in this document' : `${parts.join(', ')} in this document`;
}
