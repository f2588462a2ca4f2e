"""Checks without I/O: clock, access, budget, mounts; and how failures are worded."""

from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from app.errors import RecordsUnavailable
from app.models import ApiKey, Level
from app.services.diagnostics.access import check_access, check_budget, check_keys
from app.services.diagnostics.clock_skew import compare
from app.services.diagnostics.filesystems import Mount, check_durable, mount_of
from app.services.diagnostics.findings import FailureAdvice, FindingBuilder
from app.services.runtime.failures import Failure, FailureKind
from tests.support.builders import NOON
from tests.support.diagnostic_findings import FAILED, NOT_USED, OK, WARNING, levels, the
from tests.support.fakes.api_keys import a_key
from tests.support.tables import each_row

MOUNTINFO = r"""
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw
30 27 0:25 / /srv/my\040data rw - tmpfs tmpfs rw
31 27 0:26 / /srv/over rw - ext4 /dev/vdb rw
32 31 0:27 / /srv/over rw - overlay overlay rw
33 27 0:28 / /srv/far rw - nfs4 host:/x rw
a line of another form
"""


def header(at: datetime) -> str:
    """Format a time as a Date header."""
    return format_datetime(at, usegmt=True)


@each_row("seconds, level, word", [
        (0, OK, "within"), (4, OK, "within"), (-4, OK, "within"), (-5, OK, "within"),
        (8, WARNING, "slow"), (-8, WARNING, "fast"), (290, WARNING, "slow"),
        (310, FAILED, "slow"), (-310, FAILED, "fast"), (86_400, FAILED, "slow"),
    ])  # fmt: skip
def test_clock_skew(seconds: int, level: Level, word: str) -> None:
    """Up to 5 s is ok, up to 5 minutes a warning; more fails, as S3 refuses at 15 minutes."""
    date = header(NOON + timedelta(seconds=seconds))
    finding = compare(date, sent=NOON, received=NOON)
    assert (finding.part, finding.level) == ("clock", level)
    assert word in finding.found


def test_a_slow_response_is_no_clock_skew() -> None:
    """The Date header may be from any moment between request and response."""
    for moment in range(9):
        date = header(NOON + timedelta(seconds=moment))
        received = NOON + timedelta(seconds=8)
        assert compare(date, sent=NOON, received=received).level is OK


@pytest.mark.parametrize("date", [None, "", "yesterday", "Sun, 99 Nov 2026 12:00:00 GMT"])
def test_without_a_date_nothing_is_compared(date: str | None) -> None:
    """A missing or unreadable Date header is neither good nor bad."""
    assert compare(date, sent=NOON, received=NOON).level is NOT_USED


@each_row(
    "paid, origins, host, expected",
    [
        (True, ["*"], "127.0.0.1", {"origins": WARNING, "address": OK}),
        (True, ["https://a.example"], "192.0.2.7", {"origins": OK, "address": WARNING}),
        (True, ["https://a.example"], "images.example", {"origins": OK, "address": WARNING}),
        (True, ["https://a.example"], "::", {"origins": OK, "address": WARNING}),
        (True, ["https://a.example"], "::1", {"origins": OK, "address": OK}),
        (True, [], "localhost", {"origins": OK, "address": OK}),
        (False, ["*"], "192.0.2.7", {"origins": OK, "address": OK}),
    ],
)
def test_access(paid: bool, origins: list[str], host: str, expected: dict[str, Level]) -> None:
    """Paid images without API keys are a warning; free ones are not."""
    found = levels(check_access(paid=paid, origins=origins, host=host, auth_required=False))
    assert found == expected | ({"keys": WARNING} if paid else {})
    locked = levels(check_access(paid=paid, origins=origins, host=host, auth_required=True))
    assert set(locked.values()) == {OK}


def test_active_keys_are_counted() -> None:
    """No active key is a warning; a repository that can't be read fails."""

    def unreadable() -> list[ApiKey]:
        raise RecordsUnavailable

    assert check_keys(lambda: [a_key(), a_key()]).found == "2 active"
    assert the("keys", [check_keys(list)]).level is WARNING
    assert the("keys", [check_keys(unreadable)]).level is FAILED


@pytest.mark.parametrize(
    ("path", "kind", "level"),
    [
        ("/srv/data", "ext4", OK),
        ("/srv/my data/x/y", "tmpfs", WARNING),
        ("/srv/my data2", "ext4", OK),
        ("/srv/over/x", "overlay", WARNING),
        ("/srv/far", "nfs4", OK),
    ],
)
def test_mounts(tmp_path: Path, path: str, kind: str, level: Level) -> None:
    """The innermost mount counts, and of several at one point the last."""
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTINFO)
    mount = mount_of(Path(path), table)
    assert mount is not None
    assert (mount.kind, mount.over_network) == (kind, kind == "nfs4")
    assert check_durable(FindingBuilder("data dir"), Path(path), table).level is level


@each_row(
    "kind, over_network",
    [
        *((kind, True) for kind in ("nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "lustre")),
        *((kind, True) for kind in ("fuse", "fuse.sshfs", "fuse.s3fs", "fuse.gcsfuse")),
        *((kind, True) for kind in ("fuse.rclone", "fuse.juicefs", "fuse.no-one-knows")),
        *((kind, False) for kind in ("ext4", "xfs", "btrfs", "zfs", "overlay", "tmpfs")),
        *((kind, False) for kind in ("fuseblk", "fuse.mergerfs", "fuse.fuse-overlayfs")),
        *((kind, False) for kind in ("virtiofs", "fakeowner", "vfat")),
    ],
)
def test_file_systems_on_other_machines(kind: str, over_network: bool) -> None:
    """Unknown programs behind FUSE count as a network, because most of them are."""
    assert Mount(Path("/srv"), kind).over_network is over_network


def test_without_mountinfo_durability_is_unknown(tmp_path: Path) -> None:
    """On systems other than Linux, that is no warning."""
    assert check_durable(FindingBuilder("data dir"), tmp_path, tmp_path / "none").level is NOT_USED


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs a file system in memory")  # noqa: S108 - reason: that folder is meant
def test_a_real_folder_in_memory_is_a_warning() -> None:
    """The real /proc/self/mountinfo is parsed."""
    finding = check_durable(FindingBuilder("data dir"), Path("/dev/shm/x"))  # noqa: S108 - reason: that folder is meant
    assert finding.level is WARNING
    assert "restart" in finding.found


@pytest.mark.parametrize(
    ("unpriced", "budget", "expected"),
    [
        ([], "20/month", {"prices": OK, "server": OK}),
        (["gpt-image-9"], "20/month", {"prices": WARNING, "server": OK}),
        ([], None, {"prices": OK, "server": NOT_USED}),
    ],
)
def test_budget(unpriced: list[str], budget: str | None, expected: dict[str, Level]) -> None:
    """A budget needs known prices; without a budget nothing is limited."""
    assert levels(check_budget(unpriced, budget=budget)) == expected


def test_failures_are_worded_by_their_kind() -> None:
    """A finding states the kind's text and the failure's code, but never its log detail."""
    advice = FailureAdvice({FailureKind.TLS: ("no TLS", "check it")}, otherwise=("other", "look"))
    known, unknown = (
        advice.check_failed(Failure(kind=kind, detail="log only", code="code 1"))
        for kind in (FailureKind.TLS, FailureKind.LOCKED)
    )
    assert (known.found, known.advice) == ("no TLS (code 1)", "check it")
    assert (unknown.found, unknown.advice) == ("other (code 1)", "look")
