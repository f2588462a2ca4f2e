"""`flask images list|show|delete`: what there is, and away with it."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace

import click
from flask.cli import with_appcontext

from app.blueprints.dependencies import deps
from app.blueprints.serializers import operator_fields
from app.cli.exit_codes import exit_on_error
from app.cli.params import find_owner
from app.errors import AppError, ImageNotFound
from app.models import ImageRecord, PageQuery, object_keys
from app.models.prompts import fold

_PAGE = 100
_SOME_LEFT = 1


@click.command("list", short_help="List images, the newest first.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@click.option("--q", "query", default="", help="Words that the prompts have to contain.")
@click.option("--owner", default="", help="Only images of this API key, by name or id.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object a line.")
@with_appcontext
def list_(limit: int, query: str, owner: str, as_json: bool) -> None:
    """List images, the newest first: id, time, cost, model and prompt."""
    caller = find_owner(owner)
    with exit_on_error():
        for row in newest(limit, query=query, owner=caller.id or None):
            click.echo(json.dumps(operator_fields(row)) if as_json else _line(row))


@click.command(short_help="Tell all that is known of an image.")
@click.argument("image_id")
@with_appcontext
def show(image_id: str) -> None:
    """Tell all that is known of the image of this id, as JSON."""
    with exit_on_error():
        click.echo(
            json.dumps(
                operator_fields(deps().images.record(object_keys.id_of_name(image_id))), indent=2
            )
        )


@click.command(short_help="Delete images, originals included.")
@click.argument("image_ids", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Don't ask.")
@with_appcontext
def delete(image_ids: tuple[str, ...], yes: bool) -> None:
    """Delete images with their originals and rows. They can't be brought back."""
    if not yes:
        click.confirm(f"Delete {len(image_ids)} images for good?", abort=True, err=True)
    missing = 0
    for image_id in map(object_keys.id_of_name, image_ids):
        try:
            deps().images.delete(image_id)
        except ImageNotFound:
            missing += 1
            click.echo(f"{image_id}: there is no such image", err=True)
        except AppError as error:
            missing += 1
            click.echo(f"{image_id}: {error.message} ({error})", err=True)
        else:
            click.echo(f"{image_id} deleted")
    sys.exit(_SOME_LEFT if missing else 0)


def newest(
    limit: int | None, *, query: str = "", owner: str | None = None
) -> Iterator[ImageRecord]:
    """Yield rows of ready images, the newest first; all of them if `limit` is None."""
    left = sys.maxsize if limit is None else limit
    page_query = PageQuery(limit=min(left, _PAGE), words=fold(query), owner=owner)
    while left > 0:
        page = deps().images.page(page_query)
        yield from page.records
        if page.end is None:
            return
        left -= len(page.records)
        page_query = replace(page_query, limit=min(left, _PAGE), after=page.end)


def _line(row: ImageRecord) -> str:
    cost = "-" if row.cost_micros is None else f"${row.cost_micros / 1e6:.4f}"
    when = (row.created_at or row.requested_at).strftime("%Y-%m-%d %H:%M")
    return f"{row.id}  {when}  {cost:>8}  {row.model or row.provider}  {row.prompt!r}"
