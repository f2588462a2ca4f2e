"""How a batch ended, for people and for programs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from app.usecases.generation.batch import BatchOutcome

_SHOWN = 20


def as_object(outcomes: Sequence[BatchOutcome], *, reason: str | None) -> dict[str, Any]:
    """Return how a batch ended, as plain values."""
    charges = Counter(str(one.error.charged) for one in outcomes if one.error)
    return {
        "rows": len(outcomes),
        "drawn": sum(one.record is not None and not one.replayed for one in outcomes),
        "drawn_before": sum(one.record is not None and one.replayed for one in outcomes),
        "failed": sum(one.error is not None for one in outcomes),
        "left": sum(one.record is None and one.error is None for one in outcomes),
        "perhaps_paid_without_image": charges["yes"] + charges["unknown"],
        "of_unknown_cost": sum(
            one.record is not None and one.record.cost_micros is None and not one.replayed
            for one in outcomes
        ),
        "cost_usd": sum(one.cost_micros for one in outcomes) / 1e6,
        "stopped_by": reason,
        "images": [
            {"row": one.item.number, "id": one.record.id, "prompt": one.record.prompt}
            for one in outcomes
            if one.record
        ],
        "failures": [
            {
                "row": one.item.number,
                "code": one.error.code,
                "message": one.error.message,
                "charged": one.error.charged,
                "prompt": one.item.request.prompt,
            }
            for one in outcomes
            if one.error
        ],
    }


def as_lines(report: dict[str, Any]) -> Iterator[str]:
    """Yield the report as text for people."""
    yield f"{report['drawn']} drawn, {report['drawn_before']} drawn before, " + (
        f"{report['failed']} failed, {report['left']} not begun; ${report['cost_usd']:.4f}"
    )
    if report["of_unknown_cost"]:
        yield f"and {report['of_unknown_cost']} images of unknown cost"
    for failure in report["failures"][:_SHOWN]:
        yield (
            f"row {failure['row']}: {failure['code']}, charged: {failure['charged']}. "
            + (failure["message"])
        )
    if len(report["failures"]) > _SHOWN:
        yield f"and {len(report['failures']) - _SHOWN} more"
    if report["stopped_by"]:
        yield f"Stopped: {report['stopped_by']}"
    if report["left"]:
        yield "Go on with --resume."
