//! Panels beside the editors, each with the picture of one template.

import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

import { type FromPage, fromPage, type Kept, kept, type ToPage } from './messages';
import { page } from './page';
import { dressed, foreign, scenarioOf } from './picture';

/** What the language server is asked for. */
export interface Server {
  /** The picture of a document's network in a scenario, as an SVG. */
  draw(uri: vscode.Uri, scenario: number): Promise<string>;
  /** Where a resource of a document is. */
  place(uri: vscode.Uri, name: string): Promise<vscode.Range | undefined>;
}

const TYPE = 'privatelint.graph';
/** How long typing has to pause, in milliseconds. */
const PAUSE = 150;

/** All panels; one for each template. */
export class Panels implements vscode.Disposable, vscode.WebviewPanelSerializer {
  readonly #extension: vscode.Uri;
  readonly #server: Server;
  readonly #panels = new Map<string, Panel>();
  readonly #turned = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable[];

  /** Another panel is the active one, or none. */
  readonly onDidChangeActive = this.#turned.event;

  constructor(extension: vscode.Uri, server: Server) {
    this.#extension = extension;
    this.#server = server;
    this.#subscriptions = [
      this.#turned,
      vscode.window.registerWebviewPanelSerializer(TYPE, this),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.#of(document)?.refresh(PAUSE)),
      vscode.workspace.onDidSaveTextDocument((document) => this.#of(document)?.refresh()),
      vscode.window.onDidChangeActiveColorTheme(() => this.refresh()),
    ];
  }

  /** The document whose picture is the active editor. */
  get active(): string | undefined {
    return [...this.#panels].find(([, { webview }]) => webview.active)?.[0];
  }

  /** Shows the picture of a document, beside it. */
  show(uri: vscode.Uri): void {
    const panel = this.#panels.get(uri.toString());
    if (panel !== undefined) {
      panel.webview.reveal(undefined, true);
      return;
    }
    const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    this.#adopt(vscode.window.createWebviewPanel(TYPE, 'Network', place), { uri: uri.toString(), scenario: 1 });
  }

  /** Draws all of them anew. */
  refresh(): void {
    for (const panel of this.#panels.values()) panel.refresh();
  }

  /** Brings back a panel of the last session. */
  async deserializeWebviewPanel(webview: vscode.WebviewPanel, state: unknown): Promise<void> {
    const before = kept(state);
    if (before === undefined || this.#panels.has(before.uri)) webview.dispose();
    else this.#adopt(webview, before);
  }

  dispose(): void {
    for (const panel of this.#panels.values()) panel.webview.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #of(document: vscode.TextDocument): Panel | undefined {
    return this.#panels.get(document.uri.toString());
  }

  #adopt(webview: vscode.WebviewPanel, state: Kept): void {
    this.#panels.set(state.uri, new Panel(webview, this.#extension, this.#server, state));
    webview.onDidChangeViewState(() => this.#turned.fire());
    webview.onDidDispose(() => this.#panels.delete(state.uri));
  }
}

class Panel {
  readonly webview: vscode.WebviewPanel;
  readonly #server: Server;
  readonly #uri: vscode.Uri;
  readonly #nonce = randomBytes(16).toString('base64url');
  #scenario: number;
  /** The last picture as it was drawn. */
  #svg: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Counts drawings, so that a slow one never replaces a later one. */
  #drawing = 0;

  constructor(webview: vscode.WebviewPanel, extension: vscode.Uri, server: Server, state: Kept) {
    this.webview = webview;
    this.#server = server;
    this.#uri = vscode.Uri.parse(state.uri, true);
    this.#scenario = state.scenario;
    const files = vscode.Uri.joinPath(extension, 'dist');
    const address = (name: string) => webview.webview.asWebviewUri(vscode.Uri.joinPath(files, name)).toString();
    webview.title = `Network of ${this.#name()}`;
    webview.webview.options = { enableScripts: true, localResourceRoots: [files] };
    webview.webview.onDidReceiveMessage((message: unknown) => {
      const understood = fromPage(message);
      if (understood !== undefined) void this.#act(understood);
    });
    webview.onDidDispose(() => clearTimeout(this.#timer));
    webview.webview.html = page({
      nonce: this.#nonce,
      source: webview.webview.cspSource,
      script: address('view.js'),
      style: address('view.css'),
      kept: state,
    });
  }

  refresh(pause = 0): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#draw(), pause);
  }

  #name(): string {
    return this.#uri.path.split('/').pop() ?? this.#uri.path;
  }

  async #act(message: FromPage): Promise<void> {
    switch (message.kind) {
      case 'ready':
        return this.#draw();
      case 'scenario':
        this.#scenario = message.number;
        return this.#draw();
      case 'reveal':
        return this.#reveal(message.name);
      case 'save':
        return this.#save();
    }
  }

  async #draw(): Promise<void> {
    this.#drawing += 1;
    const drawing = this.#drawing;
    const message = await this.#drawn();
    if (drawing === this.#drawing) void this.webview.webview.postMessage(message);
  }

  async #drawn(): Promise<ToPage> {
    try {
      // The language server knows open documents only.
      await vscode.workspace.openTextDocument(this.#uri);
      const svg = await this.#server.draw(this.#uri, this.#scenario).catch((error: unknown) => {
        if (this.#scenario === 1) throw error;
        // The text has changed, and with it how many scenarios there are.
        this.#scenario = 1;
        return this.#server.draw(this.#uri, 1);
      });
      const stranger = foreign(svg);
      if (stranger !== undefined) throw new Error(`the picture holds what does not belong there: ${stranger}`);
      this.#svg = svg;
      const { kind } = vscode.window.activeColorTheme;
      const isDark = kind === vscode.ColorThemeKind.Dark || kind === vscode.ColorThemeKind.HighContrast;
      return { kind: 'picture', svg: dressed(svg, isDark, this.#nonce), scenario: scenarioOf(svg) };
    } catch (error) {
      return { kind: 'trouble', words: `No picture: ${error instanceof Error ? error.message : String(error)}` };
    }
  }

  async #reveal(name: string): Promise<void> {
    const range = await this.#server.place(this.#uri, name).catch(() => undefined);
    if (range === undefined) return;
    const isShown = (editor: vscode.TextEditor) => editor.document.uri.toString() === this.#uri.toString();
    const viewColumn = vscode.window.visibleTextEditors.find(isShown)?.viewColumn ?? vscode.ViewColumn.One;
    await vscode.window.showTextDocument(this.#uri, { viewColumn, selection: range });
  }

  async #save(): Promise<void> {
    if (this.#svg === undefined) return;
    const defaultUri = this.#uri.with({ scheme: 'file', path: `${this.#uri.path.replace(/\.\w+$/, '')}.svg` });
    const target = await vscode.window.showSaveDialog({ defaultUri, filters: { Picture: ['svg'] } });
    if (target !== undefined) await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(this.#svg));
  }
}
