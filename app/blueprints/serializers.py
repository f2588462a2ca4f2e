"""Turns rows into answers."""

from datetime import date
from typing import Any

from flask import request

from app.blueprints.dependencies import Dependencies
from app.blueprints.pagination import encode_cursor
from app.blueprints.schemas.images import (
    DryRunResponse,
    ImageResponse,
    ListQuery,
    UpstreamRequestResponse,
)
from app.blueprints.schemas.usage import BudgetResponse, DayUsageResponse, UsageResponse
from app.models import (
    BudgetState,
    CostEstimate,
    ImageRecord,
    Original,
    Page,
    Spending,
    UsageReport,
    object_keys,
)

_MICROS = 1_000_000


def image_answer(generation: ImageRecord, deps: Dependencies) -> ImageResponse:
    """Answer with one image."""
    return ImageResponse(**image(generation, deps, _base_url(deps)))


def dry_run_answer(rehearsal: CostEstimate) -> DryRunResponse:
    """Answer with what a generation would cost and send."""
    requests = [
        UpstreamRequestResponse(method=one.method, path=one.path, body=one.body)
        for one in rehearsal.requests
    ]
    return DryRunResponse(estimate_usd=_dollars(rehearsal.estimate_micros), requests=requests)


def usage_answer(account: str | None, statement: UsageReport) -> UsageResponse:
    """Answer with what an account spent."""
    return UsageResponse(
        account=account,
        budget=_budget(statement.budget) if statement.budget else None,
        days=[_day(day, spent) for day, spent in statement.days.items()],
        cost_usd=sum(spent.micros for spent in statement.days.values()) / _MICROS,
    )


def _day(day: str, spent: Spending) -> DayUsageResponse:
    return DayUsageResponse(
        date=date.fromisoformat(day),
        cost_usd=spent.micros / _MICROS,
        images=spent.images,
        images_of_unknown_cost=spent.images_of_unknown_cost,
    )


def _budget(state: BudgetState) -> BudgetResponse:
    limit, spent = state.budget.micros, state.spent_micros
    return BudgetResponse(
        limit_usd=limit / _MICROS,
        period=state.budget.period,
        spent_usd=spent / _MICROS,
        remaining_usd=max(limit - spent, 0) / _MICROS,
        resets_at=state.resets_at,
    )


def _dollars(micros: int | None) -> float | None:
    return None if micros is None else micros / _MICROS


def list_answer(page: Page, query: ListQuery, deps: Dependencies) -> dict[str, Any]:
    """Answer with a page of images, as a ListResponse says; tests hold the two together.

    What comes from the records is well-formed, and to check it again would take most of the time.
    """
    base = _base_url(deps)
    return {
        "status": "success",
        "images": [image(row, deps, base) for row in page.records],
        "page": None if query.cursor else query.page,
        "limit": query.limit,
        "total_pages": -(-page.total // query.limit),
        "total_images": page.total,
        "total_exact": page.total_exact,
        "next_cursor": encode_cursor(page.end) if page.end else None,
    }


def image(generation: ImageRecord, deps: Dependencies, base: str) -> dict[str, Any]:
    """Describe a ready image, with absolute addresses, as an Image says."""
    url = base + object_keys.image_path(generation.id)
    original, rendition = generation.original, generation.image
    return {
        "filename": object_keys.image_name(generation.id),
        "url": url,
        "image_url": deps.store.public_url(object_keys.image_key(generation.id)) or url,
        "prompt": generation.prompt,
        "first_prompt": generation.first_prompt,
        "new_prompt": generation.new_prompt,
        "created_at": generation.created_at or generation.requested_at,
        "width": rendition.width if rendition else 0,
        "height": rendition.height if rendition else 0,
        "model": generation.model,
        "provider": generation.provider,
        "charged": generation.charged,
        "cost_usd": _dollars(generation.cost_micros),
        "cutout": rendition.report if rendition else {},
        "original": _original(original) if original else None,
    }


def _original(original: Original) -> dict[str, Any]:
    return {
        "width": original.width,
        "height": original.height,
        "format": original.format,
        "size_bytes": original.size_bytes,
        "sha256": original.sha256,
        "content_credentials": original.content_credentials,
    }


def _base_url(deps: Dependencies) -> str:
    """The service's own address: as the operator says, else as the caller reached it."""
    return deps.defaults.public_url or request.url_root.rstrip("/")
