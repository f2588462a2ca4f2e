"""The requirement files of the project and the packages that they pin."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HASHED = sorted(ROOT.glob("requirements*.txt"))
# Only benches use these, in part in environments of their own. The build of PyTorch that fits
# depends on the machine, so these pins have no hashes.
UNHASHED = sorted(ROOT.glob("bench/*/requirements.txt"))
_PIN = re.compile(r"(?P<name>[a-z0-9-]+)(?:\[[a-z0-9,]+\])?==(?P<version>[0-9][0-9a-z.]*)(?:;.*)?")
_HASH = re.compile(r"--hash=sha256:(?P<sha256>[0-9a-f]{64})")


@dataclass(frozen=True)
class Pin:
    """A package with its only allowed version and the SHA-256 of each of its files.

    Attributes:
        text: the requirement without its hashes: name, extras, version and marker.
    """

    text: str
    name: str
    version: str
    hashes: tuple[str, ...]


def read_pins(text: str) -> list[Pin]:
    """Return the pins of a requirement file.

    Raises:
        ValueError: a line is no pin of one version, or an option other than a hash.
    """
    return [pin for _, pin in split_lines(text) if pin is not None]


def split_lines(text: str) -> Iterator[tuple[str, Pin | None]]:
    """Yield each line, continuations joined, with the pin in it.

    Comments, blank lines and references to other requirement files have none.
    """
    for line in text.replace("\\\n", " ").splitlines():
        is_pin = line.strip() and not line.startswith(("#", "-r "))
        yield line, _parse(line) if is_pin else None


def _parse(line: str) -> Pin:
    text, *options = re.split(r"\s+(?=--)", line.strip())
    match = _PIN.fullmatch(text)
    hashes = [_HASH.fullmatch(option) for option in options]
    if match is None or not all(hashes):
        raise ValueError(f"not a pin: {text}")
    found = tuple(sha256["sha256"] for sha256 in hashes if sha256)
    return Pin(text, match["name"], match["version"], found)
