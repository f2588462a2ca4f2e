"""The packages of clients/, built, installed into a folder of their own, and called from tests."""

import contextlib
import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from tests.support.servers import python_process

ROOT = Path(__file__).parents[2]
PYTHON_CLIENT = ROOT / "clients/python"
TIMEOUT_SECONDS = 120
BUILD = """
import sys
from flit_core import buildapi

buildapi.build_sdist(sys.argv[1])
buildapi.build_wheel(sys.argv[1])
"""

OnPause = Callable[[float], object]
"""Replaces the client's pause, in seconds, before the request is repeated; False ends the call."""


class Stopped(Exception):
    """The test has ended a call, as the end of its process would."""


@dataclass
class Outcome:
    """What a call returned or raised.

    Attributes:
        value: bytes or JSON; an image is the body of its response, and a stream all its events.
        error: the code of the exception, or "".
        facts: the other attributes of the exception.
        pauses: seconds before each repetition.
    """

    value: Any = None
    error: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    pauses: list[float] = field(default_factory=list)


class Driver(Protocol):
    """Calls methods of an installed client, by their names in Python."""

    def call(
        self,
        url: str,
        method: str,
        *arguments: Any,
        client: dict[str, Any] | None = None,
        on_pause: OnPause = lambda _: None,
        **options: Any,
    ) -> Outcome:
        """Call a method of a new client, which `client` configures."""
        ...


def build_python_client(folder: Path, project: Path = PYTHON_CLIENT) -> tuple[Path, Path]:
    """Build the source distribution and the wheel, without network access."""
    python_process.run(BUILD, folder, cwd=project)
    (source,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return source, wheel


def install_wheel(wheel: Path, folder: Path) -> None:
    """Install a wheel alone into a folder."""
    options = ["--quiet", "--no-index", "--no-deps", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(folder)]
    subprocess.run([*command, str(wheel)], check=True, capture_output=True, timeout=TIMEOUT_SECONDS)


class PythonDriver:
    """Calls the Python client, imported from the folder in which it is installed."""

    def __init__(self, package: ModuleType) -> None:
        self.package = package

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
        outcome = Outcome()

        def sleep(seconds: float) -> None:
            outcome.pauses.append(seconds)
            if on_pause(seconds) is False:
                raise Stopped

        settings = {"backoff": 0.01, "sleep": sleep} | (client or {})
        with self.package.ImageClient(url, **settings) as opened:
            try:
                outcome.value = _plain(getattr(opened, method)(*arguments, **options))
            except Stopped:
                outcome.error = "stopped"
            except self.package.ImageClientError as error:
                outcome.error, outcome.facts = error.code, dict(vars(error))
        return outcome


@contextlib.contextmanager
def python_driver(folder: Path) -> Iterator[PythonDriver]:
    """Build, install and import the Python client, until the block ends."""
    _, wheel = build_python_client(folder)
    site = folder / "site"
    install_wheel(wheel, site)
    sys.path.insert(0, str(site))
    loaded = _take_out_of_modules()  # by tests that import it from the source tree
    try:
        package = importlib.import_module("flask_image_generator_client")
        assert str(package.__file__).startswith(str(site))
        yield PythonDriver(package)
    finally:
        sys.path.remove(str(site))
        _take_out_of_modules()
        sys.modules.update(loaded)


def _take_out_of_modules() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.startswith("flask_image_generator_")]
    return {name: sys.modules.pop(name) for name in names}


def _plain(value: Any) -> Any:
    """Return a result as it is on the wire."""
    if isinstance(value, bytes | str | None):
        return value
    if hasattr(value, "raw"):
        return value.raw
    if hasattr(value, "data"):
        return {"name": value.name, "data": value.data}
    return [_plain(each) for each in value]
