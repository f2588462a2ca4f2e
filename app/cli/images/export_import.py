"""`flask images export` and `import`: copies images to and from a folder."""

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
from app.cli.exit_codes import INCOMPLETE, describe, exit_on_error
from app.cli.images.list_show_delete import newest_records
from app.cli.params import find_owner, owner_option, query_option
from app.cli.text_files import numbered_lines, read_text
from app.errors import AppError
from app.imaging import AUTOMATIC, CutoutOptions, UnusableImage
from app.models import Caller, ImageRecord, Original, ProcessedImage, object_keys
from app.usecases.images.import_image import ExportedImage

_MANIFEST = "manifest.jsonl"
_SUFFIXES = {".jpg", *(f".{image_format}" for image_format in object_keys.IMAGE_FORMATS)}
_MAX_PROMPT_LENGTH = 4000


@click.command("export", short_help="Copy images to a folder.")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--originals", is_flag=True, help="Also copy the originals, to originals/.")
@query_option()
@owner_option("Only images of this API key (name or id).")
@with_appcontext
def export(folder: Path, originals: bool, query: str, owner: str) -> None:
    """Copy images to FOLDER, with a line per image in manifest.jsonl.

    Existing files are not copied again, so an interrupted export can be repeated.

    The exit status is 0, 1 if some images could not be copied, and 2 if the export failed.
    """
    caller, copied, failed = find_owner(owner), 0, 0
    with exit_on_error():
        folder.mkdir(parents=True, exist_ok=True)
        lines: dict[str, str] = _exported_lines(folder)
        for record in newest_records(None, query=query, owner=caller.id or None):
            try:
                copied += _copy_files(record, folder, originals=originals)
            except AppError as error:
                failed += 1
                click.echo(f"{record.id}: {describe(error)}", err=True)
            else:
                line = json.dumps(_entry(record, originals=originals), ensure_ascii=False)
                lines.pop(record.id, None)
                lines[record.id] = line
        manifest = "".join(f"{line}\n" for line in lines.values())
        _write_atomically(folder / _MANIFEST, manifest.encode())
    click.echo(f"{len(lines)} images in {folder}, {copied} files copied, {failed} images failed.")
    sys.exit(INCOMPLETE if failed else 0)


@click.command("import", short_help="Import images from a folder.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@owner_option("API key (name or id) that will own the images.")
@with_appcontext
def import_(folder: Path, owner: str) -> None:
    """Import the PNG, WEBP and JPEG files of FOLDER, free of charge.

    Each file is stored as an original and cut out. If FOLDER contains the manifest.jsonl of an
    export, only the files that it lists are imported, with its prompts, times and ids. Otherwise
    the name of a file is its prompt. Images that were imported before are skipped.

    The exit status is 0, 1 if some images could not be imported, and 2 if the import failed.
    """
    caller = find_owner(owner, active=True)
    imported = skipped = failed = 0
    with exit_on_error():
        for name, image_or_problem in _files(folder, caller):
            try:
                if isinstance(image_or_problem, str):
                    raise UnusableImage(image_or_problem)
                record = deps().import_image(image_or_problem)
            except (AppError, UnusableImage) as error:
                failed += 1
                click.echo(f"{name}: {error}", err=True)
            else:
                imported += record is not None
                skipped += record is None
                click.echo(f"{name}: {record.id if record else 'already there'}", err=True)
    click.echo(f"{imported} images imported, {skipped} already there, {failed} failed.")
    sys.exit(INCOMPLETE if failed else 0)


def _copy_files(record: ImageRecord, folder: Path, *, originals: bool) -> int:
    """Copy files that are missing or differ in size; return their number."""
    files: dict[Path, ProcessedImage | Original | None] = {
        folder / object_keys.image_name(record.id): record.image
    }
    if originals and record.original:
        files[folder / record.original.key] = record.original
    copied = 0
    for path, stored in files.items():
        if stored is None or (path.exists() and path.stat().st_size == stored.size_bytes):
            continue
        path.parent.mkdir(exist_ok=True)
        _write_atomically(path, deps().store.get(stored.key).data)
        copied += 1
    return copied


def _exported_lines(folder: Path) -> dict[str, str]:
    """Return the manifest's lines by image id, if the image exists."""
    lines = {}
    if (folder / _MANIFEST).exists():
        for _, line in numbered_lines(read_text(folder / _MANIFEST)):
            with suppress(ValueError, KeyError, TypeError):  # a line that no export wrote
                entry = json.loads(line)
                if _path_inside(folder, entry["file"]).exists():
                    lines[str(entry["id"])] = line
    return lines


def _write_atomically(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _entry(record: ImageRecord, *, originals: bool) -> dict[str, Any]:
    original = record.original.key if record.original and originals else None
    return operator_fields(record) | {
        "file": object_keys.image_name(record.id),
        "original_file": original,
    }


def _files(folder: Path, caller: Caller) -> Iterator[tuple[str, ExportedImage | str]]:
    """Yield each file's name with its image or with the problem found."""
    manifest = folder / _MANIFEST
    if not manifest.exists():
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() in _SUFFIXES and path.is_file():
                words = " ".join(path.stem.replace("_", " ").replace("-", " ").split())
                prompt = _valid_text(words)[:_MAX_PROMPT_LENGTH]
                image = ExportedImage(data=path.read_bytes(), prompt=prompt, caller=caller)
                yield _valid_text(path.name), image
        return
    for number, line in numbered_lines(read_text(manifest)):
        try:
            entry = json.loads(line)
            name = entry.get("original_file") or entry["file"]
            yield name, _image_of(entry, _path_inside(folder, name).read_bytes(), caller)
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
            yield f"{_MANIFEST}, line {number}", f"invalid: {type(error).__name__} {error}"


def _path_inside(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError("the file is outside the folder")
    return path


def _image_of(entry: dict[str, Any], data: bytes, caller: Caller) -> ExportedImage:
    texts = {
        name: _valid_text(str(entry.get(name) or ""))[: _MAX_PROMPT_LENGTH * 4]
        for name in ("prompt", "new_prompt", "provider", "model", "quality", "size")
    }
    parent = str(entry.get("parent") or "")
    return ExportedImage(
        **texts,
        data=data,
        image_id=str(uuid.UUID(entry["id"])) if entry.get("id") else "",
        requested_at=_parse_time(entry.get("requested_at")),
        created_at=_parse_time(entry.get("created_at")),
        parent=str(uuid.UUID(object_keys.id_of_name(parent))) if parent else "",
        options=_options_of(entry),
        caller=caller,
    )


def _options_of(entry: dict[str, Any]) -> CutoutOptions:
    """Return the options to cut the file out with: none if it was exported without its original."""
    document = entry.get("cutout_options")
    if not entry.get("original_file") or not isinstance(document, dict):
        return AUTOMATIC
    return CutoutOptions.from_document(document)


def _valid_text(text: str) -> str:
    """Replace lone surrogates, which stand for undecodable bytes.

    Filenames can contain them.
    """
    return text.encode("utf-8", "replace").decode()


def _parse_time(text: str | None) -> datetime | None:
    """Parse an ISO 8601 time, UTC by default; truncate to milliseconds."""
    if not text:
        return None
    time = datetime.fromisoformat(text)
    time = time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
