"""`flask images generate`: generates batches of images."""

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
from app.cli.exit_codes import FAILED, INCOMPLETE, exit_on_error, fail
from app.cli.images.batch.prompt_files import (
    PromptFileError,
    parse_request,
    problems_in,
    read_prompt_file,
)
from app.cli.images.batch.report import as_lines, as_object
from app.cli.params import find_owner, owner_option
from app.models import ImageRecord, ImageRequest
from app.models.image_request import MAX_CANDIDATES
from app.usecases.generation.batch import (
    Batch,
    BatchItem,
    BatchOutcome,
    batch_items,
    with_groups,
)

_MAX_CONCURRENCY = 32
_SIGINT_STATUS = 130


@click.command(short_help="Generate an image for each prompt, but none twice.")
@click.argument("prompts", nargs=-1)
@click.option(
    "--file",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read prompts from a .txt file (one per line), .csv file (with a header) or .jsonl file.",
)
@click.option(
    "--name", default="", show_default="the file's name", help="Name of the batch, for --resume."
)
@click.option("--resume", is_flag=True, help="Continue a batch: generate the missing images.")
@click.option(
    "--concurrency",
    type=click.IntRange(1, _MAX_CONCURRENCY),
    default=4,
    show_default=True,
    help="Number of images to generate at the same time.",
)
@click.option("--enhance", is_flag=True, help="Let the text model enrich PROMPTS.")
@click.option(
    "--quality", show_default="OPENAI_IMAGE_QUALITY", help="Quality of the images of PROMPTS."
)
@click.option(
    "--size",
    metavar="WIDTHxHEIGHT",
    show_default="1024x1024",
    help="Size of the originals of PROMPTS, in pixels.",
)
@click.option(
    "--n",
    type=click.IntRange(1, MAX_CANDIDATES),
    show_default="1",
    help="Number of candidates for each of PROMPTS.",
)
@owner_option("API key (name or id) that will own the images.")
@click.option("--dry-run", is_flag=True, help="Print the maximum cost without generating anything.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
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
    """Generate an image for each of PROMPTS, or for each prompt in a file.

    A batch that was interrupted (by Ctrl-C, a crash or an exhausted budget) continues with
    --resume. Each prompt has an idempotency key, derived from the name of the batch and the prompt,
    so no image is generated or paid for twice within IDEMPOTENCY_TTL_DAYS. Ctrl-C waits for the
    images that are being generated.

    The exit status is 0 if every prompt has its image, 1 if not, and 2 if nothing was started.
    """
    requests = _requests(prompts, file, fields)
    if dry_run:
        _print_estimate(requests, as_json=as_json)
        return
    caller = find_owner(owner, active=True)
    if not name:
        name = file.name if file else secrets.token_hex(8)
    items = batch_items(name, requests, caller)
    items = with_groups(items, _started(items, resume=resume))
    batch = Batch(deps().generate, caller=caller, concurrency=concurrency)
    with _stop_on_interrupt(batch.stop):
        outcomes = sorted(
            _with_progress(batch.run(items), len(items)),
            key=lambda outcome: (outcome.item.number, outcome.item.request.candidate),
        )
    report = as_object(outcomes, stopped_by=batch.stopped_by.message if batch.stopped_by else None)
    for line in [json.dumps(report)] if as_json else as_lines(report):
        click.echo(line)
    sys.exit(INCOMPLETE if report["failed"] or report["not_started"] else 0)


def _requests(
    prompts: Sequence[str], file: Path | None, fields: dict[str, Any]
) -> list[ImageRequest]:
    options = {name: value for name, value in fields.items() if value}
    if bool(prompts) == bool(file):
        raise click.UsageError("Give either PROMPTS or --file.")
    if file and options:
        raise click.UsageError(
            "--enhance, --quality, --size and --n are for PROMPTS only. Set them in the file."
        )
    try:
        if file:
            return read_prompt_file(file)
        return [parse_request({"prompt": prompt, **options}) for prompt in prompts]
    except PromptFileError as error:
        problems = error.problems
    except ValueError as error:
        problems = problems_in(error)
    for problem in problems:
        click.echo(f"Error: {problem}", err=True)
    sys.exit(FAILED)


def _started(items: Sequence[BatchItem], *, resume: bool) -> dict[str, ImageRecord]:
    """Return the records of items that were started before, by claim.

    Exit if a started batch lacks --resume, or a new one has it.
    """
    with exit_on_error():
        found = {item.claim: deps().generate.idempotency.find(item.claim) for item in items}
    started = {claim: record for claim, record in found.items() if record}
    if started and not resume:
        fail(
            f"{len(started)} of these {len(items)} images were started before. Continue with "
            "--resume, or generate all of them again with another --name."
        )
    if resume and not started:
        fail(
            "There is nothing to resume: no prompt of this batch was started before. Check --name "
            "and the file, or start the batch without --resume."
        )
    return started


@contextmanager
def _stop_on_interrupt(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` at the first Ctrl-C; exit immediately at the second."""

    def on_interrupt(_: int, __: FrameType | None) -> None:
        if interrupted.is_set():
            os._exit(_SIGINT_STATUS)
        interrupted.set()
        stop()
        click.echo(
            "\nStopping after the images that are being generated. "
            "Press Ctrl-C again to exit immediately.",
            err=True,
        )

    interrupted = threading.Event()
    previous = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _with_progress(outcomes: Iterable[BatchOutcome], total: int) -> Iterator[BatchOutcome]:
    """Print progress on standard error: a bar, or a line per image."""
    failed = micros = 0

    def totals(_: object) -> str:
        return f"{failed} failed, ${micros / 1e6:.4f}"

    if not sys.stderr.isatty():
        for count, outcome in enumerate(outcomes, start=1):
            click.echo(f"{count}/{total} {_summary(outcome)}", err=True)
            yield outcome
        return
    with click.progressbar(
        length=total, file=sys.stderr, label="Images", item_show_func=totals
    ) as bar:
        for outcome in outcomes:
            failed += outcome.error is not None
            micros += outcome.cost_micros
            bar.update(1, outcome)
            yield outcome


def _summary(outcome: BatchOutcome) -> str:
    if outcome.record:
        return f"{outcome.record.id}{' (already generated)' if outcome.replayed else ''}"
    return outcome.error.code if outcome.error else "not started"


def _print_estimate(requests: Sequence[ImageRequest], *, as_json: bool) -> None:
    costs = [deps().estimates.estimate(request).estimate_micros for request in requests]
    images = sum(request.n for request in requests)
    known = [micros for micros in costs if micros is not None]
    dollars = sum(known) / 1e6 if len(known) == len(costs) else None
    if as_json:
        click.echo(json.dumps({"prompts": len(requests), "estimate_usd": dollars}))
    elif dollars is None:
        click.echo(f"{images} images; the price of the model is unknown. Set it in OPENAI_PRICES.")
    else:
        click.echo(f"{images} images for at most ${dollars:.4f}.")
