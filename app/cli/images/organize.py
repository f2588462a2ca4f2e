"""`flask images tag`, `trash` and `restore`: commands that organize images."""

import sys
from collections.abc import Callable, Sequence

import click
from flask.cli import with_appcontext

from app.blueprints.dependencies import deps
from app.cli.exit_codes import INCOMPLETE, describe
from app.errors import AppError
from app.models import object_keys
from app.models.tags import InvalidTags, comparable, normalize_tags


@click.command(short_help="Set or remove tags and the star of images.")
@click.argument("images", nargs=-1, required=True)
@click.option("--add", multiple=True, metavar="TAG", help="Add a tag; can be repeated.")
@click.option("--remove", multiple=True, metavar="TAG", help="Remove a tag; can be repeated.")
@click.option("--star/--no-star", "starred", default=None, help="Set or remove the star.")
@with_appcontext
def tag(
    images: tuple[str, ...], add: tuple[str, ...], remove: tuple[str, ...], starred: bool | None
) -> None:
    """Set or remove tags and the star of IMAGES (ids or filenames), and print them.

    The exit status is 0, 1 if some images could not be changed, and 2 if a tag is invalid.
    """
    if not (add or remove) and starred is None:
        raise click.UsageError("Say what to change: --add, --remove, --star or --no-star.")
    failed = 0
    for image_id in map(object_keys.id_of_name, images):
        try:
            before = deps().images.record(image_id).tags
            record = deps().organize(image_id, tags=_changed(before, add, remove), starred=starred)
        except AppError as error:
            failed += 1
            click.echo(f"{image_id}: {describe(error)}", err=True)
        else:
            star = "* " if record.starred else ""
            click.echo(f"{image_id}  {star}{', '.join(record.tags)}".rstrip())
    sys.exit(INCOMPLETE if failed else 0)


@click.command(short_help="Move images to the trash.")
@click.argument("images", nargs=-1, required=True)
@with_appcontext
def trash(images: tuple[str, ...]) -> None:
    """Move IMAGES (ids or filenames) to the trash, where they stay for TRASH_DAYS.

    The exit status is 0, or 1 if some images could not be moved.
    """
    if not deps().trash.period:
        raise click.UsageError("TRASH_DAYS is 0: there is no trash. Use `flask images delete`.")
    _move(images, deps().trash.delete, "in the trash")


@click.command(short_help="Return images from the trash.")
@click.argument("images", nargs=-1, required=True)
@with_appcontext
def restore(images: tuple[str, ...]) -> None:
    """Return IMAGES (ids or filenames) from the trash.

    The exit status is 0, or 1 if some images could not be restored.
    """
    _move(images, deps().trash.restore, "restored")


def _move(images: tuple[str, ...], move: Callable[[str], object], outcome: str) -> None:
    failed = 0
    for image_id in map(object_keys.id_of_name, images):
        try:
            move(image_id)
        except AppError as error:
            failed += 1
            click.echo(f"{image_id}: {describe(error)}", err=True)
        else:
            click.echo(f"{image_id} {outcome}")
    sys.exit(INCOMPLETE if failed else 0)


def _changed(
    before: Sequence[str], add: tuple[str, ...], remove: tuple[str, ...]
) -> tuple[str, ...]:
    try:
        removed = set(map(comparable, normalize_tags(remove)))
        kept = [each for each in before if comparable(each) not in removed]
        return normalize_tags([*kept, *add])
    except InvalidTags as error:
        raise click.UsageError(str(error)) from None
