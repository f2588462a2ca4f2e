"""What callers get wrong: nothing is asked of anybody, and nothing is kept."""

from requests import Response

from tests.faults.row import Again, Answer, Row, Topic
from tests.faults.stage import Stage

_INVALID = Answer(400, "invalid_request")
_REFUSED = Answer(400, "prompt_rejected", "no")


def _body(
    what: str, body: object, answer: Answer = _INVALID, *, kind: str | None = "application/json"
) -> Row:
    def asks(stage: Stage) -> Response:
        return stage.post(body, kind=kind)

    return Row(what=what, asks=asks, answer=answer, also=_nobody_was_asked)


def _address(what: str, method: str, path: str, answer: Answer) -> Row:
    return Row(what=what, asks=lambda stage: stage.service.call(method, path), answer=answer)


def _nobody_was_asked(stage: Stage, _: object) -> None:
    assert stage.fake.requests == []


def _no_image_was_asked_for(stage: Stage, _: object) -> None:
    assert [request.endpoint for request in stage.fake.requests] == ["moderations"]


TOPIC = Topic(
    "Requests",
    (
        _body("The body is not JSON", b"{'prompt': 'x'}", Answer(400, "invalid_json")),
        _body("The body is JSON, but no object", [1]),
        _body("A field is missing", {}),
        _body("A field is blank", {"prompt": " \n\t "}),
        _body("A field is too long", {"prompt": "a" * 4001}),
        _body("A field has the wrong type", {"prompt": {"$gt": ""}}),
        _body("A field is unknown", {"prompt": "A fox", "n": 2}),
        _body(
            "The body is not declared as JSON",
            b'{"prompt": "A fox"}',
            Answer(415, "unsupported_media_type"),
            kind="text/plain",
        ),
        _body("The body is larger than 64 KiB", b" " * 65_537, Answer(413, "request_too_large")),
        _address("`page` of the list is 0", "GET", "/images?page=0", _INVALID),
        _address("`limit` of the list is 101", "GET", "/images?limit=101", _INVALID),
        _address("Nothing is at this address", "GET", "/nowhere", Answer(404, "not_found")),
        _address(
            "The name of an image is not one of ours",
            "GET",
            "/images/..%5cfox.png",
            Answer(404, "not_found"),
        ),
        _address(
            "The address does not take this method",
            "PUT",
            "/generate-image",
            Answer(405, "method_not_allowed", headers={"Allow": "OPTIONS, POST"}),
        ),
        Row(
            what="The caller asks for images more often than it may",
            given=lambda stage: stage.post([1]),
            settings={"rate_limit_generate": "1/hour"},
            answer=Answer(429, "rate_limited"),
            also=_nobody_was_asked,
        ),
        Row(
            what="The prompt is inappropriate",
            asks=lambda stage: stage.generate("something forbidden"),
            answer=_REFUSED,
            also=_no_image_was_asked_for,
            again=Again(_REFUSED, paid=0),
        ),
    ),
)
