//! Which documents the language server is told about, and which of them look like templates.

/** What is known about a document without its text. */
export interface Kind {
  scheme: string;
  languageId: string;
  path: string;
}

/** Languages that templates are written in; the last two come from extensions for CloudFormation. */
const LANGUAGES = ['yaml', 'json', 'jsonc', 'cloudformation', 'template'];
/** Names of templates whatever their language is. */
const ENDINGS = ['.template', '.cfn'];
const CONFIGURATION = 'privatelint.toml';
/** Where documents come from: not, for example, the other side of a comparison. */
const SCHEMES = ['file', 'untitled'];

/** The filters of the client: the language server says nothing about those that are no templates. */
export const SELECTOR = SCHEMES.flatMap((scheme) => [
  ...LANGUAGES.map((language) => ({ scheme, language })),
  ...ENDINGS.map((ending) => ({ scheme, pattern: `**/*${ending}` })),
  { scheme, pattern: `**/${CONFIGURATION}` },
]);

/** Whether the selector takes a document. */
export function isTaken(kind: Kind): boolean {
  const isNamed = isConfiguration(kind) || ENDINGS.some((ending) => kind.path.endsWith(ending));
  return SCHEMES.includes(kind.scheme) && (isNamed || LANGUAGES.includes(kind.languageId));
}

/** Whether it is a configuration file of privatelint. */
export function isConfiguration(kind: Pick<Kind, 'path'>): boolean {
  return kind.path.split(/[/\\]/).pop() === CONFIGURATION;
}

/** Whether a text may be a template: a guess for what is shown and when the server starts, never for what it finds. */
export function looksLikeTemplate(text: string): boolean {
  return /\bAWSTemplateFormatVersion\b|\bType["']?\s*:\s*["']?\w+::\w|\bAWS::(Serverless|LanguageExtensions)\b/.test(
    text,
  );
}
