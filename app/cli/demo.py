"""`make demo`: starts a server and calls each of its main endpoints once."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

_START_SECONDS = 30
_REQUEST_SECONDS = 60


@click.command()
@click.option(
    "--prompt",
    default="A happy robot with a flower",
    show_default=True,
    help="Prompt of the image.",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo"),
    show_default=True,
    help="Folder for the image.",
)
def demo(prompt: str, output: Path) -> None:
    """Start a server and call each of its main endpoints once.

    The demo invents prompts, then generates, fetches, lists and saves an image. The image is drawn
    offline even if an API key is set, so the demo is free of charge.
    """
    with _server() as port:
        invented = _call(port, "GET", "/generate-prompts?count=3")
        for text in json.loads(invented)["prompts"]:
            click.echo(f"GET /generate-prompts   {text}")
        generated = json.loads(_call(port, "POST", "/generate-image", {"prompt": prompt}))
        click.echo(f"POST /generate-image    {generated['url']}")
        image = _call(port, "GET", f"/images/{generated['filename']}")
        click.echo(f"GET /images/...png      {len(image)} bytes")
        listed = json.loads(_call(port, "GET", "/images?page=1&limit=10"))
        click.echo(f"GET /images             {listed['total_images']} in total")
        if listed["images"][0]["filename"] != generated["filename"]:
            raise click.ClickException("the new image is not the first in the list")
    output.mkdir(parents=True, exist_ok=True)
    file = output / generated["filename"]
    file.write_bytes(image)
    click.echo(f"Saved the image as {file}")


@contextlib.contextmanager
def _server() -> Iterator[int]:
    """Run gunicorn on a free port until the block ends."""
    port = _free_port()
    command = [sys.executable, "-m", "gunicorn", "wsgi:app"]
    command += ["--bind", f"127.0.0.1:{port}", "--log-level", "warning"]
    offline = {"IMAGE_PROVIDER": "offline", "PUBLIC_URL": "", "LOG_LEVEL": "WARNING"}
    environment = os.environ | offline
    process = subprocess.Popen(command, env=environment)  # noqa: S603 - reason: fixed arguments
    try:
        _wait_until_ready(port, process)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _wait_until_ready(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(ConnectionError):
            _call(port, "GET", "/healthz")
            return
        time.sleep(0.1)
    raise click.ClickException("the server did not start; see its messages above")


def _call(port: int, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_REQUEST_SECONDS)
    with contextlib.closing(connection):
        data = json.dumps(body) if body else None
        connection.request(method, path, data, {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = response.read()
    if response.status != 200:
        raise click.ClickException(f"{method} {path}: {response.status} {content[:500]!r}")
    return content


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


if __name__ == "__main__":
    demo()
