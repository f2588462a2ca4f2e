"""Format the report of `flask images generate` as JSON and as text."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from app.usecases.generation.batch import BatchOutcome

_MAX_LISTED = 20


def as_object(outcomes: Sequence[BatchOutcome], *, stopped_by: str | None) -> dict[str, Any]:
    """Return the report as JSON-compatible values.

    Args:
        outcomes: the outcome of every prompt, in order.
        stopped_by: the message of the error that stopped the batch, or None.
    """
    charges = Counter(str(outcome.error.charged) for outcome in outcomes if outcome.error)
    records = [outcome.record for outcome in outcomes if outcome.record and not outcome.replayed]
    return {
        "prompts": len({outcome.item.number for outcome in outcomes}),
        "generated": len(records),
        "already_generated": sum(outcome.replayed for outcome in outcomes if outcome.record),
        "failed": sum(outcome.error is not None for outcome in outcomes),
        "not_started": sum(
            outcome.record is None and outcome.error is None for outcome in outcomes
        ),
        "possibly_charged_without_image": charges["yes"] + charges["unknown"],
        "of_unknown_cost": sum(record.cost_micros is None for record in records),
        "cost_usd": sum(outcome.cost_micros for outcome in outcomes) / 1e6,
        "stopped_by": stopped_by,
        "images": [
            {
                **_place(outcome),
                "id": outcome.record.id,
                "prompt": outcome.record.prompt,
            }
            for outcome in outcomes
            if outcome.record
        ],
        "failures": [
            {
                **_place(outcome),
                "code": outcome.error.code,
                "message": outcome.error.message,
                "charged": outcome.error.charged,
                "prompt": outcome.item.request.prompt,
            }
            for outcome in outcomes
            if outcome.error
        ],
    }


def _place(outcome: BatchOutcome) -> dict[str, Any]:
    """Return the number of the prompt, and the index and group of one of its candidates."""
    request = outcome.item.request
    place: dict[str, Any] = {"number": outcome.item.number}
    return place | ({"index": request.candidate, "group": request.group} if request.n > 1 else {})


def as_lines(report: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the report as text."""
    yield (
        f"{report['generated']} generated, {report['already_generated']} already generated, "
        f"{report['failed']} failed, {report['not_started']} not started; "
        f"cost ${report['cost_usd']:.4f}"
    )
    if report["of_unknown_cost"]:
        yield f"plus {report['of_unknown_cost']} images of unknown cost"
    for failure in report["failures"][:_MAX_LISTED]:
        candidate = f", candidate {failure['index']}" if "index" in failure else ""
        yield (
            f"prompt {failure['number']}{candidate}: {failure['code']}, "
            f"charged: {failure['charged']}. "
            f"{failure['message']}"
        )
    if len(report["failures"]) > _MAX_LISTED:
        yield f"and {len(report['failures']) - _MAX_LISTED} more failures"
    if report["stopped_by"]:
        yield f"Stopped: {report['stopped_by']}"
    if report["not_started"]:
        yield "Continue with --resume."
