"""`flask images upload`: stores single files as the API does."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app.blueprints.dependencies import deps
from app.blueprints.schemas.uploads import UploadBody
from app.cli.exit_codes import INCOMPLETE
from app.cli.images.cutout_options import cutout_options, validated
from app.cli.images.import_folder import printable
from app.cli.params import find_owner, owner_option
from app.errors import AppError
from app.models import Caller


@click.command(short_help="Store images made elsewhere.")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--prompt", help="What the images show.")
@cutout_options
@owner_option("API key (name or id) that will own the images.")
@with_appcontext
def upload(*, files: tuple[Path, ...], owner: str, mask: Path | None, **fields: Any) -> None:
    """Store and cut out FILES, which are PNG, WEBP or JPEG images, as `POST /images` does.

    It costs nothing. The same file of the same owner is stored once, so the command can be
    repeated. Use `import` for a folder with prompts and ids of its own.

    The exit status is 0, 1 if some files could not be stored, and 2 if nothing was done.
    """
    caller = find_owner(owner, active=True)
    validated(UploadBody, {**fields, "file": b""})
    stored = failed = 0
    for path in files:
        try:
            created, result = _store(path, mask, fields, caller)
        except (AppError, OSError) as error:
            failed += 1
            problem = error.message if isinstance(error, AppError) else f"{error.strerror}."
            click.echo(f"{printable(str(path))}: {problem}", err=True)
        else:
            stored += created
            click.echo(f"{printable(str(path))}: {result}")
    there = len(files) - stored - failed
    click.echo(f"{stored} stored, {there} already there, {failed} failed.")
    sys.exit(INCOMPLETE if failed else 0)


def _store(
    path: Path, mask: Path | None, fields: dict[str, Any], caller: Caller
) -> tuple[bool, str]:
    """Store a file; return whether it is new, and its id.

    Raises:
        AppError: it can't be stored.
        OSError: it can't be read.
    """
    limits = deps().upload_limits
    with ExitStack() as opened:
        file = opened.enter_context(path.open("rb"))
        if path.stat().st_size > limits.max_file_bytes:
            raise limits.too_large()
        mask_file = opened.enter_context(mask.open("rb")) if mask else None
        body = validated(UploadBody, {**fields, "file": file, "mask": mask_file})
        result = deps().upload_image(body.request(caller))
    return result.created, result.record.id
