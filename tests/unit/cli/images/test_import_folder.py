"""Hostile folders that are imported."""

import json
import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.cli.images.import_folder import Entry, FolderRefused, read_entries, read_file
from tests.attacks import Observe, attack

_REFUSED = "refused in words, and the next line is read"
ENTRY = {"file": "a.png", "prompt": "A red fox"}
TOMORROW = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=23)


def write_manifest(folder: Path, *lines: str | bytes) -> None:
    """Write the lines, and a line without faults behind them."""
    parts = [line.encode() if isinstance(line, str) else line for line in lines]
    (folder / "manifest.jsonl").write_bytes(b"\n".join([*parts, json.dumps(ENTRY).encode()]))


def changed(**fields: object) -> str:
    """Return a line with these fields."""
    return json.dumps(ENTRY | fields)


def _attack(name: str, line: str | bytes, problem: str) -> object:
    what = f"A line of a manifest with {name}"
    return pytest.param(line, problem, marks=attack(what, expect=_REFUSED), id=name)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        _attack("100,000 brackets", "[" * 100_000, "not valid JSON"),
        _attack("100,000 braces", '{"a":' * 100_000, "not valid JSON"),
        _attack("17 levels", "[" * 17 + "]" * 17, "nested too deeply"),
        _attack("NaN", '{"file": "a.png", "x": NaN}', "not valid JSON"),
        _attack("Infinity", '{"file": "a.png", "x": -Infinity}', "not valid JSON"),
        _attack("a duplicate key", '{"file": "a.png", "file": "b.png"}', "duplicate key"),
        _attack("a surrogate", r'{"file": "a.png", "prompt": "\ud800"}', "not valid JSON"),
        _attack("Latin-1", b'{"file": "caf\xe9.png"}', "not valid JSON"),
        _attack("UTF-16, no mark", json.dumps(ENTRY).encode("utf-16-be"), "not valid JSON"),
        _attack("a list", "[]", "the line: "),
        _attack("a number of 10,000 digits", "1" * 10_000, "not valid JSON"),
        _attack("no file", '{"prompt": "a"}', "file: Required."),
        _attack("a NUL in the name", changed(file="a\x00.png"), "file: "),
        _attack("an escape sequence in the name", changed(file="\x1b[31m.png"), "file: "),
        _attack("a number as the name", changed(file=1), "file: "),
        _attack("a name of 201 characters", changed(file="a" * 201), "file: "),
        _attack("a path as the id", changed(id="../../x"), "id: "),
        _attack("a number as the id", changed(id=7), "id: "),
        _attack("a parent that is no id", changed(parent="x.png"), "parent: "),
        _attack("a negative size", changed(size="-1x-1"), "size: "),
        _attack("no size", changed(size="0x0"), "size: "),
        _attack("a huge size", changed(size="1024x999999"), "size: "),
        _attack("a list as the prompt", changed(prompt=["a"]), "prompt: "),
        _attack("a prompt of 16,001 characters", changed(prompt="a" * 16_001), "prompt: "),
        _attack("a list of options", changed(cutout_options=[1]), "cutout_options: "),
        _attack("more than 1 MiB", "x" * (2**20 + 1), "longer than"),
        _attack("3 MiB", "x" * (3 * 2**20), "longer than"),
    ],
)
def test_line_is_refused_in_words(
    tmp_path: Path, observe: Observe, line: str | bytes, problem: str
) -> None:
    """The problem names the field; the lines behind it are read."""
    write_manifest(tmp_path, line)
    (number, _, refused), (_, _, entry) = read_entries(tmp_path)
    assert (number, isinstance(refused, str)) == (1, True)
    assert problem in str(refused)
    observe(_REFUSED if isinstance(entry, Entry) else entry)


