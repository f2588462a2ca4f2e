"""The folder of `flask images import`, whose files anyone may have written.

Only regular files inside the folder are opened, never links out of it, pipes or devices. Files and
lines are bounded, so that nothing in the folder stops the import: each problem is reported with its
file and line.
"""

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BufferedReader
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import click
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError

from app.cli.exit_codes import FAILED
from app.cli.images.batch.prompt_files import problems_in
from app.http.json_provider import loads_strict
from app.models import object_keys

MANIFEST = "manifest.jsonl"

_MAX_FILE_BYTES = 64 * 1024 * 1024  # as of a provider's response; no usable image is larger
_MAX_LINE_BYTES = 1024 * 1024  # an entry with the largest mask has a fifth of that
_MAX_TEXT_CHARS = 16_000
_OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK_TOLERANCE = timedelta(days=1)


class FolderRefused(click.ClickException):
    """A file is not read; the message says which and why. Ends a command that doesn't catch it."""

    exit_code = FAILED

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{printable(name)}: {problem}")
        self.problem = problem


def printable(text: str) -> str:
    """Replace what a terminal can't show or may obey, such as escape sequences in a file name."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _to_time(text: object) -> datetime | None:
    """Parse an ISO 8601 time, UTC by default; truncate to milliseconds."""
    if text is None or text == "":
        return None
    if not isinstance(text, str):
        raise ValueError("Must be a time such as 2026-01-31T12:00:00Z.")  # noqa: TRY004 - reason: pydantic reports ValueErrors
    time = datetime.fromisoformat(text)
    time = time.replace(tzinfo=time.tzinfo or UTC)
    if not _EARLIEST <= time <= datetime.now(UTC) + _CLOCK_TOLERANCE:
        raise ValueError("Must be after 1969 and not in the future.")
    time = time.astimezone(UTC)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def _to_id(name: str) -> str:
    """Return the image id of a file name or id, in its canonical form."""
    return str(UUID(object_keys.id_of_name(name))) if name else ""


def _nothing_is_empty(text: object) -> object:
    return "" if text is None else text


_Text = Annotated[str, BeforeValidator(_nothing_is_empty), Field(max_length=_MAX_TEXT_CHARS)]
_Name = Annotated[
    str, BeforeValidator(_nothing_is_empty), Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]
_Size = Annotated[
    str, BeforeValidator(_nothing_is_empty), Field(pattern=r"^([1-9]\d{0,4}x[1-9]\d{0,4})?$")
]
_Id = Annotated[str, BeforeValidator(_nothing_is_empty), AfterValidator(_to_id)]
_Time = Annotated[datetime | None, BeforeValidator(_to_time)]


class Entry(BaseModel):
    """A line of a manifest: an image's file and metadata. Other fields are ignored."""

    file: _Name = ""
    original_file: _Name = ""
    id: _Id = ""
    prompt: _Text = ""
    new_prompt: _Text = ""
    provider: _Name = ""
    model: _Name = ""
    quality: _Name = ""
    size: _Size = ""
    requested_at: _Time = None
    created_at: _Time = None
    parent: _Id = ""
    cutout_options: dict[str, Any] | None = None


def has_manifest(folder: Path) -> bool:
    """Return whether the folder is an export, even one whose manifest can't be read."""
    return os.path.lexists(folder / MANIFEST)


def read_entries(folder: Path) -> Iterator[tuple[int, str, Entry | str]]:
    """Yield number, text and entry, or problem, of each line of the manifest.

    Raises:
        FolderRefused: the manifest can't be read.
    """
    with _open_inside(folder, MANIFEST) as file:
        if file.peek(2)[:2] in _UTF_16_MARKS:
            raise FolderRefused(MANIFEST, "the text is UTF-16. Save it as UTF-8.")
        number = 0
        while line := file.readline(_MAX_LINE_BYTES):
            number += 1
            is_whole = line.endswith(b"\n") or len(line) < _MAX_LINE_BYTES
            if not is_whole:
                _skip_line(file)
                yield number, "", f"The line is longer than {_MAX_LINE_BYTES} bytes."
            elif line.strip():
                yield number, line.decode("utf-8-sig", "replace").rstrip("\r\n"), _parse(line)


def read_file(folder: Path, name: str) -> bytes:
    """Return the content of a regular file inside the folder.

    Raises:
        FolderRefused: it is no regular file, outside the folder, too large, or unreadable.
    """
    with _open_inside(folder, name) as file:
        if os.fstat(file.fileno()).st_size > _MAX_FILE_BYTES:
            raise FolderRefused(name, f"larger than {_MAX_FILE_BYTES // 1024**2} MiB.")
        return file.read(_MAX_FILE_BYTES)


def path_inside(folder: Path, name: str) -> Path:
    """Return the path of a file in the folder, with links resolved.

    Raises:
        FolderRefused: the path leads out of the folder, or can't be resolved.
    """
    try:
        path = (folder / name).resolve()
        is_inside = path.is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # too long, a loop of links, a NUL
        raise FolderRefused(name, "not a valid path.") from None
    if not is_inside:
        raise FolderRefused(name, "outside the folder.")
    return path


def _open_inside(folder: Path, name: str) -> BufferedReader:
    try:
        descriptor = os.open(path_inside(folder, name), _OPEN_FLAGS)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise FolderRefused(name, "not a regular file.")
        return os.fdopen(descriptor, "rb")
    except OSError as error:
        raise FolderRefused(name, f"{error.strerror}.") from None


def _skip_line(file: BufferedReader) -> None:
    while (rest := file.readline(_MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
        pass


def _parse(line: bytes) -> Entry | str:
    """Return a line's entry, or its problems."""
    try:
        document = loads_strict(line)
    except ValueError as error:
        return f"The line is not valid JSON in UTF-8: {getattr(error, 'msg', error)}."
    try:
        entry = Entry.model_validate(document)
    except ValidationError as error:
        return " ".join(problems_in(error))
    return entry if entry.file or entry.original_file else "file: Required."
