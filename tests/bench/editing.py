"""Times the language server as an editor meets it: from its start to its first answer, and from an edit to the diagnostics.

usage: editing.py PRIVATELINT TEMPLATE [EDITS]     default: 200 edits
"""

import json
import pathlib
import subprocess
import sys
import time


class Client:
    """A client that speaks over the standard streams and waits for what it asks for."""

    def __init__(self, program):
        self.process = subprocess.Popen([program, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def send(self, method, params, number=None):
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        if number is not None:
            message["id"] = number
        body = json.dumps(message).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def wait_for(self, fits):
        while True:
            length = 0
            while (line := self.process.stdout.readline().strip()):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            message = json.loads(self.process.stdout.read(length))
            if fits(message):
                return message


def milliseconds(since):
    return (time.perf_counter() - since) * 1000


def spread(times):
    times = sorted(times)
    at = lambda part: times[min(len(times) - 1, int(len(times) * part))]
    return f"median {at(0.5):.1f} ms, 95 of 100 within {at(0.95):.1f} ms, at most {times[-1]:.1f} ms"


def start(program):
    """A server that has answered, and how long that took."""
    began = time.perf_counter()
    client = Client(program)
    capabilities = {"textDocument": {"publishDiagnostics": {"versionSupport": True}}}
    client.send("initialize", {"capabilities": capabilities}, 1)
    client.wait_for(lambda message: message.get("id") == 1)
    took = milliseconds(began)
    client.send("initialized", {})
    return client, took


def end(client):
    client.send("shutdown", None, 2)
    client.wait_for(lambda message: message.get("id") == 2)
    client.send("exit", None)
    client.process.wait()


def main():
    program, path = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    edits = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    starts = []
    for _ in range(20):
        client, took = start(program)
        starts.append(took)
        end(client)
    client, _ = start(program)
    text, uri = path.read_text(), path.as_uri()
    document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
    client.send("textDocument/didOpen", {"textDocument": document})
    is_for = lambda version: lambda message: (
        message.get("method") == "textDocument/publishDiagnostics" and message["params"].get("version") == version
    )
    client.wait_for(is_for(1))
    lines = text.count("\n")
    times = []
    for version in range(2, edits + 2):
        # A letter more, or one less, in a comment of its own at the end.
        place = {"line": lines, "character": 0}
        change = {"range": {"start": place, "end": place}, "text": "#" if version == 2 else "x"}
        if version > 2:
            place["character"] = 1
            if version % 2:
                change = {"range": {"start": place, "end": {"line": lines, "character": 2}}, "text": ""}
        began = time.perf_counter()
        identifier = {"uri": uri, "version": version}
        client.send("textDocument/didChange", {"textDocument": identifier, "contentChanges": [change]})
        client.wait_for(is_for(version))
        times.append(milliseconds(began))
    end(client)
    print(f"start to first answer: {spread(starts)}")
    print(f"edit to diagnostics, {lines} lines: {spread(times)}")


main()
