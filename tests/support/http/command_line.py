"""Services with their `flask images` commands, for tests of the commands."""

import json
from pathlib import Path

from click.testing import Result
from flask import Flask

from app import create_app
from app.container import build_ports
from app.ports import Ports
from tests.support.service import settings_for


class CommandLine:
    """A service, and its `flask images` commands."""

    def __init__(self, folder: Path) -> None:
        settings = settings_for(data_dir=folder)
        self.ports: Ports = build_ports(settings)
        self.app: Flask = create_app(settings, self.ports)

    def __call__(self, *arguments: str | Path, stdin: str = "") -> Result:
        """Run `flask images ...` with this input."""
        words = ["images", *map(str, arguments)]
        result = self.app.test_cli_runner().invoke(args=words, input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    def listed(self) -> list[dict[str, object]]:
        """Return the output of `list --json`."""
        return [json.loads(line) for line in self("list", "--json").stdout.splitlines()]

    def image(self, image_id: object) -> bytes:
        """Return the bytes of a stored image."""
        return self.ports.store.get(f"images/{image_id}.png").data
