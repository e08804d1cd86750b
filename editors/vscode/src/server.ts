//! The language server: found, started, watched, told what is set, and stopped.

import * as fs from 'node:fs';
import * as os from 'node:os';
import * as vscode from 'vscode';
import {
  State as ClientState,
  CloseAction,
  DidChangeConfigurationNotification,
  type DocumentSymbol,
  DocumentSymbolRequest,
  ErrorAction,
  ExecuteCommandRequest,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
} from 'vscode-languageclient/node';

import { find, type Machine } from './binary';
import { Crashes } from './crashes';
import { SELECTOR } from './documents';
import type { Server as Draws } from './graph/panels';
import { forServer, needsRestart, read, type Settings } from './settings';
import type { State } from './status';

/** How long a server has to end by itself, in milliseconds. */
const PATIENCE = 2000;

/** One language server for all folders of the window. */
export class Server implements Draws, vscode.Disposable {
  readonly #output: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<State>();
  #settings = settings();
  #state: State = this.#settings.enable ? { kind: 'idle' } : { kind: 'off' };
  #client: LanguageClient | undefined;
  /** What is being done; one thing after the other. */
  #work: Promise<void> = Promise.resolve();
  /** The last trouble that was shown: the same one is not shown twice. */
  #shown: string | undefined;

  readonly onDidChange = this.#changed.event;

  constructor(output: vscode.LogOutputChannel) {
    this.#output = output;
  }

  get state(): State {
    return this.#state;
  }

  /** Starts it where it should run and does not, because there is something to check. */
  wake(): void {
    const { kind } = this.#state;
    // After an end that it did not recover from it waits for the user; a program may have been installed meanwhile.
    if (kind === 'idle' || (kind === 'failed' && this.#client === undefined)) void this.#next(() => this.#start());
  }

  /** Stops and starts it, whatever it does. */
  restart(): Promise<void> {
    this.#shown = undefined;
    return this.#next(async () => {
      await this.#stop();
      await this.#start();
    });
  }

  /** Follows a change of the settings. */
  async follow(): Promise<void> {
    const before = this.#settings;
    this.#settings = settings();
    if (needsRestart(before, this.#settings)) {
      const wasIdle = this.#state.kind === 'idle';
      if (!this.#settings.enable) {
        await this.#next(() => this.#stop());
        this.#become({ kind: 'off' });
      } else if (!wasIdle) {
        await this.restart();
      }
    } else {
      // It asks for the settings when it hears that they have changed.
      await this.#running()?.sendNotification(DidChangeConfigurationNotification.type, { settings: null });
    }
  }

  async draw(uri: vscode.Uri, scenario: number): Promise<string> {
    const client = await this.#ready();
    const answer: unknown = await client.sendRequest(ExecuteCommandRequest.type, {
      command: 'privatelint.graph',
      arguments: [client.code2ProtocolConverter.asUri(uri), scenario],
    });
    if (typeof answer !== 'string') throw new Error('the language server draws none');
    return answer;
  }

  async place(uri: vscode.Uri, name: string): Promise<vscode.Range | undefined> {
    const client = await this.#ready();
    const textDocument = { uri: client.code2ProtocolConverter.asUri(uri) };
    const symbols = (await client.sendRequest(DocumentSymbolRequest.type, { textDocument })) ?? [];
    const isNamed = (symbol: object): symbol is DocumentSymbol =>
      'selectionRange' in symbol && 'name' in symbol && symbol.name === name;
    return client.protocol2CodeConverter.asRange(symbols.find(isNamed)?.selectionRange);
  }

  /** Ends it with the window. */
  async close(): Promise<void> {
    await this.#next(() => this.#stop());
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #running(): LanguageClient | undefined {
    return this.#client?.state === ClientState.Running ? this.#client : undefined;
  }

  /** The client once it runs, started if need be. */
  async #ready(): Promise<LanguageClient> {
    this.wake();
    await this.#work;
    const client = this.#running();
    if (client === undefined) throw new Error('the language server does not run');
    return client;
  }

