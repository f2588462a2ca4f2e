"""Limits of the API of OpenAI's images."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import requests

from app.models import Budget, Scope
from tests.attacks import Observe, attack
from tests.support.http.authenticated_service import AuthenticatedService, serving_with_keys
from tests.support.images.sample_images import encoded, owl
from tests.support.service import IMAGE_MICROS, Parts, serving, settings_for

GENERATIONS, EDITS, MODELS = "/v1/images/generations", "/v1/images/edits", "/v1/models"
BODY = {"prompt": "A red fox", "size": "256x256"}
FILE = encoded(owl(300, 300))


DATA_URL = f"data:image/png;base64,{base64.b64encode(FILE).decode()}"
REFERENCE = {"image_url": DATA_URL}
JSON = {"Content-Type": "application/json"}


def outcome(response: requests.Response) -> str:
    """Return status and code, after checking that the error has OpenAI's shape."""
    error = response.json()["error"]
    assert {"message", "type", "param", "code"} <= error.keys()
    assert response.headers["X-Request-ID"]
    return f"{response.status_code} {error['code']}"


def edit(auth_service: AuthenticatedService, key: str, **headers: str) -> requests.Response:
    """Edit a file."""
    return auth_service.call(
        "POST", EDITS, key, data={"prompt": "Blue"}, files={"image": FILE}, headers=headers
    )


@attack("Requests under /v1 without a key and with a wrong one", expect="401 invalid_api_key")
def test_keys_are_required(embedded_auth_service: AuthenticatedService, observe: Observe) -> None:
    """The body is not read, and nothing is drawn or stored."""
    for key in ("", "wrong"):
        for method, path in (("POST", GENERATIONS), ("GET", MODELS), ("GET", f"{MODELS}/x")):
            observe(outcome(embedded_auth_service.call(method, path, key, json=BODY)))
        observe(outcome(edit(embedded_auth_service, key)))
    key = embedded_auth_service.create_key("alice")
    assert embedded_auth_service.get("/images", key).json()["total_images"] == 0


@attack("Images under /v1 with a key that may only read", expect="403 forbidden")
def test_scopes_are_required(embedded_auth_service: AuthenticatedService, observe: Observe) -> None:
    """Drawing needs the scope to generate."""
    key = embedded_auth_service.create_key("reader", frozenset({Scope.READ}))
    observe(outcome(embedded_auth_service.call("POST", GENERATIONS, key, json=BODY)))
    observe(outcome(edit(embedded_auth_service, key)))


@attack("The list of another caller after a generation and an edit under /v1", expect="no images")
def test_images_belong_to_the_caller(tmp_path: Path, observe: Observe) -> None:
    """Also the uploads that an edit makes; their URLs need the key if images are private."""
    with serving_with_keys(data_dir=tmp_path, public_images=False) as service:
        alice, bob = service.create_key("alice"), service.create_key("bob")
        body = {**BODY, "response_format": "url"}
        made = service.call("POST", GENERATIONS, alice, json=body)
        assert edit(service, alice).status_code == 200
        assert service.get("/images", alice).json()["total_images"] == 3
        total = service.get("/images", bob).json()["total_images"]
        observe(f"{total} images" if total else "no images")
        path = made.json()["data"][0]["url"].removeprefix(service.service.url)
        statuses = [service.get(path, key).status_code for key in ("", bob, alice)]
        assert statuses == [401, 404, 200]


@attack("An image under /v1 beyond a key's budget", expect="429 insufficient_quota")
def test_budgets_hold(parts: Parts, tmp_path: Path, observe: Observe) -> None:
    """Nothing is sent to the provider, and clients wait for no reset that is hours away."""
    prices = json.dumps({"gpt-image-2.6-flare": {"text_in": 0}})
    values = parts.settings | {"openai_prices": prices}
    with serving_with_keys(data_dir=tmp_path, **values) as service:
        budget = Budget(micros=IMAGE_MICROS, period="day")
        made = service.api_keys.create("alice", scopes=frozenset({Scope.GENERATE}), budget=budget)
        key = service.remember(made)
        assert service.call("POST", GENERATIONS, key, json=BODY).status_code == 200
        refused = service.call("POST", GENERATIONS, key, json=BODY)
        observe(outcome(refused))
        assert refused.json()["error"]["charged"] == "no"
        assert int(refused.headers["Retry-After"]) > 0
    assert parts.fake.paid == 1


@attack("More images under /v1 than the rate allows, also as `n`", expect="429 rate_limit_exceeded")
def test_rate_limits_hold(tmp_path: Path, observe: Observe) -> None:
    """Generations and edits count together, once for each image."""
    with serving_with_keys(data_dir=tmp_path, rate_limit_generate="4/hour") as service:
        key = service.create_key("alice")
        assert service.call("POST", GENERATIONS, key, json={**BODY, "n": 2}).status_code == 200
        assert edit(service, key).status_code == 200
        observe(outcome(service.call("POST", GENERATIONS, key, json={**BODY, "n": 2})))
        assert service.get("/images", key).json()["total_images"] == 4


@attack("Bodies under /v1 above the limit of their route", expect="413 request_too_large")
def test_bodies_are_limited(tmp_path: Path, observe: Observe) -> None:
    """64 KiB of JSON; all files of an edit together as much as one upload."""
    with serving(settings_for(data_dir=tmp_path, upload_max_mb=1)) as service:
        large = {"prompt": "x" * 70_000}
        observe(outcome(service.call("POST", GENERATIONS, json=large)))
        part = b"x" * 900_000
        for files in ([b"x" * 1_100_000], [part, part, part]):
            sent = [("image[]", ("a.png", data, "image/png")) for data in files]
            observe(outcome(service.call("POST", EDITS, data={"prompt": "x"}, files=sent)))


