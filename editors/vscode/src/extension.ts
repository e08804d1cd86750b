//! Where VS Code enters: commands, the status bar item, and what they hold on to.

import * as vscode from 'vscode';

import { isConfiguration, isTaken, looksLikeTemplate } from './documents';
import { Panels } from './graph/panels';
import { Server } from './server';
import { count, item } from './status';

const FIX_ALL = vscode.CodeActionKind.SourceFixAll.append('privatelint');

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const output = vscode.window.createOutputChannel('privatelint', { log: true });
  const running = new Server(output);
  const panels = new Panels(context.extensionUri, running);
  const bar = vscode.window.createStatusBarItem('privatelint', vscode.StatusBarAlignment.Right);
  bar.name = 'privatelint';
  bar.command = 'privatelint.showOutput';
  server = running;

  const tell = () => show(bar, running, panels);
  const look = (document: vscode.TextDocument) => {
    if (isChecked(document)) running.wake();
    if (document === vscode.window.activeTextEditor?.document) tell();
  };
  const { registerCommand } = vscode.commands;
  context.subscriptions.push(
    output,
    bar,
    panels,
    running,
    registerCommand('privatelint.restart', () => running.restart()),
    registerCommand('privatelint.showOutput', () => output.show(true)),
    registerCommand('privatelint.showGraph', (uri?: vscode.Uri) => {
      const wanted = uri ?? vscode.window.activeTextEditor?.document.uri;
      if (wanted !== undefined) panels.show(wanted);
    }),
    registerCommand('privatelint.fixAll', fixAll),
    running.onDidChange((state) => {
      tell();
      if (state.kind === 'running') panels.refresh();
    }),
    vscode.workspace.onDidOpenTextDocument(look),
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      // A program that was not found is not looked for at every key.
      if (running.state.kind !== 'failed') look(document);
    }),
    vscode.window.onDidChangeActiveTextEditor((editor) => (editor ? look(editor.document) : tell())),
    vscode.languages.onDidChangeDiagnostics(tell),
    panels.onDidChangeActive(tell),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (!event.affectsConfiguration('privatelint')) return;
      await running.follow();
      vscode.workspace.textDocuments.forEach(look);
    }),
  );
  vscode.workspace.textDocuments.forEach(look);
  tell();
}

export async function deactivate(): Promise<void> {
  await server?.close();
  server = undefined;
}

/** Whether the language server has something to say about a document. */
function isChecked(document: vscode.TextDocument): boolean {
  const kind = { scheme: document.uri.scheme, languageId: document.languageId, path: document.uri.path };
  return isTaken(kind) && (isConfiguration(kind) || looksLikeTemplate(document.getText()));
}

function show(bar: vscode.StatusBarItem, running: Server, panels: Panels): void {
  const edited = vscode.window.activeTextEditor?.document;
  const isTemplate = edited !== undefined && isChecked(edited) && !isConfiguration(edited.uri);
  void vscode.commands.executeCommand('setContext', 'privatelint.template', isTemplate);
  const pictured = panels.active;
  const document = edited ?? vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === pictured);
  if (document === undefined || !isChecked(document)) {
    bar.hide();
    return;
  }
  const own = vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === 'privatelint');
  const { text, tooltip, isAlarming } = item(running.state, count(own.map(({ severity }) => severity)));
  bar.text = text;
  bar.tooltip = new vscode.MarkdownString(tooltip);
  bar.backgroundColor = isAlarming ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined;
  bar.show();
}

async function fixAll(): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  if (document === undefined) return;
  const all = document.validateRange(new vscode.Range(0, 0, document.lineCount, 0));
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[] | undefined>(
    'vscode.executeCodeActionProvider',
    document.uri,
    all,
    FIX_ALL.value,
  );
  const edit = actions?.find(({ kind }) => kind !== undefined && FIX_ALL.contains(kind))?.edit;
  if (edit === undefined) {
    void vscode.window.showInformationMessage('privatelint: nothing here has a fix that is safe to make unseen.');
  } else if (!(await vscode.workspace.applyEdit(edit))) {
    void vscode.window.showWarningMessage('privatelint: the document has changed meanwhile, and nothing was fixed.');
  }
}
