"""`flask mcp`: the MCP server over standard input and output, for agents on this machine."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import click
from flask.cli import with_appcontext

from app.blueprints.dependencies import deps
from app.blueprints.mcp.lines import LineServer
from app.blueprints.mcp.tools.base import ToolContext
from app.cli.params import find_owner, owner_option

_LOCAL_URL = "http://localhost:5000"


@click.command(short_help="Serve AI agents on this machine over standard input.")
@owner_option("API key (name or id) that owns and pays for the images.")
@click.option(
    "--url",
    metavar="URL",
    show_default="PUBLIC_URL",
    help="Address of the running service, for the addresses in results.",
)
@with_appcontext
def mcp(owner: str, url: str | None) -> None:
    """Serve the Model Context Protocol over standard input and output.

    A program such as Claude Desktop or an IDE starts this command. It uses the stores and settings
    of this service, which need not be running. Standard output carries messages of the protocol
    only, and the log goes to standard error. Without --owner, the tools see all images. At the end
    of the input, images that are being generated are finished first.
    """
    caller = find_owner(owner, active=True)
    context = ToolContext(
        deps=deps(),
        caller=caller,
        owner=caller.id or None,
        base_url=(url or deps().server_info.public_url or _LOCAL_URL).rstrip("/"),
        may_sign=True,
    )
    signal.signal(signal.SIGTERM, _leave)
    with _standard_output() as output:
        LineServer(context, output).run(sys.stdin.buffer)


def _leave(*_: object) -> None:
    """End the command after the images that are being generated; immediately the second time."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sys.exit(0)


@contextmanager
def _standard_output() -> Iterator[BinaryIO]:
    """Return standard output, and let everything else that is printed go to standard error."""
    try:
        output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    except (AttributeError, OSError, ValueError):  # it is not a file, as in tests
        yield sys.stdout.buffer
        return
    sys.stdout.flush()
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with output:
        yield output
