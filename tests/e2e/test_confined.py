"""The service as a user who may write only to DATA_DIR and a temporary directory."""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.concurrency.threads import wait_until
from tests.support.servers.gunicorn import ROOT, SHIPPED, Gunicorn, gunicorn

_UNPRIVILEGED = 54321  # an id that owns nothing on any machine
# Python may be installed in root's home, so the user keeps the capability to read.
_READ_ONLY = "-all,+dac_read_search"
_SWITCH_USER = (
    *("setpriv", "--reuid", str(_UNPRIVILEGED), "--clear-groups", "--no-new-privs"),
    *(f"--{kind}={_READ_ONLY}" for kind in ("inh-caps", "ambient-caps", "bounding-set")),
)
_SHARED = [Path(place) for place in ("/tmp", "/var/tmp", "/dev/shm", "/run/lock")]  # noqa: S108 - reason: to see that nothing is left there
_SECRETS = {"openai_api_key": "sk-test-6f1d0c2b9a8e7d6c", "variant_signing_keys": "s3cret" * 8}


@pytest.fixture
def user() -> int:
    """Return an unprivileged user id: another one if we may switch to it, else our own."""
    return _UNPRIVILEGED if os.geteuid() == 0 and shutil.which("setpriv") else os.geteuid()


@pytest.fixture
def folder(user: int) -> Iterator[Path]:
    """Create a folder that the user can't write to, with two inside that it can."""
    folder = Path(tempfile.mkdtemp())
    for name in ("data", "tmp"):
        (folder / name).mkdir(mode=0o700)
        os.chown(folder / name, user, -1)
    (folder / "log").touch()
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture
def server(folder: Path, user: int) -> Iterator[Gunicorn]:
    """Run the service with the container's options and some secrets in its settings."""
    (command,) = re.findall(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.M)
    options = " ".join(json.loads(command)[1:-1])
    container = {"tmpdir": folder / "tmp", "pythondontwritebytecode": 1, "home": "/nowhere"}
    settings = {"image_provider": "offline", "gunicorn_cmd_args": options, **_SECRETS}
    switch_user = _SWITCH_USER if user == _UNPRIVILEGED else ()
    with gunicorn(folder, SHIPPED, switch_user, **container, **settings) as running:
        yield running


def test_only_the_two_folders_are_written_to(server: Gunicorn, folder: Path, user: int) -> None:
    """After an image was generated, served and listed, no other file has appeared."""
    others = set(_owned(user))
    name = server.generate().json()["filename"]
    assert server.get(f"/images/{name}").status_code == 200
    assert server.get("/images").json()["total_images"] == 1
    assert server.get("/readyz").status_code == 200
    assert set(_owned(user)) == others
    assert {path.name for path in folder.iterdir()} == {"data", "tmp", "log"}
    assert (folder / "data" / "store" / "images" / name).stat().st_uid == user
    assert server.stop() == 0
    assert list((folder / "tmp").iterdir()) == []


def test_process_arguments_contain_no_secret(server: Gunicorn) -> None:
    """Every user of the machine can read command lines, so they contain no secret."""
    wait_until(lambda: len(server.workers()) == 2)
    pids = (server.process.pid, *server.workers())
    lines = [Path(f"/proc/{pid}/cmdline").read_text() for pid in pids]
    assert "wsgi:app" in lines[0]
    for secret in _SECRETS.values():
        assert secret not in "".join(lines)


def _owned(user: int) -> Iterator[Path]:
    """Find the user's files in shared directories and, for another user, in the checkout."""
    places = [path for place in _SHARED if place.is_dir() for path in place.iterdir()]
    if user == _UNPRIVILEGED:
        places += [path for room in ("app", "tests", "docs") for path in (ROOT / room).rglob("*")]
        places += ROOT.iterdir()
    yield from (path for path in places if _owner(path) == user)


def _owner(path: Path) -> int | None:
    try:
        return path.lstat().st_uid
    except OSError:  # deleted meanwhile
        return None
