"""Faults of the provider, with the errors and charges that they have to lead to."""

from app.errors import (
    AppError,
    Charged,
    PromptRejected,
    ProviderBadResponse,
    ProviderError,
    ProviderMisconfigured,
    ProviderQuota,
    ProviderRateLimited,
    ProviderTimeout,
)
from tests.support.fake_openai import Behavior, Fault

NO, YES, UNKNOWN = Charged.NO, Charged.YES, Charged.UNKNOWN
_QUOTA_CODES = (
    *("credit_balance_exhausted", "insufficient_quota", "organization_spend_limit_exceeded"),
    *("organization_usage_limit_exceeded", "project_spend_limit_exceeded", "not_known_yet"),
)

FAILURES: dict[str, tuple[Behavior, type[AppError], Charged, int]] = {
    "500": (Fault.status(500), ProviderError, UNKNOWN, 0),
    "500, paid": (Fault.status(500, paid=True), ProviderError, UNKNOWN, 1),
    "503": (Fault.status(503), ProviderError, UNKNOWN, 0),
    "529": (Fault.status(529), ProviderError, UNKNOWN, 0),
    "408": (Fault.status(408), ProviderError, UNKNOWN, 0),
    "409": (Fault.status(409), ProviderError, UNKNOWN, 0),
    "429": (Fault.rate_limited(), ProviderRateLimited, NO, 0),
    **{code: (Fault.quota(code), ProviderQuota, NO, 0) for code in _QUOTA_CODES},
    "billing limit": (Fault.billing_hard_limit(), ProviderQuota, NO, 0),
    "blocked input": (Fault.moderation_blocked(), PromptRejected, NO, 0),
    "blocked output": (Fault.moderation_blocked("output"), PromptRejected, NO, 0),
    "content policy": (Fault.content_policy_violation(), PromptRejected, NO, 0),
    "invalid prompt": (Fault.invalid_prompt(), PromptRejected, NO, 0),
    "retired model": (Fault.model_retired(), ProviderMisconfigured, NO, 0),
    "missing model": (Fault.model_retired(missing=True), ProviderMisconfigured, NO, 0),
    "400": (Fault.status(400), ProviderMisconfigured, NO, 0),
    "401": (Fault.status(401), ProviderMisconfigured, NO, 0),
    "403": (Fault.status(403), ProviderMisconfigured, NO, 0),
    "400 of a proxy": (Fault.json_response("no object", status=400), ProviderMisconfigured, NO, 0),
    "502 of a proxy": (Fault.json_response(["x"], status=502), ProviderError, UNKNOWN, 0),
    "dropped, paid": (Fault.drop_before_response(), ProviderTimeout, UNKNOWN, 1),
    "dropped": (Fault.drop_before_response(paid=False), ProviderTimeout, UNKNOWN, 0),
    "cut immediately": (Fault.cut(0), ProviderTimeout, UNKNOWN, 1),
    "cut later": (Fault.cut(1000), ProviderTimeout, UNKNOWN, 1),
}
"""Faults of image requests: the error, its `charged`, and the number of charged generations."""


def _paid(document: object) -> Behavior:
    return Fault.json_response(document, paid=True)


WITHOUT_IMAGE: dict[str, tuple[Behavior, bytes, Charged]] = {
    "html": (Fault.html(), b"<!doctype html>", UNKNOWN),
    "truncated json": (Fault.truncated_json(), b'{"created"', YES),
    "no data": (Fault.no_data(), b'{"created"', YES),
    "null data": (Fault.null_data(), b'{"created"', YES),
    "empty base64": (Fault.empty_b64(), b'{"created"', YES),
    "bad base64": (Fault.bad_b64(), b'{"created"', YES),
    "partly base64": (_paid({"data": [{"b64_json": "%%aGVsbG8="}]}), b'{"data"', YES),
    "address only": (_paid({"data": [{"url": "file:///x.png"}]}), b'{"data"', YES),
    "a number": (_paid({"data": [{"b64_json": 7}]}), b'{"data"', UNKNOWN),
    "a null": (_paid({"data": [{"b64_json": None}]}), b'{"data"', UNKNOWN),
    "not ascii": (_paid({"data": [{"b64_json": "ü"}]}), b'{"data"', YES),
    "data is text": (_paid({"data": "text"}), b'{"data"', UNKNOWN),
    "no tokens": (_paid({"data": [], "usage": {"output_tokens": 0}}), b'{"data"', UNKNOWN),
    "only tokens": (_paid({"usage": {"total_tokens": 7}}), b'{"usage"', YES),
    "a list": (_paid([]), b"[]", UNKNOWN),
    "null": (_paid(None), b"null", UNKNOWN),
    "an error": (_paid({"error": {"message": "hidden"}}), b'{"error"', UNKNOWN),
}
"""Responses of status 200 without an image, how their bytes begin, and whether they are charged.

Only an image, its address or used tokens prove that they are.
"""

RETRY_AFTER: dict[str, tuple[Behavior, int]] = {
    "7": (Fault.rate_limited(7), 7),
    "none": (Fault.rate_limited(None), 20),
    "0": (Fault.rate_limited(0), 0),
    "huge": (Fault.rate_limited(10**9), 3600),
    **{
        value: (Fault.status(429, headers={"retry-after": value}), 20)
        for value in ("Wed, 21 Oct 2026 07:28:00 GMT", "-5", "1.5", "soon")
    },
}
"""Rate limits, and the Retry-After in seconds that callers get."""

OUTAGES: dict[str, tuple[Behavior, type[AppError], Charged | None]] = {
    "500": (Fault.status(500), ProviderError, None),
    "429": (Fault.rate_limited(), ProviderRateLimited, NO),
    "quota": (Fault.quota(), ProviderQuota, NO),
    "401": (Fault.status(401), ProviderMisconfigured, NO),
    "404": (Fault.status(404), ProviderMisconfigured, NO),
    "invalid prompt": (Fault.invalid_prompt(), PromptRejected, NO),
    "dropped": (Fault.drop_before_response(paid=False), ProviderTimeout, None),
    "cut": (Fault.cut(20, paid=False), ProviderTimeout, None),
    "html": (Fault.html(paid=False), ProviderBadResponse, None),
    "truncated json": (Fault.truncated_json(), ProviderBadResponse, None),
    "an empty object": (Fault.json_response({}), ProviderBadResponse, None),
    "a list": (Fault.json_response([1]), ProviderBadResponse, None),
    "null": (Fault.json_response(None), ProviderBadResponse, None),
}
"""Faults of other requests: the error, and its `charged`, or None where no image is involved."""
