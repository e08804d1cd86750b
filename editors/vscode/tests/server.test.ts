//! The language server, spoken to with the protocol layer of the extension's client: PRIVATELINT names the program.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import * as lsp from 'vscode-languageserver-protocol/node';
import { TextDocument } from 'vscode-languageserver-textdocument';

import { foreign, scenarioOf } from '../src/graph/picture';
import { forServer, read } from '../src/settings';

const PROGRAM = process.env.PRIVATELINT;
const options = PROGRAM === undefined ? { skip: 'PRIVATELINT names no program' } : { timeout: 60_000 };

/** A gateway endpoint for a service that has none; text before the mistake that each encoding counts differently. */
const TEMPLATE = `AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Stage: {Type: String, AllowedValues: [test, prod]}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.0.0.0/16, EnableDnsHostnames: true}
  Subnet:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: callers, VpcId: !Ref Vpc}
  Images:
    Type: AWS::EC2::VPCEndpoint
    Properties: {Tags: [{Key: é, Value: '😀 größe'}], ServiceName: !Sub 'com.amazonaws.\${AWS::Region}.ecr.dkr', VpcEndpointType: Gateway, VpcId: !Ref Vpc, SubnetIds: [!Ref Subnet], SecurityGroupIds: [!Ref Group]}
  Queue:
    Condition: IsProd
    Type: AWS::EC2::VPCEndpoint
    Properties: {ServiceName: !Sub 'com.amazonaws.\${AWS::Region}.sqs', VpcEndpointType: Interface, PrivateDnsEnabled: true, VpcId: !Ref Vpc, SubnetIds: [!Ref Subnet], SecurityGroupIds: [!Ref Group]}
`.replaceAll('\n', '\r\n');
const RULE = 'endpoint-type-service-mismatch';

/** What VS Code can, as far as the server asks. */
const CAPABILITIES: lsp.ClientCapabilities = {
  general: { positionEncodings: ['utf-16'] },
  textDocument: {
    publishDiagnostics: { relatedInformation: true, versionSupport: true, codeDescriptionSupport: true },
    diagnostic: { dynamicRegistration: true, relatedDocumentSupport: false },
    codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ['', 'quickfix', 'source.fixAll'] } } },
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
    inlayHint: { dynamicRegistration: true },
  },
  window: { showDocument: { support: true } },
  workspace: {
    configuration: true,
    didChangeConfiguration: { dynamicRegistration: true },
    didChangeWatchedFiles: { dynamicRegistration: true },
    inlayHint: { refreshSupport: true },
    workspaceEdit: { documentChanges: true },
    workspaceFolders: true,
  },
};

/** A session, as the extension has it. */
class Session {
  readonly folder = mkdtempSync(join(tmpdir(), 'privatelint-größe-'));
  readonly server: ChildProcess;
  readonly connection: lsp.ProtocolConnection;
  readonly set = new Map<string, unknown>();

