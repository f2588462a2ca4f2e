"""Services whose commands are tested."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.container import close_ports
from tests.support.service import CommandLine

PROMPTS = ("A red fox", "A castle", "Ein Bär")


@pytest.fixture
def source(tmp_path: Path) -> Iterator[CommandLine]:
    """Return a service with three offline images."""
    commands = CommandLine(tmp_path / "source")
    assert commands("generate", *PROMPTS).exit_code == 0
    yield commands
    close_ports(commands.ports)


@pytest.fixture
def target(tmp_path: Path) -> Iterator[CommandLine]:
    """Return another service, without images."""
    commands = CommandLine(tmp_path / "target")
    yield commands
    close_ports(commands.ports)