  #next(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(work).catch((error: unknown) => this.#output.error(String(error)));
    return this.#work;
  }

  #become(state: State): void {
    this.#state = state;
    this.#changed.fire(state);
  }

  async #stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    try {
      await client?.dispose(PATIENCE);
    } catch (error) {
      // One that has crashed cannot be asked to stop.
      this.#output.debug(String(error));
    }
    this.#become(this.#settings.enable ? { kind: 'idle' } : { kind: 'off' });
  }

  async #start(): Promise<void> {
    if (!this.#settings.enable || this.#client !== undefined) return;
    const found = find(this.#settings.path, machine());
    if ('trouble' in found) {
      this.#fail(found.trouble);
      return;
    }
    this.#output.info(`Starting ${[found.path, 'lsp', ...this.#settings.arguments].join(' ')}`);
    const crashes = new Crashes();
    const command = { command: found.path, args: ['lsp', ...this.#settings.arguments] };
    const client = new Client('privatelint', 'privatelint', command, this.#options(crashes));
    this.#client = client;
    client.onDidChangeState(({ newState }) => {
      if (client !== this.#client) return;
      if (newState === ClientState.Starting) this.#become({ kind: 'starting' });
      if (newState === ClientState.Running) {
        crashes.ran();
        this.#shown = undefined;
        this.#become({ kind: 'running', version: client.initializeResult?.serverInfo?.version, path: found.path });
      }
    });
    try {
      await client.start();
    } catch (error) {
      this.#output.error(String(error));
      if (this.#state.kind !== 'failed') this.#fail(crashes.words());
    }
  }

  #options(crashes: Crashes): LanguageClientOptions {
    const options: LanguageClientOptions = {
      documentSelector: SELECTOR,
      outputChannel: this.#output,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: () => forServer(this.#settings, machine()),
      // What went wrong is said once, in words for the user, by `#fail`.
      initializationFailedHandler: () => false,
      errorHandler: {
        error: (error) => {
          this.#output.error(error.message);
          return { action: ErrorAction.Continue, handled: true };
        },
        closed: () => {
          if (crashes.ended(Date.now())) return { action: CloseAction.Restart, handled: true };
          this.#fail(crashes.words());
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
      middleware: {
        workspace: {
          configuration: ({ items }) =>
            items.map(({ section }) => (section === 'privatelint' ? forServer(this.#settings, machine()) : null)),
        },
      },
    };
    if (this.#settings.trace !== 'off') options.traceOutputChannel = tracing(this.#output);
    return options;
  }

  #fail(trouble: string): void {
    this.#become({ kind: 'failed', trouble });
    if (this.#shown === trouble) return;
    this.#shown = trouble;
    this.#output.error(trouble);
    void this.#show(trouble);
  }

  async #show(trouble: string): Promise<void> {
    const [again, settings, output] = ['Try Again', 'Open Settings', 'Show Output'];
    const chosen = await vscode.window.showErrorMessage(trouble, again, settings, output);
    if (chosen === again) await this.restart();
    if (chosen === settings) await vscode.commands.executeCommand('workbench.action.openSettings', 'privatelint.path');
    if (chosen === output) this.#output.show(true);
  }
}

/** The client of VS Code, which is quiet about a server that does not run: `#fail` says why, once. */
class Client extends LanguageClient {
  override error(message: string, data?: unknown, showNotification?: boolean | 'force'): void {
    super.error(message, data, this.state === ClientState.Running ? showNotification : false);
  }
}

function settings(): Settings {
  const configuration = vscode.workspace.getConfiguration('privatelint');
  return read((name) => configuration.get(name));
}

function machine(): Machine {
  return {
    platform: process.platform,
    env: process.env,
    home: os.homedir(),
    folder: vscode.workspace.workspaceFolders?.[0]?.uri.fsPath,
    isProgram,
  };
}

function isProgram(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.X_OK);
    return fs.statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The same channel, which takes traces whatever level of its log is shown: they were asked for by a setting. */
function tracing(output: vscode.LogOutputChannel): vscode.LogOutputChannel {
  return Object.create(output, {
    logLevel: { value: vscode.LogLevel.Trace },
    trace: { value: (message: string, ...more: unknown[]) => output.info(message, ...more) },
  }) as vscode.LogOutputChannel;
}
