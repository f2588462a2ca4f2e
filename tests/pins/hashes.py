"""`make pins`: write the hashes of all files of each pinned version into the requirement files.

PIP_INDEX_URL is the index, as pip reads it. It lists the files of a release by the Simple
Repository API (PEP 691). Wheels of every platform and the source distribution are included, so the
files install wherever they did.
"""

import os
import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import requests
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename
from packaging.utils import parse_sdist_filename as parse_sdist
from packaging.utils import parse_wheel_filename as parse_wheel
from packaging.version import InvalidVersion, Version

from tests.pins.requirements import HASHED, Pin, split_lines

_JSON = "application/vnd.pypi.simple.v1+json"
_TIMEOUT_SECONDS = 60

FindHashes = Callable[[str, str], list[str]]
"""Returns the SHA-256 of each file of a package's version."""


def main() -> None:
    """Rewrite all requirement files."""
    if not os.environ.get("PIP_INDEX_URL"):
        raise SystemExit("Set PIP_INDEX_URL to the address of the package index.")
    for path in HASHED:
        text = path.read_text(encoding="utf-8")
        path.write_text(with_hashes(text, find_hashes), encoding="utf-8")
        sys.stdout.write(f"{path.name} written\n")


def with_hashes(text: str, find: FindHashes) -> str:
    """Return a requirement file with the hashes of each pin, sorted; other lines stay."""
    lines = [_format(pin, find) if pin else line for line, pin in split_lines(text)]
    return "".join(f"{line}\n" for line in lines)


def _format(pin: Pin, find: FindHashes) -> str:
    hashes = sorted(find(pin.name, pin.version))
    if not hashes:
        raise ValueError(f"the index has no file of {pin.text}")
    return " \\\n    ".join([pin.text, *(f"--hash=sha256:{sha256}" for sha256 in hashes)])


@cache
def find_hashes(name: str, version: str) -> list[str]:
    """Look up the hashes in the package index."""
    url = f"{os.environ['PIP_INDEX_URL'].rstrip('/')}/{name}/"
    response = requests.get(url, headers={"Accept": _JSON}, timeout=_TIMEOUT_SECONDS)
    response.raise_for_status()
    return list(hashes_of(response.json()["files"], version))


def hashes_of(files: list[dict[str, Any]], version: str) -> Iterator[str]:
    """Yield the hashes of a version's files."""
    for file in files:
        if _version_of(file["filename"]) == Version(version) and not file.get("yanked"):
            yield file["hashes"]["sha256"]


def _version_of(filename: str) -> Version | None:
    """Return the version of a wheel or source distribution; None for formats of the past."""
    try:
        return (parse_wheel if filename.endswith(".whl") else parse_sdist)(filename)[1]
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None


if __name__ == "__main__":
    main()
