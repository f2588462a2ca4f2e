"""Responses with one or several generated images, as JSON or as a stream of events."""

from flask import Response, jsonify, request

from app.blueprints.dependencies import deps
from app.blueprints.serializers import candidate_response, group_response, image_response
from app.blueprints.streaming import Finished, ProgressEvents, stream
from app.http.auth import caller
from app.http.idempotency import mark_replayed
from app.models import ImageRequest
from app.usecases.generation import fault_injection
from app.usecases.generation.idempotency import claim_of
from app.usecases.generation.progress import NO_LISTENER
from app.usecases.groups.candidates import NO_GROUP_LISTENER, Candidate, GroupListener, failure_of


def generated_response(
    image_request: ImageRequest, idempotency_key: str | None, *, streams: bool
) -> Response:
    """Generate what is requested, and return the response.

    If the idempotency key was used before, it contains the earlier request's result.

    Args:
        image_request: the request, for one image or several.
        idempotency_key: the request's key, if it has one.
        streams: whether to respond with a stream of events.
    """
    claim = claim_for(idempotency_key)
    fault = fault_injection.parse(
        request.headers.get(fault_injection.HEADER), allowed=deps().server_info.fault_injection
    )

    def generate(events: ProgressEvents | None) -> Finished:
        with deps().concurrency_limit, fault_injection.injecting(fault):
            if image_request.n == 1:
                return _single(image_request, claim, events)
            return _group(image_request, claim, events)

    if streams:
        return stream(generate, subject=image_request.shown)
    return _plain(generate(None))


def claim_for(idempotency_key: str | None) -> str:
    """Return the claim of the caller's idempotency key; "" without one."""
    return claim_of(caller().id, idempotency_key) if idempotency_key else ""


def _plain(finished: Finished) -> Response:
    response = jsonify(finished.content)
    if "url" in finished.content:
        response.headers["Location"] = finished.content["url"]
    if finished.replayed:
        mark_replayed(response)
    return response


def _single(image_request: ImageRequest, claim: str, events: ProgressEvents | None) -> Finished:
    listener = events.listener() if events else NO_LISTENER
    result = deps().generate(image_request, caller=caller(), claim=claim, listener=listener)
    return Finished(image_response(result.record, deps()).model_dump(), result.replayed)


def _group(image_request: ImageRequest, claim: str, events: ProgressEvents | None) -> Finished:
    result = deps().generate_group(
        image_request,
        workers=deps().concurrency_limit.workers,
        caller=caller(),
        claim=claim,
        listener=_listener(events) if events else NO_GROUP_LISTENER,
    )
    return Finished(group_response(result, deps()).model_dump(), result.replayed)


def _listener(events: ProgressEvents) -> GroupListener:
    def put(candidate: Candidate) -> None:
        if candidate.record:
            events.put("image", candidate_response(candidate, deps()).model_dump())
        else:
            events.put("failure", failure_of(candidate))

    return GroupListener(shared=events.listener(), of_candidate=events.listener, on_outcome=put)
