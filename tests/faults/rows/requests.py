"""Invalid requests: nothing is sent upstream, and nothing is kept."""

from requests import Response

from tests.faults.rig import Rig
from tests.faults.row import READY, ExpectedResponse, Repeat, Row, Topic

_INVALID = ExpectedResponse(400, "invalid_request")
_REFUSED = ExpectedResponse(400, "prompt_rejected", "no")


def _body(
    name: str,
    body: object,
    response: ExpectedResponse = _INVALID,
    *,
    kind: str | None = "application/json",
) -> Row:
    def send(rig: Rig) -> Response:
        return rig.post(body, kind=kind)

    return Row(name=name, send=send, response=response, check=_nothing_was_requested)


def _address(name: str, method: str, path: str, response: ExpectedResponse) -> Row:
    return Row(name=name, send=lambda rig: rig.service.call(method, path), response=response)


def _nothing_was_requested(rig: Rig, _: object) -> None:
    assert rig.fake.requests == []


def _no_image_was_requested(rig: Rig, _: object) -> None:
    assert [request.endpoint for request in rig.fake.requests] == ["moderations"]


def _one_variant(rig: Rig) -> None:
    rig.generate_image()
    for _ in range(2):  # the second time from the cache
        assert rig.service.get(f"{rig.path}?w=32").status_code == 200


TOPIC = Topic(
    "Requests",
    (
        _body("The body is not JSON", b"{'prompt': 'x'}", ExpectedResponse(400, "invalid_json")),
        _body("The body is JSON, but no object", [1]),
        _body("A field is missing", {}),
        _body("A field is blank", {"prompt": " \n\t "}),
        _body("A field is too long", {"prompt": "a" * 4001}),
        _body("A field has the wrong type", {"prompt": {"$gt": ""}}),
        _body("A field is unknown", {"prompt": "A fox", "color": "red"}),
        _body(
            "The body is not declared as JSON",
            b'{"prompt": "A fox"}',
            ExpectedResponse(415, "unsupported_media_type"),
            kind="text/plain",
        ),
        Row(
            name="The header `Host` can't be part of a URL",
            send=lambda rig: rig.service.call(
                "POST", "/generate-image", json={"prompt": "A fox"}, headers={"Host": "x:99999"}
            ),
            response=_INVALID,
            check=_nothing_was_requested,
        ),
        _body(
            "The body is larger than 64 KiB",
            b" " * 65_537,
            ExpectedResponse(413, "request_too_large"),
        ),
        _address("`page` of the list is 0", "GET", "/images?page=0", _INVALID),
        _address("`limit` of the list is 101", "GET", "/images?limit=101", _INVALID),
        _address(
            "Nothing is at this address", "GET", "/nowhere", ExpectedResponse(404, "not_found")
        ),
        _address(
            "The image name is not a UUID",
            "GET",
            "/images/..%5cfox.png",
            ExpectedResponse(404, "not_found"),
        ),
        _address(
            "The address does not support the method",
            "PUT",
            "/generate-image",
            ExpectedResponse(405, "method_not_allowed", headers={"Allow": "OPTIONS, POST"}),
        ),
        Row(
            name="The caller exceeds its rate limit",
            cause=lambda rig: rig.post([1]),
            settings={"rate_limit_generate": "1/hour"},
            response=ExpectedResponse(429, "rate_limited"),
            check=_nothing_was_requested,
        ),
        Row(
            name="The caller has had too many variants computed",
            cause=_one_variant,
            send=lambda rig: rig.service.get(f"{rig.path}?w=33"),
            settings={"rate_limit_variants": "1/hour"},
            response=ExpectedResponse(429, "rate_limited"),
            paid=1,
            stored=READY,
        ),
        Row(
            name="The prompt is inappropriate",
            send=lambda rig: rig.generate("something forbidden"),
            response=_REFUSED,
            check=_no_image_was_requested,
            repeat=Repeat(_REFUSED, paid=0),
        ),
    ),
)