@pytest.mark.parametrize(
    "time",
    [
        *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
        *("0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "yesterday"),
        pytest.param((TOMORROW + timedelta(hours=2)).isoformat(), id="in 25 hours"),
        *("2026-02-30T00:00:00Z", "", 0, 1e300, [], {}),
    ],
)
@pytest.mark.parametrize("field", ["created_at", "requested_at"])
def test_impossible_time_is_refused(tmp_path: Path, field: str, time: object) -> None:
    """Times before 1970, in the future, or in other forms are refused; an empty one is none."""
    write_manifest(tmp_path, changed(**{field: time}))
    (_, _, found), _ = read_entries(tmp_path)
    if time == "":
        assert isinstance(found, Entry)
    else:
        assert str(found).startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("time", "parsed"),
    [
        ("2026-01-31T12:00:00.123456+01:00", datetime(2026, 1, 31, 11, 0, 0, 123_000, tzinfo=UTC)),
        ("2026-01-31T12:00:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        pytest.param(TOMORROW.isoformat(), TOMORROW, id="in 23 hours"),
    ],
)
def test_time_is_in_utc_and_milliseconds(tmp_path: Path, time: str, parsed: datetime) -> None:
    """Times without a zone are in UTC; the clock of another machine may be a day ahead."""
    write_manifest(tmp_path, changed(created_at=time))
    (_, _, entry), _ = read_entries(tmp_path)
    assert isinstance(entry, Entry)
    assert entry.created_at == parsed


def _socket(path: Path) -> None:
    previous = Path.cwd()
    os.chdir(path.parent)  # the address of a socket has at most 108 bytes
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)
    os.chdir(previous)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100 * 1024**3)


def _outside(path: Path) -> Path:
    outside = path.parent.parent / "outside"
    outside.write_bytes(b"secret")
    return outside


NOT_REGULAR: dict[str, tuple[Callable[[Path], object], str]] = {
    "a pipe": (os.mkfifo, "not a regular file."),
    "a socket": (_socket, "No such device or address."),
    "a folder": (Path.mkdir, "not a regular file."),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "outside the folder."),
    "a link to a file outside": (
        lambda path: path.symlink_to(_outside(path)),
        "outside the folder.",
    ),
    "a link to nothing": (lambda path: path.symlink_to("nothing"), "No such file or directory."),
    "a link to itself": (lambda path: path.symlink_to(path.name), ""),
}


@pytest.mark.parametrize("name", ["a.png", "manifest.jsonl"])
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=attack(f"Importing {kind}", expect="refused in words"), id=kind)
        for kind in NOT_REGULAR
    ],
)
def test_only_regular_files_inside_are_read(
    tmp_path: Path, observe: Observe, name: str, kind: str
) -> None:
    """Pipes, sockets, devices and links out of the folder are refused without waiting."""
    folder = tmp_path / "in"
    folder.mkdir()
    make, problem = NOT_REGULAR[kind]
    make(folder / name)
    with pytest.raises(FolderRefused, match=rf"^{name}: ") as refused:
        list(read_entries(folder)) if name == "manifest.jsonl" else read_file(folder, name)
    assert refused.value.exit_code == 2
    observe("refused in words" if problem in str(refused.value) else refused.value)


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "/etc/passwd",
        "in/../../outside",
        "a/" * 3000,
        "x" * 5000,
        "a\x00",
        "up/outside",
    ],
)
def test_path_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    """Relative and absolute paths, a linked folder, and paths that the system refuses."""
    folder = tmp_path / "in"
    folder.mkdir()
    _outside(folder / "a.png")
    (folder / "up").symlink_to("..")
    with pytest.raises(FolderRefused):
        read_file(folder, name)


def test_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    """A sparse file of 100 GiB is not read into memory."""
    _sparse(tmp_path / "a.png")
    with pytest.raises(FolderRefused, match=r"a\.png: larger than 64 MiB\."):
        read_file(tmp_path, "a.png")


def test_links_inside_the_folder_are_followed(tmp_path: Path) -> None:
    """A hard link and a link to another file of the folder are read, also in a folder below."""
    (tmp_path / "b.png").write_bytes(b"content")
    (tmp_path / "hard.png").hardlink_to(tmp_path / "b.png")
    (tmp_path / "originals").mkdir()
    (tmp_path / "originals/soft.png").symlink_to("../b.png")
    for name in ("hard.png", "originals/soft.png"):
        assert read_file(tmp_path, name) == b"content"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_manifest_in_utf_16_is_refused(tmp_path: Path, encoding: str) -> None:
    """A manifest with the byte order mark of UTF-16 is refused as a whole."""
    mark = "" if encoding == "utf-16" else "\N{BOM}"
    (tmp_path / "manifest.jsonl").write_bytes(f"{mark}{json.dumps(ENTRY)}\n".encode(encoding))
    with pytest.raises(FolderRefused, match=r"manifest\.jsonl: the text is UTF-16\."):
        list(read_entries(tmp_path))


def test_huge_lines_are_counted_once(tmp_path: Path) -> None:
    """Numbers of lines are right behind a line of many megabytes, and blank lines are skipped."""
    write_manifest(tmp_path, "x" * (5 * 2**20), "", "no JSON", "x" * 2**20)
    numbers = [number for number, _, _ in read_entries(tmp_path)]
    assert numbers == [1, 3, 4, 5]
