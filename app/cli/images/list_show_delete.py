"""`flask images list`, `show` and `delete`: commands for stored images."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import click
from flask.cli import with_appcontext

from app.blueprints.dependencies import deps
from app.blueprints.serializers import operator_fields
from app.cli.exit_codes import INCOMPLETE, describe, exit_on_error
from app.cli.params import find_owner, owner_option, query_option
from app.errors import AppError
from app.models import ImageRecord, PageQuery, object_keys
from app.models.images import VERDICTS
from app.models.prompts import fold

_PAGE_SIZE = 100


@click.command("list", short_help="List images, newest first.")
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="Maximum number of images.",
)
@query_option()
@owner_option("Only images of this API key (name or id).")
@click.option("--verdict", type=click.Choice(VERDICTS), help="Only images with this verdict.")
@click.option("--trashed", is_flag=True, help="The images in the trash instead of the others.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object per line.")
@with_appcontext
def list_(
    *, limit: int, query: str, owner: str, verdict: str | None, trashed: bool, as_json: bool
) -> None:
    """List images, newest first, with id, time, cost, model and prompt."""
    filters = {
        "words": fold(query),
        "owner": find_owner(owner).id or None,
        "verdict": verdict or "",
        "trashed": trashed,
    }
    with exit_on_error():
        for record in newest_records(limit, **filters):
            click.echo(json.dumps(operator_fields(record)) if as_json else _line(record))


@click.command(short_help="Print the record of an image as JSON.")
@click.argument("image")
@click.option("--areas", is_flag=True, help="Print a table of the enclosed areas instead.")
@with_appcontext
def show(image: str, areas: bool) -> None:
    """Print the record of IMAGE (id or filename) as JSON."""
    with exit_on_error():
        record = deps().images.record(object_keys.id_of_name(image))
        if not areas:
            click.echo(json.dumps(operator_fields(record), indent=2))
            return
        for line in _area_lines(record):
            click.echo(line)


@click.command(short_help="Delete images and their originals permanently.")
@click.argument("images", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Delete without confirmation.")
@with_appcontext
def delete(images: tuple[str, ...], yes: bool) -> None:
    """Delete IMAGES (ids or filenames) and their originals permanently.

    The exit status is 0, or 1 if some images could not be deleted.
    """
    if not yes:
        click.confirm(f"Delete {len(images)} images permanently?", abort=True, err=True)
    failed = 0
    for image_id in map(object_keys.id_of_name, images):
        try:
            deps().images.delete(image_id)
        except AppError as error:
            failed += 1
            click.echo(f"{image_id}: {describe(error)}", err=True)
        else:
            click.echo(f"{image_id} deleted")
    sys.exit(INCOMPLETE if failed else 0)


def newest_records(limit: int | None, **filters: Any) -> Iterator[ImageRecord]:
    """Yield the records of a list, newest first.

    Args:
        limit: how many; None for all.
        filters: fields of PageQuery.
    """
    left = sys.maxsize if limit is None else limit
    page_query = PageQuery(limit=min(left, _PAGE_SIZE), **filters)
    while left > 0:
        page = deps().images.page(page_query)
        yield from page.records
        if page.end is None:
            return
        left -= len(page.records)
        page_query = replace(page_query, limit=min(left, _PAGE_SIZE), after=page.end)


def _area_lines(record: ImageRecord) -> Iterator[str]:
    """Yield a table of the areas in the report: number, decision and where to find them."""
    areas = record.image.report.get("areas", []) if record.image else []
    if not areas:
        yield "The report lists no enclosed areas."
        return
    yield "area  decision  chance of subject  share of subject  center"
    for area in areas:
        x, y = area["center"]
        yield (
            f"{area['number']:>4}  {area['decision']:<8}  {area['chance']:>17.1%}"
            f"  {area['share']:>16.2%}  {x:.0%} right, {y:.0%} down"
        )


def _line(record: ImageRecord) -> str:
    cost = "-" if record.cost_micros is None else f"${record.cost_micros / 1e6:.4f}"
    when = (record.created_at or record.requested_at).strftime("%Y-%m-%d %H:%M")
    return f"{record.id}  {when}  {cost:>8}  {record.model or record.provider}  {record.prompt!r}"
