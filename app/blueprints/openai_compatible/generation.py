"""Draw what is requested by OpenAI's API, and return its responses and events."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Response, jsonify, request

from app.blueprints.dependencies import deps
from app.blueprints.generated_response import claim_for
from app.blueprints.openai_compatible.events import ImageEvents
from app.blueprints.openai_compatible.output import ImageOutput
from app.blueprints.openai_compatible.schemas import (
    ImageParameters,
    ImagesResponse,
    InputTokensDetails,
    OpenAIImage,
    OpenAIUsage,
    without_unset,
)
from app.blueprints.streaming import Finished, ProgressEvents, stream
from app.errors import Charged, RecordsUnavailable
from app.http.auth import caller
from app.http.idempotency import mark_replayed
from app.models import ImageRecord, ImageRequest, TokenUsage
from app.usecases.generation import fault_injection
from app.usecases.generation.progress import NO_LISTENER
from app.usecases.generation.retries import digest_of, draw_or_join
from app.usecases.groups.candidates import NO_GROUP_LISTENER, GroupListener

_RETRY_COUNT = "x-stainless-retry-count"
_MIN_KEY_SECONDS = 900  # OpenAI's clients wait for ten minutes before they repeat a request


@dataclass(frozen=True)
class _Drawn:
    """The images of a request, and how many of those that it asked for are missing."""

    records: Sequence[ImageRecord]
    missing: int
    replayed: bool


def key_of(
    body: ImageParameters, idempotency_key: str | None, route: str, inputs: Sequence[str] = ()
) -> str:
    """Return the request's Idempotency-Key, or one that its retries have in common.

    Args:
        body: the parameters.
        idempotency_key: the key that was sent, if any.
        route: the route.
        inputs: the ids of the images that an edit is made from.
    """
    if idempotency_key:
        return idempotency_key
    content = body.model_dump(mode="json", exclude={"image", "mask"})
    quality = body.image_request().quality or deps().estimates.quality
    lease = deps().generate.pending_records.lease(quality, bool(inputs)).total_seconds()
    digest = digest_of(caller().id, route, {"body": content, "inputs": list(inputs)})
    try:
        return deps().request_keys.of_attempt(
            digest, is_retry=_retry_count() > 0, seconds=max(_MIN_KEY_SECONDS, body.n * lease)
        )
    except RecordsUnavailable as error:
        error.charged = Charged.NO
        raise


def respond(
    image_request: ImageRequest, body: ImageParameters, key: str, *, event_type: str
) -> Response:
    """Draw the images, or wait for an equal request with the same key, and return the response.

    Args:
        image_request: the request.
        body: the parameters, for the form of the response.
        key: identifies the request.
        event_type: the first part of the names of events in a stream.
    """
    output, claim = body.output(), claim_for(key)
    fault = fault_injection.parse(
        request.headers.get(fault_injection.HEADER), allowed=deps().server_info.fault_injection
    )

    def generate(events: ProgressEvents | None) -> Finished:
        with deps().concurrency_limit, fault_injection.injecting(fault):
            drawn = draw_or_join(
                partial(_draw, image_request, claim, events),
                deps().generate.idempotency,
                claim,
                images=image_request.n,
            )
        return Finished(_content(drawn, output), drawn.replayed)

    if body.stream:
        make_events = partial(ImageEvents, event_type=event_type, output=output)
        response = stream(generate, subject=image_request.shown, make_events=make_events)
    else:
        finished = generate(None)
        response = jsonify(finished.content)
        if finished.replayed:
            mark_replayed(response)
    if body.ignored:
        response.headers["X-Ignored-Parameters"] = ", ".join(body.ignored)
    return response


def _retry_count() -> int:
    text = request.headers.get(_RETRY_COUNT, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _draw(image_request: ImageRequest, claim: str, events: ProgressEvents | None) -> _Drawn:
    if image_request.n == 1:
        listener = events.listener() if events else NO_LISTENER
        result = deps().generate(image_request, caller=caller(), claim=claim, listener=listener)
        return _Drawn([result.record], 0, result.replayed)
    listeners = NO_GROUP_LISTENER
    if events:
        listeners = GroupListener(shared=events.listener(), of_candidate=events.listener)
    group = deps().generate_group(
        image_request,
        workers=deps().concurrency_limit.workers,
        caller=caller(),
        claim=claim,
        listener=listeners,
    )
    records = [one.record for one in group.candidates if one.record]
    return _Drawn(records, image_request.n - len(records), group.replayed)


def _content(drawn: _Drawn, output: ImageOutput) -> dict[str, Any]:
    first = drawn.records[0]
    width, height = output.size_of(first)
    response = ImagesResponse(
        created=int((first.created_at or first.requested_at).timestamp()),
        data=[_image(record, output) for record in drawn.records],
        background=output.background,
        output_format=output.format,
        quality=first.quality,
        size=f"{width}x{height}",
        usage=_usage(drawn.records),
    )
    return without_unset(response)


def _image(record: ImageRecord, output: ImageOutput) -> OpenAIImage:
    if output.as_url:
        return OpenAIImage(url=output.url(record), revised_prompt=record.new_prompt)
    encoded = base64.b64encode(output.render(record)).decode()
    return OpenAIImage(b64_json=encoded, revised_prompt=record.new_prompt)


def _usage(records: Sequence[ImageRecord]) -> OpenAIUsage | None:
    usages = [_usage_of(record) for record in records]
    known = [usage for usage in usages if usage is not None]
    if len(known) < len(usages):
        return None
    text_in, image_in = sum(one.text_in for one in known), sum(one.image_in for one in known)
    out = sum(one.image_out + one.text_out for one in known)
    return OpenAIUsage(
        input_tokens=text_in + image_in,
        input_tokens_details=InputTokensDetails(text_tokens=text_in, image_tokens=image_in),
        output_tokens=out,
        total_tokens=text_in + image_in + out,
    )


def _usage_of(record: ImageRecord) -> TokenUsage | None:
    """Return the tokens of an image; none were used if nothing was charged."""
    if record.usage is None and record.charged is Charged.NO:
        return TokenUsage()
    return record.usage
