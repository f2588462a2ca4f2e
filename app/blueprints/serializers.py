"""Serialization of records and reports to response bodies."""

from datetime import date
from typing import Any
from urllib.parse import quote

from flask import current_app, request

from app.blueprints.dependencies import Dependencies
from app.blueprints.pagination import PageSelection, encode_cursor
from app.blueprints.schemas.images import (
    CandidateImage,
    DryRunResponse,
    GroupResponse,
    ImageResponse,
    UpstreamRequestResponse,
)
from app.blueprints.schemas.usage import BudgetResponse, DayUsageResponse, UsageResponse
from app.http.contract.error_schema import CandidateFailure
from app.http.host_header import request_host
from app.models import (
    BudgetState,
    CostEstimate,
    ImageRecord,
    Original,
    Page,
    Spending,
    State,
    UsageReport,
    object_keys,
)
from app.usecases.groups.candidates import Candidate, GroupResult, failure_of

_MICROS = 1_000_000


def image_response(record: ImageRecord, deps: Dependencies) -> ImageResponse:
    """Return the response for a single image."""
    return ImageResponse(**image_fields(record, deps, public_base_url(deps)))


def candidate_response(candidate: Candidate, deps: Dependencies) -> CandidateImage:
    """Return the fields of a candidate that has an image."""
    if candidate.record is None:
        raise ValueError("the candidate has no image")
    fields = image_fields(candidate.record, deps, public_base_url(deps))
    return CandidateImage(**fields, index=candidate.index)


def group_response(result: GroupResult, deps: Dependencies) -> GroupResponse:
    """Return the response for several candidates."""
    failed = [candidate for candidate in result.candidates if candidate.record is None]
    return GroupResponse(
        group=result.group,
        images=[candidate_response(one, deps) for one in result.candidates if one.record],
        failures=[CandidateFailure.model_validate(failure_of(one)) for one in failed],
    )


def dry_run_response(estimate: CostEstimate) -> DryRunResponse:
    """Return the response for a dry run."""
    requests = [
        UpstreamRequestResponse(method=upstream.method, path=upstream.path, body=upstream.body)
        for upstream in estimate.requests
    ]
    return DryRunResponse(estimate_usd=_dollars(estimate.estimate_micros), requests=requests)


def usage_response(account: str | None, report: UsageReport) -> UsageResponse:
    """Return the response for an account's usage."""
    return UsageResponse(
        account=account,
        budget=_budget(report.budget) if report.budget else None,
        days=[_day(day, spent) for day, spent in report.days.items()],
        cost_usd=sum(spent.micros for spent in report.days.values()) / _MICROS,
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


def list_response(page: Page, query: PageSelection, deps: Dependencies) -> dict[str, Any]:
    """Return the body for a page of images, with the fields of ListResponse.

    Records are valid already, and validating them again would dominate the request's time. Tests
    compare the result with the schema.
    """
    base_url = public_base_url(deps)
    return {
        "status": "success",
        "images": [image_fields(record, deps, base_url) for record in page.records],
        "page": None if query.cursor else query.page,
        "limit": query.limit,
        "total_pages": -(-page.total // query.limit),
        "total_images": page.total,
        "total_exact": page.total_exact,
        "next_cursor": encode_cursor(page.end) if page.end else None,
    }


def image_fields(record: ImageRecord, deps: Dependencies, base_url: str) -> dict[str, Any]:
    """Return the fields of the schema `Image`, with absolute URLs."""
    url = base_url + object_keys.image_path(record.id)
    return {
        "filename": object_keys.image_name(record.id),
        "url": url,
        "image_url": deps.store.public_url(object_keys.image_key(record.id)) or url,
        **record_fields(record),
    }


def operator_fields(record: ImageRecord) -> dict[str, Any]:
    """Return the fields of a ready image for commands, as JSON values."""
    fields = {
        "id": record.id,
        **record_fields(record),
        "requested_at": record.requested_at,
        "quality": record.quality,
        "size": record.size,
        "owner": record.owner or None,
    }
    fields["cutout_options"] = dict(record.cutout_options)
    if record.original:
        fields["original"] |= {"key": record.original.key}
    values: dict[str, Any] = current_app.json.loads(current_app.json.dumps(fields))
    return values


def record_fields(record: ImageRecord) -> dict[str, Any]:
    """Return the fields of a ready image common to API and commands."""
    original, image = record.original, record.image
    return {
        "prompt": record.prompt,
        "first_prompt": record.first_prompt,
        "new_prompt": record.new_prompt,
        "created_at": record.created_at or record.requested_at,
        "width": image.width if image else 0,
        "height": image.height if image else 0,
        "model": record.model,
        "provider": record.provider,
        "charged": record.charged,
        "cost_usd": _dollars(record.cost_micros),
        "cutout": image.report if image else {},
        "cutout_options": _options(record),
        "original": _original(original) if original else None,
        "parent": object_keys.image_name(record.parent) if record.parent else None,
        "parents": [object_keys.image_name(parent) for parent in record.parents],
        "replaced_by": object_keys.image_name(record.replaced_by) if record.replaced_by else None,
        "group": record.group or None,
        "root": object_keys.image_name(record.root) if record.root else None,
        "tags": list(record.tags),
        "starred": record.starred,
        "trashed_at": record.lease_until if record.state is State.TRASHED else None,
    }


def _options(record: ImageRecord) -> dict[str, Any]:
    """Return the options without the mask's bytes, which may be many."""
    options = dict(record.cutout_options)
    return options | ({"mask": True} if "mask" in options else {})


def _original(original: Original) -> dict[str, Any]:
    return {
        "width": original.width,
        "height": original.height,
        "format": original.format,
        "size_bytes": original.size_bytes,
        "sha256": original.sha256,
        "content_credentials": original.content_credentials,
    }


def public_base_url(deps: Dependencies) -> str:
    """Return the configured public URL, or else the URL that the client used."""
    host = request_host(request.environ)
    return deps.server_info.public_url or f"{request.scheme}://{host}{quote(request.root_path)}"
