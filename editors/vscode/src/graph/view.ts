//! The script of the page: shows the picture, and tells the extension what the user wants.

import type { FromPage, Kept, ToPage } from './messages';
import { factor, stepped, type Zoom } from './zoom';

declare function acquireVsCodeApi(): { postMessage(message: FromPage): void; setState(state: Kept): void };

const api = acquireVsCodeApi();
const kept = JSON.parse(document.body.dataset.kept ?? '{}') as Kept;
api.setState(kept);

const picture = byId('picture');
const trouble = byId('trouble');
let zoom: Zoom = 'fit';
let natural = { width: 0, height: 0 };
let scenario = { number: 1, of: 1 };

function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no ${id}`);
  return element;
}

function onClick(id: string, act: () => void): void {
  byId(id).addEventListener('click', act);
}

function show(message: ToPage): void {
  trouble.hidden = message.kind !== 'trouble';
  picture.classList.toggle('stale', message.kind === 'trouble');
  if (message.kind === 'trouble') {
    trouble.textContent = message.words;
    return;
  }
  const parsed = new DOMParser().parseFromString(message.svg, 'image/svg+xml').documentElement;
  if (parsed.localName !== 'svg') {
    show({ kind: 'trouble', words: 'The picture cannot be read.' });
    return;
  }
  natural = { width: Number(parsed.getAttribute('width')), height: Number(parsed.getAttribute('height')) };
  for (const name of parsed.querySelectorAll('.name')) {
    name.setAttribute('tabindex', '0');
    name.setAttribute('role', 'link');
  }
  picture.replaceChildren(document.adoptNode(parsed));
  showScenario(message.scenario ?? { number: 1, of: 1 });
  resize();
}

function showScenario(shown: typeof scenario): void {
  scenario = shown;
  byId('scenarios').hidden = shown.of === 1;
  byId('which').textContent = `scenario ${shown.number} of ${shown.of}`;
  api.setState({ ...kept, scenario: shown.number });
}

function shownFactor(): number {
  return factor(zoom, natural.width, picture.clientWidth);
}

function resize(): void {
  const svg = picture.querySelector('svg');
  if (svg === null) return;
  svg.setAttribute('width', String(natural.width * shownFactor()));
  svg.setAttribute('height', String(natural.height * shownFactor()));
}

function magnify(direction: 1 | -1): void {
  zoom = stepped(shownFactor(), direction);
  resize();
}

function turn(by: 1 | -1): void {
  const number = ((scenario.number - 1 + by + scenario.of) % scenario.of) + 1;
  api.postMessage({ kind: 'scenario', number });
}

function reveal(target: EventTarget | null): void {
  const name = target instanceof Element ? target.closest('.name')?.textContent : undefined;
  if (name) api.postMessage({ kind: 'reveal', name });
}

onClick('larger', () => magnify(1));
onClick('smaller', () => magnify(-1));
onClick('fit', () => {
  zoom = 'fit';
  resize();
});
onClick('before', () => turn(-1));
onClick('next', () => turn(1));
onClick('save', () => api.postMessage({ kind: 'save' }));
picture.addEventListener('click', (event) => reveal(event.target));
picture.addEventListener('keydown', (event) => {
  if (event.key === 'Enter') reveal(event.target);
});
picture.addEventListener(
  'wheel',
  (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    magnify(event.deltaY < 0 ? 1 : -1);
  },
  { passive: false },
);
window.addEventListener('resize', resize);
window.addEventListener('message', (event: MessageEvent<ToPage>) => show(event.data));
api.postMessage({ kind: 'ready' });