@attack(
    "An edit under /v1 of addresses instead of files: this server's, the cloud's, a path",
    expect="400 invalid_value, nothing fetched",
)
def test_addresses_are_not_fetched(tmp_path: Path, observe: Observe) -> None:
    """Only data URLs are files."""
    with serving(settings_for(data_dir=tmp_path)) as service:
        own = service.call("POST", "/images", files={"file": FILE}).json()["url"]
        for url in (own, "http://169.254.169.254/latest/meta-data", "file:///etc/passwd", "/x.png"):
            body = {"prompt": "Blue", "images": [{"image_url": url}]}
            found = outcome(service.call("POST", EDITS, json=body))
            fetched = f"GET {own.removeprefix(service.url)}" in service.log.getvalue()
            observe(f"{found}, {'fetched' if fetched else 'nothing fetched'}")


@attack("A page of a foreign origin that sends a form to /v1", expect="403 forbidden")
def test_foreign_pages_send_no_forms(tmp_path: Path, observe: Observe) -> None:
    """Browsers send forms without a preflight; errors can be read by allowed pages."""
    settings = settings_for(data_dir=tmp_path, cors_origins="https://app.example.com")
    with serving(settings) as service:
        for origin, allowed in (("https://evil.example", None), ("https://app.example.com", 1)):
            response = service.call(
                "POST",
                EDITS,
                data={"prompt": "Blue"},
                files={"image": FILE},
                headers={"Origin": origin},
            )
            if allowed is None:
                observe(outcome(response))
            else:
                assert response.status_code == 200
                assert response.headers["Access-Control-Allow-Origin"] == origin


WRONG_EDITS: list[tuple[dict[str, Any], str]] = [
    ({"images": []}, "400 invalid_value images"),
    ({"images": [REFERENCE] * 17}, "400 invalid_value images"),
    ({"images": "x"}, "400 invalid_value images"),
    ({"images": [{"file_id": "file-1"}]}, "400 missing_required_parameter images[0]"),
    ({"images": [{"image_url": "https://x.example/a.png"}]}, "400 invalid_value images[0]"),
    ({"images": [{"image_url": f"{DATA_URL}!"}]}, "400 invalid_value images"),
    ({"images": [{"image_url": f"{DATA_URL}\u00f8"}]}, "400 invalid_value images"),
    ({"images": [{"image_url": "data:image/png;base64,AAAA"}]}, "400 invalid_value image"),
    ({"images": [REFERENCE], "mask": REFERENCE}, "400 invalid_mask mask"),
    ({"images": [REFERENCE], "image[]": [REFERENCE]}, "400 unknown_parameter image[]"),
    ({"images": [REFERENCE], "n": "1"}, "400 invalid_value n"),
]
WRONG: list[tuple[str, str, dict[str, Any], str]] = [
    ("GET", "/v1/nothing", {}, "404 not_found"),
    ("GET", GENERATIONS, {}, "405 method_not_allowed"),
    ("POST", GENERATIONS, {"data": b"{"}, "415 unsupported_media_type"),
    ("POST", EDITS, {"data": BODY}, "415 unsupported_media_type"),
    ("POST", EDITS, {"data": b"{", "headers": JSON}, "400 invalid_json"),
    ("POST", EDITS, {"data": b"[]", "headers": JSON}, "400 invalid_request"),
    ("POST", EDITS, {"json": BODY}, "400 missing_required_parameter images"),
    *(
        ("POST", EDITS, {"json": {"prompt": "x", **fields}}, expected)
        for fields, expected in WRONG_EDITS
    ),
    ("POST", EDITS, {"files": {"image": b"no image"}}, "400 missing_required_parameter"),
    (
        "POST",
        EDITS,
        {"files": {"image": b"no image"}, "data": {"prompt": "x"}},
        "400 invalid_value",
    ),
    (
        "POST",
        EDITS,
        {"files": [("image", FILE), ("mask", FILE)], "data": {"prompt": "x"}},
        "400 invalid_mask mask",
    ),
    ("POST", EDITS, {"files": [("mask", FILE)], "data": {"prompt": "x"}}, "400 missing"),
    (
        "POST",
        EDITS,
        {"files": [("image", FILE), ("markup", FILE)], "data": {"prompt": "x"}},
        "400 unknown",
    ),
    (
        "POST",
        EDITS,
        {"data": {"prompt": "x", "image": "data:image/png;base64,AAAA"}, "files": {"mask": FILE}},
        "400 invalid_value image[0]",
    ),
    (
        "POST",
        EDITS,
        {"files": [("image", FILE)] * 17, "data": {"prompt": "x"}},
        "400 invalid_value image",
    ),
    (
        "POST",
        GENERATIONS,
        {"json": BODY, "headers": {"Content-Encoding": "gzip"}},
        "415 unsupported_media_type",
    ),
    (
        "POST",
        EDITS,
        {"files": {"image": FILE}, "headers": {"Content-Encoding": "identity, br"}},
        "415 unsupported_media_type",
    ),
    ("POST", f"{GENERATIONS}?a=1", {"json": BODY}, "400 unknown_parameter"),
]


def test_errors_before_and_in_routes_have_one_shape(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """That of OpenAI, with the parameter where it is one."""
    with serving(settings_for(data_dir=tmp_path_factory.mktemp("shape"))) as service:
        for method, path, options, expected in WRONG:
            response = service.call(method, path, **options)
            found = f"{outcome(response)} {response.json()['error']['param'] or ''}"
            assert found.startswith(expected), (method, path, options)
            assert "uple" not in response.text
        assert service.call("POST", "/generate-image", data=b"{").json()["status"] == "error"
