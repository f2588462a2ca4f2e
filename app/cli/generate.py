"""`flask images generate`: draws many images from the command line."""

import json
import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import click
from flask.cli import with_appcontext

from app.blueprints.dependencies import deps
from app.cli import prompt_files
from app.cli.batch_report import as_lines, as_object
from app.cli.exit_codes import FAILED, exit_on_error
from app.cli.params import find_owner
from app.models import ImageRequest
from app.usecases.generation.batch import Batch, BatchItem, BatchOutcome, batch_items

_SOME_LEFT, _UNUSABLE = 1, FAILED
_MAX_AT_ONCE = 32


@click.command(short_help="Draw images, one for each prompt, and none of them twice.")
@click.argument("prompts", nargs=-1)
@click.option(
    "--file",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Prompts: a .txt with one a line, a .csv with a header, or a .jsonl.",
)
@click.option("--name", default="", help="The batch's name; by default that of the file.")
@click.option("--resume", is_flag=True, help="Go on with this batch: draw what is not drawn yet.")
@click.option("--concurrency", type=click.IntRange(1, _MAX_AT_ONCE), default=4, show_default=True)
@click.option("--enhance", is_flag=True, help="Of PROMPTS: let the text model enrich them.")
@click.option("--quality", help="Of PROMPTS; by default the server's setting.")
@click.option("--size", help="Of PROMPTS; by default 1024x1024.")
@click.option("--owner", default="", help="The API key, by name or id, that will own the images.")
@click.option("--dry-run", is_flag=True, help="Only tell what it costs at most; pay nothing.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
@with_appcontext
def generate(
    *,
    prompts: tuple[str, ...],
    file: Path | None,
    name: str,
    resume: bool,
    concurrency: int,
    owner: str,
    dry_run: bool,
    as_json: bool,
    **fields: Any,
) -> None:
    """Draw an image for each of PROMPTS, or for each prompt of a file.

    Each row has a key that derives from the batch's name and from its text. So a batch that was cut
    off, by Ctrl-C, a crash or a budget, goes on with --resume, and nothing is drawn or paid for
    twice. Keys are remembered for IDEMPOTENCY_TTL_DAYS. Ctrl-C lets what is being drawn end.

    Exit status: 0 if each row has its image, 1 if not, 2 if nothing could be begun.
    """
    wishes = _wishes(prompts, file, fields)
    if dry_run:
        _report_estimate(wishes, as_json=as_json)
        return
    caller = find_owner(owner, active=True)
    if not name:
        name = file.name if file else secrets.token_hex(8)
    rows = batch_items(name, wishes, caller)
    _refuse_unless_meant(rows, resume=resume)
    batch = Batch(deps().generate, caller=caller, concurrency=concurrency)
    with _interrupts(batch.stop):
        outcomes = sorted(_watched(batch.run(rows), len(rows)), key=lambda one: one.item.number)
    report = as_object(outcomes, reason=batch.stopped_by.message if batch.stopped_by else None)
    for line in [json.dumps(report)] if as_json else as_lines(report):
        click.echo(line)
    sys.exit(_SOME_LEFT if report["failed"] or report["left"] else 0)


def _wishes(
    prompts: Sequence[str], file: Path | None, fields: dict[str, Any]
) -> list[ImageRequest]:
    given = {name: value for name, value in fields.items() if value}
    if bool(prompts) == bool(file) or (file and given):
        raise click.UsageError("Give prompts, with --enhance, --quality, --size; or --file alone.")
    try:
        if file:
            return prompt_files.read_prompt_file(file)
        return [prompt_files.parse_request({"prompt": prompt, **given}) for prompt in prompts]
    except prompt_files.PromptFileError as error:
        problems = error.problems
    except ValueError as error:
        problems = prompt_files.problems_in(error)
    for problem in problems:
        click.echo(problem, err=True)
    sys.exit(_UNUSABLE)


def _refuse_unless_meant(rows: Sequence[BatchItem], *, resume: bool) -> None:
    """Draw nothing by surprise: neither a file again, nor all of it where a part was expected."""
    with exit_on_error():
        begun = sum(deps().generate.idempotency.knows(row.claim) for row in rows)
    if begun and not resume:
        click.echo(
            f"{begun} of these {len(rows)} rows were begun before. Go on with --resume, or draw "
            "all of them again under another --name.",
            err=True,
        )
        sys.exit(_UNUSABLE)
    if resume and not begun:
        click.echo(
            "Nothing of this batch is known, so all of it would be drawn: begin it "
            "without --resume.",
            err=True,
        )
        sys.exit(_UNUSABLE)


@contextmanager
def _interrupts(stop: Callable[[], None]) -> Iterator[None]:
    """Stop at the first Ctrl-C, once what is being drawn has ended; leave at the second."""

    def on_interrupt(_: int, __: FrameType | None) -> None:
        if asked.is_set():
            os._exit(130)
        asked.set()
        stop()
        click.echo(
            "\nStopping: what is being drawn ends first. Ctrl-C again leaves at once.", err=True
        )

    asked = threading.Event()
    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _watched(outcomes: Iterable[BatchOutcome], total: int) -> Iterator[BatchOutcome]:
    """Show how far it is, on standard error: a bar at a terminal, else a line an image."""
    failed = micros = 0

    def so_far(_: object) -> str:
        return f"{failed} failed, ${micros / 1e6:.4f}"

    if not sys.stderr.isatty():
        for count, outcome in enumerate(outcomes, start=1):
            click.echo(f"{count}/{total} {_line(outcome)}", err=True)
            yield outcome
        return
    with click.progressbar(
        length=total, file=sys.stderr, label="Images", item_show_func=so_far
    ) as bar:
        for outcome in outcomes:
            failed += outcome.error is not None
            micros += outcome.cost_micros
            bar.update(1, outcome)
            yield outcome


def _line(outcome: BatchOutcome) -> str:
    if outcome.record:
        return f"{outcome.record.id}{' (drawn before)' if outcome.replayed else ''}"
    return outcome.error.code if outcome.error else "not begun"


def _report_estimate(wishes: Sequence[ImageRequest], *, as_json: bool) -> None:
    most = [deps().estimates.max_cost(wish)[1] for wish in wishes]
    known = [micros for micros in most if micros is not None]
    dollars = sum(known) / 1e6 if len(known) == len(most) else None
    if as_json:
        click.echo(json.dumps({"rows": len(wishes), "estimate_usd": dollars}))
    elif dollars is None:
        click.echo(f"{len(wishes)} images; the model's price is not known (OPENAI_PRICES).")
    else:
        click.echo(f"{len(wishes)} images for ${dollars:.4f} at most.")
