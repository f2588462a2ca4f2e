"""Checks that only look at what they are given: clock, access, mounts."""

from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from app.errors import RecordsUnavailable
from app.models import ApiKey, Level
from app.services.diagnostics.access import check_access, check_keys
from app.services.diagnostics.clock_skew import compare
from app.services.diagnostics.filesystems import check_durable, mount_of
from app.services.diagnostics.findings import About
from tests.support.builders import NOON
from tests.support.diagnostic_findings import FAILED, NOT_USED, OK, WARNING, levels, the
from tests.support.fakes.api_keys import a_key

MOUNTINFO = r"""
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw
30 27 0:25 / /srv/my\040data rw - tmpfs tmpfs rw
31 27 0:26 / /srv/over rw - ext4 /dev/vdb rw
32 31 0:27 / /srv/over rw - overlay overlay rw
33 27 0:28 / /srv/far rw - nfs4 host:/x rw
a line that tells nothing
"""


def header(at: datetime) -> str:
    """Write a time as a Date header does."""
    return format_datetime(at, usegmt=True)


@pytest.mark.parametrize(
    ("seconds", "level", "word"),
    [
        (0, OK, "right"), (4, OK, "right"), (-4, OK, "right"), (-5, OK, "right"),
        (8, WARNING, "slow"), (-8, WARNING, "fast"), (290, WARNING, "slow"),
        (310, FAILED, "slow"), (-310, FAILED, "fast"), (86_400, FAILED, "slow"),
    ],
)  # fmt: skip
def test_clock(seconds: int, level: Level, word: str) -> None:
    """Up to 5 s is right, up to 5 minutes a warning, beyond it S3 will soon refuse us."""
    reported = header(NOON + timedelta(seconds=seconds))
    finding = compare(reported, asked=NOON, answered=NOON)
    assert (finding.part, finding.level) == ("clock", level)
    assert word in finding.found


def test_a_slow_answer_makes_no_clock_wrong() -> None:
    """The other server may have told its time at any moment between question and answer."""
    for moment in range(9):
        reported = header(NOON + timedelta(seconds=moment))
        answered = NOON + timedelta(seconds=8)
        assert compare(reported, asked=NOON, answered=answered).level is OK


@pytest.mark.parametrize("reported", [None, "", "yesterday", "Sun, 99 Nov 2026 12:00:00 GMT"])
def test_without_a_time_no_clock_is_judged(reported: str | None) -> None:
    """An answer without a readable date is no verdict."""
    assert compare(reported, asked=NOON, answered=NOON).level is NOT_USED


@pytest.mark.parametrize(
    ("paid", "origins", "host", "expected"),
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
    """What costs nothing may be open; what costs money is better closed, by keys for one."""
    found = levels(check_access(paid=paid, origins=origins, host=host, auth_required=False))
    assert found == expected | ({"keys": WARNING} if paid else {})
    locked = levels(check_access(paid=paid, origins=origins, host=host, auth_required=True))
    assert set(locked.values()) == {OK}


def test_live_keys_are_counted() -> None:
    """It is told how many there are; no key, or no store of keys, lets nobody in."""

    def unreadable() -> list[ApiKey]:
        raise RecordsUnavailable

    assert check_keys(lambda: [a_key(), a_key()]).found == "2 live"
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
    """The innermost mount counts, the last one at its place; memory and containers are told."""
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTINFO)
    mount = mount_of(Path(path), table)
    assert mount is not None
    assert (mount.kind, mount.over_network) == (kind, kind == "nfs4")
    assert check_durable(About("data dir"), Path(path), table).level is level


def test_without_a_table_of_mounts_nothing_is_claimed(tmp_path: Path) -> None:
    """On a system that does not tell its mounts, that is all that is said."""
    assert check_durable(About("data dir"), tmp_path, tmp_path / "none").level is NOT_USED


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs a folder in memory")  # noqa: S108 - reason: that folder is meant
def test_a_real_folder_in_memory_is_reported() -> None:
    """Linux's own table is read right."""
    finding = check_durable(About("data dir"), Path("/dev/shm/x"))  # noqa: S108 - reason: that folder is meant
    assert finding.level is WARNING
    assert "restart" in finding.found
