//! The picture and the page around it: what is shown, and what never gets there.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fromPage, kept } from '../src/graph/messages';
import { page } from '../src/graph/page';
import { dressed, foreign, scenarioOf } from '../src/graph/picture';
import { factor, stepped } from '../src/graph/zoom';

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10" aria-labelledby="title desc">
<title id="title">A &lt;script&gt; of a &quot;network&quot;</title>
<style>
.page > rect { fill: #fff }
@media (prefers-color-scheme: dark) {
.page > rect { fill: #000 }
}
</style>
<g class="page"><rect x="0" y="0" width="10" height="10" fill="#ffffff"/>
<text class="plain" x="1" y="2">scenario 2 of 5: when <tspan class="name">IsProd</tspan> holds</text></g>
</svg>
`;

test('a picture is plain', () => {
  assert.equal(foreign(SVG), undefined);
});

test('nothing that runs, links or loads is taken for a picture', () => {
  const bad = [
    '<script>alert(1)</script>',
    '<SCRIPT/>',
    '<image href="https://a.example/x.png"/>',
    '<foreignObject><body/></foreignObject>',
    '<a xlink:href="javascript:alert(1)"><text>x</text></a>',
    '<rect onclick="alert(1)"/>',
    '<rect\nonload = "alert(1)"/>',
    `<rect class='a>b' onload='alert(1)'/>`,
    '<rect fill="url(https://a.example/x)"/>',
    '<rect style="fill: red"/>',
    '<style>@import "https://a.example/x.css";</style>',
    '<style>rect { fill: URL (x) }</style>',
    '<!-- a comment -->',
    '<![CDATA[<script>]]>',
    '<?xml-stylesheet href="x"?>',
    '<set attributeName="href" to="javascript:alert(1)"/>',
    '< script>alert(1)</script>',
  ];
  for (const one of bad) {
    assert.notEqual(foreign(SVG.replace('<g class="page">', `<g class="page">${one}`)), undefined, one);
  }
  assert.notEqual(foreign('hello'), undefined);
  assert.notEqual(foreign(''), undefined);
});

test('a picture says which of how many scenarios it shows', () => {
  assert.deepEqual(scenarioOf(SVG), { number: 2, of: 5 });
  assert.equal(scenarioOf(SVG.replace('scenario 2 of 5', 'nothing')), undefined);
  assert.equal(scenarioOf(SVG.replace('2 of 5', '7 of 5')), undefined);
});

test('a picture wears the colours of the editor, not those of the system', () => {
  const [dark, light] = [dressed(SVG, true, 'abc'), dressed(SVG, false, 'abc')];
  assert.ok(dark.includes('@media all {') && light.includes('@media not all {'));
  for (const one of [dark, light]) {
    assert.ok(!one.includes('prefers-color-scheme'));
    assert.equal(one.match(/<style nonce="abc">/g)?.length, 1);
    assert.ok(!one.includes('<style>'));
  }
});

test('the page lets nothing in but the files of the extension', () => {
  const parts = {
    nonce: 'abc',
    source: 'https://own.example',
    script: 'https://own.example/view.js',
    style: 'https://own.example/view.css?a&b',
    kept: { uri: `file:///a"><script>alert('1')</script>.yaml`, scenario: 1 },
  };
  const html = page(parts);
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1]?.replaceAll('&#39;', `'`);
  const rules = Object.fromEntries((policy ?? '').split('; ').map((rule) => [rule.split(' ')[0], rule]));
  assert.equal(rules['default-src'], `default-src 'none'`);
  assert.equal(rules['script-src'], `script-src 'nonce-abc'`);
  assert.equal(rules['style-src'], `style-src https://own.example 'nonce-abc'`);
  assert.ok(!/unsafe|\*/.test(policy ?? ''));
  assert.deepEqual(html.match(/<script[^>]*>/g), ['<script nonce="abc" src="https://own.example/view.js">']);
  assert.ok(!/\son\w+=/.test(html), 'no handler in the page');
});

test('only messages that the page sends are understood', () => {
  assert.deepEqual(fromPage({ kind: 'ready', more: 1 }), { kind: 'ready' });
  assert.deepEqual(fromPage({ kind: 'scenario', number: 2 }), { kind: 'scenario', number: 2 });
  assert.deepEqual(fromPage({ kind: 'reveal', name: 'Vpc' }), { kind: 'reveal', name: 'Vpc' });
  const bad = [null, 'ready', {}, { kind: 'open' }, { kind: 'scenario', number: 0 }, { kind: 'scenario', number: '2' }];
  for (const message of [...bad, { kind: 'scenario', number: 1.5 }, { kind: 'reveal', name: 3 }]) {
    assert.equal(fromPage(message), undefined, JSON.stringify(message));
  }
});

test('a panel comes back as it was, if it was one', () => {
  assert.deepEqual(kept({ uri: 'file:///a.yaml', scenario: 3 }), { uri: 'file:///a.yaml', scenario: 3 });
  assert.deepEqual(kept({ uri: 'file:///a.yaml' }), { uri: 'file:///a.yaml', scenario: 1 });
  for (const state of [undefined, null, 3, {}, { uri: 3 }]) assert.equal(kept(state), undefined);
});

test('a picture fits, and is never larger than asked for', () => {
  assert.equal(factor('fit', 1000, 500), 0.5);
  assert.equal(factor('fit', 400, 500), 1, 'not enlarged');
  assert.equal(factor('fit', 400, 0), 1, 'not shown yet');
  assert.equal(factor(2, 1000, 500), 2);
  assert.equal(stepped(1, 1), 1.25);
  assert.equal(stepped(1.25, -1), 1);
  assert.equal(stepped(8, 1), 8);
  assert.equal(stepped(0.1, -1), 0.1);
});
