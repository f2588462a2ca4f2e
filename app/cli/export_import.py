"""`flask images export|import`: images to a folder, and from one."""

import json
import os
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app.blueprints.dependencies import deps
from app.blueprints.serializers import operator_fields
from app.cli.exit_codes import exit_on_error
from app.cli.list_show_delete import newest
from app.cli.params import find_owner
from app.errors import AppError
from app.imaging import UnusableImage
from app.models import Caller, ImageRecord, Original, ProcessedImage, object_keys
from app.usecases.images.import_image import ExportedImage

MANIFEST = "manifest.jsonl"
_ENDINGS = {".jpg", *(f".{image_format}" for image_format in object_keys.IMAGE_FORMATS)}
_SOME_LEFT = 1
_MAX_PROMPT = 4000


@click.command("export", short_help="Copy images into a folder.")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--originals", is_flag=True, help="Copy the originals too, below originals/.")
@click.option("--q", "query", default="", help="Only prompts with these words.")
@click.option("--owner", default="", help="Only images of this API key, by name or id.")
@with_appcontext
def export(folder: Path, originals: bool, query: str, owner: str) -> None:
    """Copy images into FOLDER, with a line for each in manifest.jsonl.

    What is there already is not copied again, so an export that was cut off can be repeated.
    """
    caller, copied, missing = find_owner(owner), 0, 0
    with exit_on_error():
        folder.mkdir(parents=True, exist_ok=True)
        lines: dict[str, str] = _earlier(folder)
        for row in newest(None, query=query, owner=caller.id or None):
            try:
                copied += _copy(row, folder, originals=originals)
            except AppError as error:
                missing += 1
                click.echo(f"{row.id}: {error.message}", err=True)
            else:
                line = json.dumps(_entry(row, originals=originals), ensure_ascii=False)
                lines.pop(row.id, None)
                lines[row.id] = line
        _write(folder / MANIFEST, "".join(f"{line}\n" for line in lines.values()).encode())
    click.echo(f"{len(lines)} images in {folder}, {copied} files copied, {missing} not.")
    sys.exit(_SOME_LEFT if missing else 0)


@click.command("import", short_help="Take in images that were made elsewhere.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--owner", default="", help="The API key, by name or id, that will own them.")
@with_appcontext
def import_(folder: Path, owner: str) -> None:
    """Take in the images of FOLDER: PNG, WEBP and JPEG.

    Each is kept as it is and cut out, for nothing. If there is a manifest.jsonl, as of an export,
    it tells prompts, times and ids, and only what it names is taken in; else a file's name is its
    prompt. What is there already is passed over.
    """
    caller = find_owner(owner, active=True)
    taken = there = failed = 0
    with exit_on_error():
        for name, found in _found(folder, caller):
            try:
                if isinstance(found, str):
                    raise UnusableImage(found)
                row = deps().import_image(found)
            except (AppError, UnusableImage) as error:
                failed += 1
                click.echo(f"{name}: {error}", err=True)
            else:
                taken += row is not None
                there += row is None
                click.echo(f"{name}: {row.id if row else 'there already'}", err=True)
    click.echo(f"{taken} images taken in, {there} were there, {failed} failed.")
    sys.exit(_SOME_LEFT if failed else 0)


def _copy(row: ImageRecord, folder: Path, *, originals: bool) -> int:
    """Copy what isn't there in its right size; return how many files that was."""
    wanted: dict[Path, ProcessedImage | Original | None] = {
        folder / object_keys.image_name(row.id): row.image
    }
    if originals and row.original:
        wanted[folder / row.original.key] = row.original
    copied = 0
    for path, stored in wanted.items():
        if stored is None or (path.exists() and path.stat().st_size == stored.size_bytes):
            continue
        path.parent.mkdir(exist_ok=True)
        _write(path, deps().store.get(stored.key).data)
        copied += 1
    return copied


def _earlier(folder: Path) -> dict[str, str]:
    """Return the lines of an earlier export into this folder whose images are still there."""
    lines = {}
    if (folder / MANIFEST).exists():
        for line in (folder / MANIFEST).read_text(encoding="utf-8").splitlines():
            with suppress(ValueError, KeyError, TypeError):  # written by somebody else
                entry = json.loads(line)
                if _inside(folder, entry["file"]).exists():
                    lines[str(entry["id"])] = line
    return lines


def _write(path: Path, data: bytes) -> None:
    """Write all of it or nothing."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _entry(row: ImageRecord, *, originals: bool) -> dict[str, Any]:
    original = row.original.key if row.original and originals else None
    return operator_fields(row) | {
        "file": object_keys.image_name(row.id),
        "original_file": original,
    }


def _found(folder: Path, caller: Caller) -> Iterator[tuple[str, ExportedImage | str]]:
    """Yield each file with what is known of it, or with what is wrong with it."""
    manifest = folder / MANIFEST
    if not manifest.exists():
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() in _ENDINGS and path.is_file():
                words = " ".join(path.stem.replace("_", " ").replace("-", " ").split())
                prompt = _sound(words)[:_MAX_PROMPT]
                name = _sound(path.name)
                yield name, ExportedImage(data=path.read_bytes(), prompt=prompt, caller=caller)
        return
    for number, line in enumerate(manifest.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            entry = json.loads(line)
            name = entry.get("original_file") or entry["file"]
            yield name, _noted(entry, _inside(folder, name).read_bytes(), caller)
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
            yield f"{MANIFEST}, line {number}", f"can't be used: {type(error).__name__} {error}"


def _inside(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError("a file outside of the folder")
    return path


def _noted(entry: dict[str, Any], data: bytes, caller: Caller) -> ExportedImage:
    texts = {
        name: _sound(str(entry.get(name) or ""))[: _MAX_PROMPT * 4]
        for name in ("prompt", "new_prompt", "provider", "model", "quality", "size")
    }
    return ExportedImage(
        **texts,
        data=data,
        image_id=str(uuid.UUID(entry["id"])) if entry.get("id") else "",
        requested_at=_time(entry.get("requested_at")),
        created_at=_time(entry.get("created_at")),
        caller=caller,
    )


def _sound(text: str) -> str:
    """Return the text with what is no Unicode replaced, such as a file's name in Latin-1."""
    return text.encode("utf-8", "replace").decode()


def _time(text: str | None) -> datetime | None:
    """Read a time to the millisecond, which is what the records keep; without a zone it is UTC."""
    if not text:
        return None
    time = datetime.fromisoformat(text)
    time = time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
