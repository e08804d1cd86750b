//! Which documents are looked at.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isConfiguration, isTaken, looksLikeTemplate, SELECTOR } from '../src/documents';

test('templates are taken by language or name, and configuration by name', () => {
  const taken = (languageId: string, path: string, scheme = 'file') => isTaken({ scheme, languageId, path });
  for (const language of ['yaml', 'json', 'jsonc', 'cloudformation', 'template']) {
    assert.ok(taken(language, '/x'), language);
    assert.ok(SELECTOR.some((filter) => 'language' in filter && filter.language === language));
  }
  assert.ok(taken('plaintext', '/a/b.template') && taken('plaintext', '/a/b.cfn'));
  assert.ok(taken('toml', '/a/privatelint.toml') && !taken('toml', '/a/Cargo.toml'));
  assert.ok(taken('yaml', 'Untitled-1', 'untitled'));
  assert.ok(!taken('yaml', '/x.yaml', 'git'), 'the other side of a comparison');
  assert.ok(!taken('plaintext', '/x.txt'));
});

test('a configuration file has one name', () => {
  assert.ok(isConfiguration({ path: '/a/privatelint.toml' }) && isConfiguration({ path: 'privatelint.toml' }));
  assert.ok(!isConfiguration({ path: '/a/my-privatelint.toml' }));
});

test('templates look like templates, in both notations', () => {
  const yes = [
    'AWSTemplateFormatVersion: 2010-09-09',
    '{"AWSTemplateFormatVersion": "2010-09-09"}',
    'Resources:\n  A:\n    Type: AWS::EC2::VPC',
    '{"Resources": {"A": {"Type" : "Custom::Thing"}}}',
    'Transform: AWS::Serverless-2016-10-31',
  ];
  const no = ['', 'apiVersion: v1\nkind: Service\nspec: {type: ClusterIP}', '{"name": "x", "type": "module"}'];
  for (const text of yes) assert.ok(looksLikeTemplate(text), text);
  for (const text of no) assert.ok(!looksLikeTemplate(text), text);
});
