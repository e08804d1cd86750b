//! The page around a picture.

import type { Kept } from './messages';

export interface Parts {
  nonce: string;
  /** Where VS Code serves files of the extension from. */
  source: string;
  script: string;
  style: string;
  kept: Kept;
}

/** The page: nothing on it runs, loads or styles but the files of the extension and what carries the nonce. */
export function page({ nonce, source, script, style, kept }: Parts): string {
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${source} 'nonce-${nonce}'`,
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Network</title>
<link rel="stylesheet" href="${escaped(style)}">
</head>
<body data-kept="${escaped(JSON.stringify(kept))}">
<div id="bar" role="toolbar" aria-label="Picture">
<span id="scenarios" hidden><button id="before" title="Previous scenario" aria-label="Previous scenario">‹</button>
<output id="which"></output>
<button id="next" title="Next scenario" aria-label="Next scenario">›</button></span>
<button id="smaller" title="Smaller" aria-label="Smaller">−</button>
<button id="fit" title="Fit the width">Fit</button>
<button id="larger" title="Larger" aria-label="Larger">+</button>
<button id="save" title="Save the picture as a file">Save…</button>
</div>
<p id="trouble" role="status" hidden></p>
<main id="picture" aria-live="off"></main>
<script nonce="${nonce}" src="${escaped(script)}"></script>
</body>
</html>
`;
}

function escaped(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
