"""Requests from pages of other origins."""

import pytest

from tests.support.service import Service, serving, settings_for

ORIGIN = {"Origin": "https://app.example.com"}
PREFLIGHT = ORIGIN | {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type,idempotency-key,authorization",
}


@pytest.mark.parametrize("path", ["/generate-image", "/images", "/generate-prompts", "/healthz"])
def test_preflight_allows_the_documented_headers(embedded: Service, path: str) -> None:
    """The response to a preflight allows the documented methods and headers."""
    response = embedded.call("OPTIONS", path, headers=PREFLIGHT)
    allowed = response.headers["Access-Control-Allow-Headers"].lower().replace(" ", "").split(",")
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert {"content-type", "idempotency-key", "authorization"} <= set(allowed)
    methods = response.headers["Access-Control-Allow-Methods"].replace(" ", "").split(",")
    assert set(methods) == {
        method for rule in embedded.app.url_map.iter_rules() for method in rule.methods or ()
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/images"),
        ("GET", "/nowhere"),
        ("GET", "/images?page=0"),
        ("PUT", "/images"),
        ("POST", "/generate-image"),
        ("GET", "/images/00000000-0000-4000-8000-000000000000.png"),
    ],
)
def test_every_response_can_be_read_by_other_origins(
    embedded: Service, method: str, path: str
) -> None:
    """Responses and errors have CORS headers, expose documented headers, not credentials."""
    headers = embedded.call(method, path, headers=ORIGIN).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    exposed = headers["Access-Control-Expose-Headers"].replace(" ", "").split(",")
    assert {"ETag", "Location", "Retry-After", "X-Request-ID"} <= set(exposed)
    assert "Access-Control-Allow-Credentials" not in headers


FIELDS = {
    "OpenTelemetry": "traceparent,tracestate,baggage,content-type",
    "Sentry": "baggage, sentry-trace",
    "a proxy's pass": "ngrok-skip-browser-warning",
    "an XMLHttpRequest": "x-requested-with",
    "a cache policy": "cache-control, pragma",
    "all tokens": "x!#$%&'*+-.^_`|~9",
}


@pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS)
@pytest.mark.parametrize(
    "path", ["/generate-image", "/nowhere", "/images/00000000-0000-4000-8000-000000000000.png"]
)
def test_preflight_allows_what_it_asks_for(
    shared_embedded: Service, path: str, fields: str
) -> None:
    """Every header that tracing, proxies or libraries add is allowed, at any URL."""
    asked = PREFLIGHT | {"Access-Control-Request-Headers": fields}
    response = shared_embedded.call("OPTIONS", path, headers=asked)
    assert (response.status_code, response.content) == (200, b"")
    allowed = response.headers["Access-Control-Allow-Headers"].split(", ")
    assert allowed == sorted(field.strip() for field in fields.split(","))


def test_preflight_repeats_only_names(shared_embedded: Service) -> None:
    """What is no field name is not repeated in the response."""
    asked = PREFLIGHT | {"Access-Control-Request-Headers": 'x y, "a", b:c, <i>, ok, *'}
    response = shared_embedded.call("OPTIONS", "/images", headers=asked)
    assert response.headers["Access-Control-Allow-Headers"] == "*, ok"


def test_preflight_of_another_origin_allows_nothing() -> None:
    """With CORS_ORIGINS, the preflight of another origin gets no permission."""
    with serving(settings_for(cors_origins="https://app.example.com")) as service:
        allowed = service.call("OPTIONS", "/images", headers=PREFLIGHT).headers
        other = PREFLIGHT | {"Origin": "https://evil.example"}
        refused = service.call("OPTIONS", "/images", headers=other).headers
        unsaid = service.get("/images").headers
    assert allowed["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert "content-type" in allowed["Access-Control-Allow-Headers"]
    for headers in (refused, unsaid):
        assert [name for name in headers if name.startswith("Access-Control-")] == []
        assert "Origin" in headers["Vary"]


def test_origins_can_be_restricted() -> None:
    """With CORS_ORIGINS only these origins are allowed, and responses vary on Origin."""
    settings = settings_for(cors_origins="https://app.example.com, https://example.com")
    with serving(settings) as service:
        for path in ("/healthz", "/nowhere"):
            allowed = service.get(path, headers=ORIGIN).headers
            other = service.get(path, headers={"Origin": "https://evil.example"}).headers
            assert allowed["Access-Control-Allow-Origin"] == "https://app.example.com"
            assert "Origin" in allowed["Vary"]
            assert "Access-Control-Allow-Origin" not in other
            assert "Access-Control-Allow-Credentials" not in allowed
