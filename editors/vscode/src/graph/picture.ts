//! The picture that the language server draws, made ready for the page that shows it.

/** Which of its scenarios a picture shows, from 1. */
export interface Scenario {
  number: number;
  of: number;
}

/** All that a picture is drawn with. Nothing of it runs, links or loads. */
const ELEMENTS = new Set(['svg', 'title', 'desc', 'style', 'g', 'rect', 'circle', 'path', 'text', 'tspan']);

/** The scenario that a picture shows; none where the template has but one. */
export function scenarioOf(svg: string): Scenario | undefined {
  const found = />scenario (\d+) of (\d+)\b/.exec(svg);
  const scenario = { number: Number(found?.[1]), of: Number(found?.[2]) };
  const isOne = scenario.number >= 1 && scenario.number <= scenario.of;
  return isOne ? scenario : undefined;
}

/** What of a picture does not belong into one; nothing where it is plain. */
export function foreign(svg: string): string | undefined {
  if (!svg.startsWith('<svg ')) return 'something else than a picture';
  for (const [tag, name = '', attributes = ''] of svg.matchAll(/<\/?([^\s>/]*)((?:"[^"]*"|'[^']*'|[^>"'])*)/g)) {
    if (!ELEMENTS.has(name)) return tag;
    const bad = /(?:^|\s)(on\w+|style|(?:\w+:)?href|src)\s*=/i.exec(attributes) ?? /url\s*\(/i.exec(attributes);
    if (bad !== null) return bad[0].trim();
  }
  for (const [, style = ''] of svg.matchAll(/<style>([^<]*)/g)) {
    const bad = /@import|url\s*\(|expression\s*\(/i.exec(style);
    if (bad !== null) return bad[0];
  }
  return undefined;
}

/**
 * The picture in the colours of the editor, which need not be those of the system, and with its style allowed by name: only
 * styles that carry the nonce hold.
 */
export function dressed(svg: string, isDark: boolean, nonce: string): string {
  return svg
    .replace(/\(prefers-color-scheme: dark\)/g, isDark ? 'all' : 'not all')
    .replace(/<style>/g, `<style nonce="${nonce}">`);
}
