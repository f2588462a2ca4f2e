"""Tools that draw images, for money, and the estimate of what they cost."""

from functools import partial
from typing import Any

from app.blueprints.mcp.tools.arguments import EditArguments, EstimateArguments, GenerateArguments
from app.blueprints.mcp.tools.base import Tool, ToolContext, ToolHints, ToolOutput
from app.blueprints.mcp.tools.previews import preview_of
from app.blueprints.mcp.tools.schemas import CostEstimateResult, DrawnImages, summary_of
from app.blueprints.schemas.usage import UsageQuery
from app.blueprints.usage import report_usage
from app.errors import AppError, Charged
from app.models import ImageRecord, ImageRequest, Scope, object_keys
from app.usecases.generation.idempotency import claim_of
from app.usecases.generation.retries import digest_of, draw_or_join
from app.usecases.groups.candidates import Candidate, GroupListener, failure_of

_REPEAT_SECONDS = 10 * 60
_MICROS = 1_000_000
_DRAWS = ToolHints(is_idempotent=False, is_open_world=True)


def _generate(context: ToolContext, arguments: GenerateArguments) -> ToolOutput:
    request = arguments.body().image_request()
    return _draw(context, GENERATE_IMAGE.name, request, again=arguments.again)


def _edit(context: ToolContext, arguments: EditArguments) -> ToolOutput:
    request = _edit_request(context, arguments)
    return _draw(context, EDIT_IMAGE.name, request, again=arguments.again)


def _edit_request(context: ToolContext, arguments: EditArguments) -> ImageRequest:
    body = arguments.body()
    sources = body.sources(object_keys.id_of_name(arguments.filename))
    return body.image_request(context.deps.edit_inputs.find(sources, owner=context.owner))


def _draw(context: ToolContext, tool: str, request: ImageRequest, *, again: bool) -> ToolOutput:
    """Draw what is requested, unless an equal call does so, or did so lately."""
    claim = _claim(context, tool, request, again=again)
    with context.deps.concurrency_limit:
        candidates = draw_or_join(
            partial(_candidates, context, request, claim),
            context.deps.generate.idempotency,
            claim,
            images=request.n,
            max_seconds=context.max_wait_seconds,
        )
    drawn = [one.record for one in candidates if one.record]
    new = [one for one in candidates if not one.replayed]
    return ToolOutput(
        content={
            "images": [summary_of(context.fields_of(record)) for record in drawn],
            "failures": [failure_of(one) for one in candidates if not one.record],
            "repeated": not new,
            "charged": _charged(new),
            "cost_usd": _cost([one.record for one in new if one.record]),
            "budget": _budget(context),
        },
        previews=[preview for record in drawn for preview in preview_of(context, record.id)],
    )


def _claim(context: ToolContext, tool: str, request: ImageRequest, *, again: bool) -> str:
    """Return the claim that equal calls share.

    A model that repeats a call, after a timeout or because it forgot, can't repeat a key. It would
    make up a new one, and pay again. The ten minutes begin when the image must be finished.
    """
    keys, caller_id = context.deps.request_keys, context.caller.id
    digest = digest_of(caller_id, f"mcp {tool}", request.identity)
    deadline = context.deps.estimates.complete(request).deadline_seconds
    remember = keys.replace if again else keys.join
    return claim_of(caller_id, remember(digest, seconds=_REPEAT_SECONDS + deadline))


def _candidates(context: ToolContext, request: ImageRequest, claim: str) -> list[Candidate]:
    deps, listener = context.deps, context.listener
    if request.n == 1:
        result = deps.generate(request, caller=context.caller, claim=claim, listener=listener)
        return [Candidate(index=0, record=result.record, replayed=result.replayed)]
    group = deps.generate_group(
        request,
        workers=deps.concurrency_limit.workers,
        caller=context.caller,
        claim=claim,
        listener=GroupListener(shared=listener, of_candidate=lambda _: listener),
    )
    return list(group.candidates)


def _charged(candidates: list[Candidate]) -> Charged:
    """Return whether any of the candidates was charged for."""
    found = {
        one.record.charged if one.record else (one.error and one.error.charged)
        for one in candidates
    }
    return next((one for one in (Charged.YES, Charged.UNKNOWN) if one in found), Charged.NO)


def _cost(records: list[ImageRecord]) -> float | None:
    costs = [record.cost_micros for record in records]
    known = [micros for micros in costs if micros is not None]
    return sum(known) / _MICROS if len(known) == len(costs) else None


def _budget(context: ToolContext) -> dict[str, Any] | None:
    """Return the budget; None if there is none, or if it can't be read, which must not matter."""
    try:
        budget = report_usage(UsageQuery(), context.caller, context.deps).budget
    except AppError:
        return None
    return budget.model_dump() if budget else None


def _estimate(context: ToolContext, arguments: EstimateArguments) -> ToolOutput:
    call = arguments.of_call()
    if isinstance(call, EditArguments):
        request = _edit_request(context, call)
    else:
        request = call.body().image_request()
    micros = context.deps.estimates.estimate(request).estimate_micros
    return ToolOutput(
        content={
            "estimate_usd": None if micros is None else micros / _MICROS,
            "images": request.n,
            "budget": _budget(context),
        }
    )


GENERATE_IMAGE = Tool(
    name="generate_image",
    title="Generate an image",
    description="Generate an image of a single subject from a prompt, with a transparent "
    "background, and store it. Costs money: see estimate_cost. Takes seconds to minutes. A call "
    "with the same arguments within ten minutes returns the same image without another charge, so "
    "retry freely after a timeout; `again` pays for a further image.",
    scope=Scope.GENERATE,
    limit="generate",
    arguments=GenerateArguments,
    result=DrawnImages,
    run=_generate,
    hints=_DRAWS,
    images=lambda arguments: int(arguments.n),
    draws=True,
)
EDIT_IMAGE = Tool(
    name="edit_image",
    title="Edit an image",
    description="Make a new image from a stored one and a prompt that describes the change, such "
    "as `make it blue`. The old image stays. Costs money, and is repeated without another charge, "
    "like generate_image.",
    scope=Scope.GENERATE,
    limit="generate",
    arguments=EditArguments,
    result=DrawnImages,
    run=_edit,
    hints=_DRAWS,
    images=lambda arguments: int(arguments.n),
    draws=True,
)
ESTIMATE_COST = Tool(
    name="estimate_cost",
    title="Estimate the cost",
    description="Return the maximum cost of a call of generate_image or edit_image in US dollars, "
    "and what is left of the budget. Generates nothing and is free.",
    scope=Scope.GENERATE,
    limit="generate",
    arguments=EstimateArguments,
    result=CostEstimateResult,
    run=_estimate,
    hints=ToolHints(reads_only=True),
)
