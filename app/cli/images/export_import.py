"""`flask images export` and `import`: copies images to and from a folder."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app.blueprints.dependencies import deps
from app.blueprints.serializers import operator_fields
from app.cli.exit_codes import INCOMPLETE, describe, exit_on_error
from app.cli.images.import_folder import (
    MANIFEST,
    Entry,
    FolderRefused,
    has_manifest,
    path_inside,
    printable,
    read_entries,
    read_file,
)
from app.cli.images.list_show_delete import newest_records
from app.cli.params import find_owner, owner_option, query_option
from app.errors import AppError
from app.imaging import AUTOMATIC, CutoutOptions, UnusableImage
from app.models import Caller, ImageRecord, Original, ProcessedImage, object_keys
from app.models.prompts import fold
from app.usecases.images.import_image import ExportedImage

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
        for record in newest_records(None, words=fold(query), owner=caller.id or None):
            try:
                copied += _copy_files(record, folder, originals=originals)
            except (AppError, FolderRefused) as error:
                failed += 1
                problem = describe(error) if isinstance(error, AppError) else error
                click.echo(f"{record.id}: {problem}", err=True)
            else:
                line = json.dumps(_entry(record, originals=originals), ensure_ascii=False)
                lines.pop(record.id, None)
                lines[record.id] = line
        manifest = "".join(f"{line}\n" for line in lines.values())
        _write_atomically(folder / MANIFEST, manifest.encode())
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
                click.echo(f"{printable(name)}: {error}", err=True)
            else:
                imported += record is not None
                skipped += record is None
                result = record.id if record else "already there"
                click.echo(f"{printable(name)}: {result}", err=True)
    click.echo(f"{imported} images imported, {skipped} already there, {failed} failed.")
    sys.exit(INCOMPLETE if failed else 0)


def _copy_files(record: ImageRecord, folder: Path, *, originals: bool) -> int:
    """Copy files that are missing or differ in size; return their number."""
    files: dict[str, ProcessedImage | Original | None] = {
        object_keys.image_name(record.id): record.image
    }
    if originals and record.original:
        files[record.original.key] = record.original
    copied = 0
    for name, stored in files.items():
        path = path_inside(folder, name)
        if stored is None or (path.exists() and path.stat().st_size == stored.size_bytes):
            continue
        path.parent.mkdir(exist_ok=True)
        _write_atomically(path, deps().store.get(stored.key).data)
        copied += 1
    return copied


def _exported_lines(folder: Path) -> dict[str, str]:
    """Return the manifest's lines by image id, if the image exists."""
    lines = {}
    if has_manifest(folder):
        for _, line, entry in read_entries(folder):
            if isinstance(entry, Entry) and entry.id and _exists(folder, entry.file):
                lines[entry.id] = line
    return lines


def _exists(folder: Path, name: str) -> bool:
    try:
        return path_inside(folder, name).exists()
    except FolderRefused:
        return False


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
    """Yield each file's name with its image or with the problem found.

    Raises:
        FolderRefused: there is a manifest that can't be read.
    """
    if has_manifest(folder):
        for number, _, entry in read_entries(folder):
            line = f"{MANIFEST}, line {number}"
            if isinstance(entry, str):
                yield line, entry
            else:
                name = entry.original_file or entry.file
                yield f"{line}, {name}", _image_or_problem(folder, name, entry, caller)
        return
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in _SUFFIXES and not path.is_dir():
            words = " ".join(path.stem.replace("_", " ").replace("-", " ").split())
            entry = Entry(prompt=_valid_text(words)[:_MAX_PROMPT_LENGTH])
            yield path.name, _image_or_problem(folder, path.name, entry, caller)


def _image_or_problem(folder: Path, name: str, entry: Entry, caller: Caller) -> ExportedImage | str:
    try:
        data = read_file(folder, name)
    except FolderRefused as error:
        return error.problem
    return ExportedImage(
        data=data,
        prompt=entry.prompt,
        new_prompt=entry.new_prompt,
        image_id=entry.id,
        requested_at=entry.requested_at,
        created_at=entry.created_at,
        provider=entry.provider,
        model=entry.model,
        quality=entry.quality,
        size=entry.size,
        parent=entry.parent,
        options=_options_of(entry),
        caller=caller,
    )


def _options_of(entry: Entry) -> CutoutOptions:
    """Return the options to cut the file out with: none if it was exported without its original."""
    if not entry.original_file or not entry.cutout_options:
        return AUTOMATIC
    return CutoutOptions.from_document(entry.cutout_options)


def _valid_text(text: str) -> str:
    """Replace lone surrogates, which stand for undecodable bytes.

    Filenames can contain them.
    """
    return text.encode("utf-8", "replace").decode()