  constructor(capabilities: lsp.ClientCapabilities) {
    this.server = spawn(resolve(PROGRAM ?? ''), ['lsp'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const { stdin, stdout } = this.server;
    assert.ok(stdin !== null && stdout !== null);
    this.connection = lsp.createProtocolConnection(
      new lsp.StreamMessageReader(stdout),
      new lsp.StreamMessageWriter(stdin),
    );
    this.connection.onRequest(lsp.ConfigurationRequest.type, ({ items }) => items.map(() => this.settings()));
    this.connection.onRequest(lsp.RegistrationRequest.type, () => undefined);
    this.connection.onRequest(lsp.InlayHintRefreshRequest.type, () => undefined);
    this.capabilities = capabilities;
  }

  private readonly capabilities: lsp.ClientCapabilities;

  settings(): object {
    return forServer(
      read((name) => this.set.get(name)),
      { env: {}, home: '/', folder: this.folder },
    );
  }

  async start(): Promise<lsp.InitializeResult> {
    this.connection.listen();
    const uri = pathToFileURL(this.folder).toString();
    const result = await this.connection.sendRequest(lsp.InitializeRequest.type, {
      processId: process.pid,
      rootUri: uri,
      workspaceFolders: [{ uri, name: 'folder' }],
      capabilities: this.capabilities,
      initializationOptions: this.settings(),
    });
    await this.connection.sendNotification(lsp.InitializedNotification.type, {});
    return result;
  }

  uri(name: string): string {
    return pathToFileURL(join(this.folder, name)).toString();
  }

  async open(name: string, text: string): Promise<TextDocument> {
    const document = TextDocument.create(this.uri(name), 'yaml', 1, text);
    const textDocument = { uri: document.uri, languageId: 'yaml', version: 1, text };
    await this.connection.sendNotification(lsp.DidOpenTextDocumentNotification.type, { textDocument });
    return document;
  }

  async change(document: TextDocument, text: string): Promise<TextDocument> {
    const changed = TextDocument.create(document.uri, 'yaml', document.version + 1, text);
    await this.connection.sendNotification(lsp.DidChangeTextDocumentNotification.type, {
      textDocument: { uri: document.uri, version: changed.version },
      contentChanges: [{ text }],
    });
    return changed;
  }

  async pull({ uri }: TextDocument): Promise<lsp.Diagnostic[]> {
    const report = await this.connection.sendRequest(lsp.DocumentDiagnosticRequest.type, { textDocument: { uri } });
    assert.equal(report.kind, 'full');
    return report.kind === 'full' ? report.items : [];
  }

  async actions({ uri }: TextDocument, range: lsp.Range, only: string[]): Promise<lsp.CodeAction[]> {
    const params = { textDocument: { uri }, range, context: { diagnostics: [], only } };
    const actions = (await this.connection.sendRequest(lsp.CodeActionRequest.type, params)) ?? [];
    return actions.filter((action): action is lsp.CodeAction => lsp.CodeAction.is(action));
  }

  graph(uri: string, scenario?: number): Promise<unknown> {
    const params = { command: 'privatelint.graph', arguments: scenario === undefined ? [uri] : [uri, scenario] };
    return this.connection.sendRequest(lsp.ExecuteCommandRequest.type, params);
  }

  /** Leaves as an editor does; the exit status of the server. */
  async leave(): Promise<unknown> {
    const ended = once(this.server, 'exit');
    await this.connection.sendRequest(lsp.ShutdownRequest.type);
    await this.connection.sendNotification(lsp.ExitNotification.type);
    const [status] = await ended;
    return status;
  }

  end(): void {
    this.connection.dispose();
    this.server.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function session(context: TestContext, capabilities = CAPABILITIES): Promise<Session> {
  const opened = new Session(capabilities);
  context.after(() => opened.end());
  await opened.start();
  return opened;
}

/** The document after the edits of an action, made as VS Code makes them. */
function edited(document: TextDocument, action: lsp.CodeAction): string {
  const changes = action.edit?.documentChanges ?? [];
  const edits = changes.flatMap((change) => ('edits' in change ? change.edits : []));
  assert.ok(edits.length > 0, `\`${action.title}\` changes something`);
  const isText = (edit: object): edit is lsp.TextEdit => 'newText' in edit;
  return TextDocument.applyEdits(document, edits.filter(isText));
}

async function mistake(opened: Session, document: TextDocument): Promise<lsp.Diagnostic> {
  const found = (await opened.pull(document)).find(({ code }) => code === RULE);
  assert.ok(found !== undefined, `no finding of ${RULE}`);
  return found;
}

test('it says who it is and what it can, and leaves when told to', options, async (context) => {
  const opened = new Session(CAPABILITIES);
  context.after(() => opened.end());
  const { capabilities, serverInfo } = await opened.start();
  assert.equal(serverInfo?.name, 'privatelint');
  assert.equal(capabilities.positionEncoding, 'utf-16');
  assert.ok(capabilities.executeCommandProvider?.commands.includes('privatelint.graph'));
  assert.equal(await opened.leave(), 0);
});

test('a finding stands where it belongs, and its fix mends it', options, async (context) => {
  const opened = await session(context);
  const document = await opened.open('größe.yaml', TEMPLATE);
  const found = await mistake(opened, document);
  assert.equal(document.getText(found.range), 'Gateway');
  assert.equal(found.source, 'privatelint');
  assert.equal(found.severity, lsp.DiagnosticSeverity.Error);
  assert.match(found.codeDescription?.href ?? '', /^https:/);

  const actions = await opened.actions(document, found.range, ['quickfix']);
  const fix = actions.find(({ title }) => !title.startsWith('ignore ') && !title.startsWith('open '));
  assert.ok(fix !== undefined, 'no fix');
  const mended = await opened.change(document, edited(document, fix));
  assert.ok(mended.getText().includes(`'😀 größe'`) && !mended.getText().includes('Gateway'));
  assert.deepEqual(
    (await opened.pull(mended)).filter(({ code }) => code === RULE),
    [],
  );
});

test('a finding can be ignored where it is', options, async (context) => {
  const opened = await session(context);
  const document = await opened.open('a.yaml', TEMPLATE);
  const found = await mistake(opened, document);
  const ignore = (await opened.actions(document, found.range, ['quickfix'])).find(({ title }) =>
    title.startsWith(`ignore \`${RULE}\``),
  );
  assert.ok(ignore !== undefined, 'it cannot be ignored');
  const added = edited(document, ignore)
    .split('\r\n')
    .filter((line) => !TEMPLATE.includes(line));
  assert.deepEqual(added, [`    # privatelint: ignore[${RULE}]`]);
});

test('all safe fixes are one action', options, async (context) => {
  const opened = await session(context);
  // Private DNS without DNS host names: what the author says elsewhere decides.
  const text = TEMPLATE.replace('EnableDnsHostnames: true', 'EnableDnsHostnames: false').replace(
    'VpcEndpointType: Gateway',
    'VpcEndpointType: Interface, PrivateDnsEnabled: true',
  );
  const document = await opened.open('a.yaml', text);
  const before = await opened.pull(document);
  const all = lsp.Range.create(0, 0, document.lineCount, 0);
  const [action, ...more] = await opened.actions(document, all, ['source.fixAll.privatelint']);
  assert.ok(action !== undefined && more.length === 0, `of ${before.map(({ code }) => code)} none has a safe fix`);
  const mended = await opened.change(document, edited(document, action));
  assert.ok((await opened.pull(mended)).length < before.length);
  assert.deepEqual(await opened.actions(mended, all, ['source.fixAll.privatelint']), []);
});

test('the picture is plain, in every scenario, and follows the text', options, async (context) => {
  const opened = await session(context);
  const document = await opened.open('größe.yaml', TEMPLATE);
  const pictures: string[] = [];
  for (const number of [1, 2]) {
    const svg = await opened.graph(document.uri, number);
    assert.ok(typeof svg === 'string');
    assert.equal(foreign(svg), undefined);
    assert.deepEqual(scenarioOf(svg), { number, of: 2 });
    pictures.push(svg);
  }
  assert.equal(pictures.filter((svg) => svg.includes('>Queue<')).length, 1, 'only where its condition holds');
  await opened.change(document, TEMPLATE.replace('  Subnet:', '  Renamed:').replaceAll('!Ref Subnet', '!Ref Renamed'));
  assert.match(String(await opened.graph(document.uri)), />Renamed</);
});

test('where there is no picture, words say why', options, async (context) => {
  const opened = await session(context);
  const document = await opened.open('a.yaml', TEMPLATE);
  await assert.rejects(opened.graph(document.uri, 9), /there is no scenario 9/);
  await assert.rejects(opened.graph(opened.uri('closed.yaml')), /is not open/);
});

test('a name in the picture leads to its resource', options, async (context) => {
  const opened = await session(context);
  const { uri } = await opened.open('a.yaml', TEMPLATE);
  const symbols = await opened.connection.sendRequest(lsp.DocumentSymbolRequest.type, { textDocument: { uri } });
  const names = new Map((symbols ?? []).map((symbol) => [symbol.name, symbol]));
  const svg = String(await opened.graph(uri, 1));
  for (const name of ['Vpc', 'Subnet', 'Images']) {
    assert.match(svg, new RegExp(`class="name">${name}<`));
    const symbol = names.get(name);
    assert.ok(symbol !== undefined && 'selectionRange' in symbol, name);
    assert.equal(TextDocument.create(uri, 'yaml', 1, TEMPLATE).getText(symbol.selectionRange), name);
  }
});

test('settings hold from the start, and when they change', options, async (context) => {
  const opened = await session(context);
  const { uri } = await opened.open('a.yaml', TEMPLATE);
  const range = lsp.Range.create(0, 0, 99, 0);
  const hints = async () =>
    (await opened.connection.sendRequest(lsp.InlayHintRequest.type, { textDocument: { uri }, range })) ?? [];
  assert.deepEqual(await hints(), [], 'off until turned on');

  const refreshed = new Promise<void>((done) => {
    opened.connection.onRequest(lsp.InlayHintRefreshRequest.type, () => done());
  });
  opened.set.set('inlayHints.prices', true);
  await opened.connection.sendNotification(lsp.DidChangeConfigurationNotification.type, { settings: null });
  await refreshed;
  assert.ok((await hints()).length > 0);
});

test('a configuration file that is named holds for all templates', options, async (context) => {
  const opened = new Session(CAPABILITIES);
  context.after(() => opened.end());
  writeFileSync(join(opened.folder, 'own.toml'), `ignore = ['${RULE}']\n`);
  opened.set.set('configuration', '${workspaceFolder}/own.toml');
  await opened.start();
  const document = await opened.open('a.yaml', TEMPLATE);
  assert.ok((await opened.pull(document)).every(({ code }) => code !== RULE));
});

test('nothing is said about files that are no templates', options, async (context) => {
  const opened = await session(context);
  const texts = {
    'service.yaml': 'apiVersion: v1\nkind: Service\nspec:\n  ports: [{port: 443}]\n  bad: [\n',
    'package.json': '{"name": "x", "scripts": {"test": "exit 1",}}',
    'empty.yaml': '',
  };
  for (const [name, text] of Object.entries(texts)) {
    assert.deepEqual(await opened.pull(await opened.open(name, text)), [], name);
  }
});

test('an editor that does not ask is told', options, async (context) => {
  const { diagnostic: _, ...textDocument } = CAPABILITIES.textDocument ?? {};
  const opened = await session(context, { ...CAPABILITIES, textDocument });
  const told = new Promise<lsp.PublishDiagnosticsParams>((done) => {
    opened.connection.onNotification(lsp.PublishDiagnosticsNotification.type, done);
  });
  const document = await opened.open('a.yaml', TEMPLATE);
  const { uri, version, diagnostics } = await told;
  assert.deepEqual([uri, version], [document.uri, 1]);
  assert.ok(diagnostics.some(({ code }) => code === RULE));
});
