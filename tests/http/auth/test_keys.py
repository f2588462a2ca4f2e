"""API keys over HTTP: authentication, scopes, and errors for bad keys."""

import http.client
import json
import uuid
from datetime import timedelta
from urllib.parse import urlsplit

from app.http.contract.decorator import Contract
from app.models import Scope
from app.usecases.auth.key_format import new_id, new_text
from tests.attacks import Observe, attack
from tests.support.http.authenticated_service import AuthenticatedService
from tests.support.service import Service

DAY = timedelta(days=1)
ABSENT = f"/images/{uuid.UUID(int=0)}.png"


def bad_headers(auth_service: AuthenticatedService) -> list[list[tuple[str, str]]]:
    """Return headers with missing, malformed, unknown, revoked, expired and multiple keys."""
    good, other = auth_service.create_key("good"), auth_service.create_key("other")
    revoked, expired = (
        auth_service.create_key("revoked"),
        auth_service.create_key("expired", lifetime=DAY),
    )
    key_id = auth_service.api_keys.create("live", scopes=frozenset(Scope)).key.id
    auth_service.api_keys.revoke("revoked")
    auth_service.clock.advance(DAY.total_seconds())
    bad = ["", "x", good[:-1], f"{good}0", good.upper(), f"{good}\x01", f"{good}\x7f", "\xe9" * 53]
    bad += [new_text(new_id()), new_text(key_id), revoked, expired, f"{good},{good}"]
    single = [[("Authorization", f"Bearer {text}")] for text in bad] + [
        [("X-API-Key", text)] for text in bad
    ]
    bearer, header = ("Authorization", f"Bearer {good}"), ("X-API-Key", good)
    return [
        *([], *single),
        *([bearer, ("X-API-Key", other)], [bearer, ("X-API-Key", "x")]),
        *([bearer, bearer], [header, header], [("X-API-Key", other), header]),
        *([("Authorization", good)], [("Authorization", f"Basic {good}")]),
        *([("Authorization", f"Bearer{good}")], [("Authorization", f"Bearer\t{good}")]),
        *([("Authorization", f"Bearer {good} {good}")], [("Cookie", f"key={good}")]),
    ]


@attack(
    "Missing, malformed, unknown, wrong, revoked, expired and multiple keys",
    expect="the same response to all of them: 401 unauthorized",
)
def test_all_bad_keys_get_the_same_response(
    auth_service: AuthenticatedService, observe: Observe
) -> None:
    """Missing, malformed, unknown, revoked, expired and multiple keys get the same 401 bytes."""
    responses = set()
    for headers in bad_headers(auth_service):
        connection = http.client.HTTPConnection(
            urlsplit(auth_service.service.url).netloc, timeout=60
        )
        connection.putrequest("GET", "/images")
        for name, value in [*headers, ("X-Request-ID", "same")]:
            connection.putheader(name, value.encode("latin-1"))
        connection.endheaders()
        response = connection.getresponse()
        headers_sent = sorted(
            (name, value) for name, value in response.getheaders() if name != "Date"
        )
        responses.add((response.status, response.read(), tuple(headers_sent)))
        connection.close()
    ((status, body, response_headers),) = responses
    observe(f"the same response to all of them: {status} {json.loads(body)['code']}")
    assert ("WWW-Authenticate", "Bearer") in response_headers
    assert ("Access-Control-Allow-Origin", "*") in dict(response_headers).items()


def test_key_is_accepted_in_either_header(auth_service: AuthenticatedService) -> None:
    """A key is accepted as Bearer in any case, as X-API-Key, or as both if they are equal."""
    key = auth_service.create_key("alice")
    for headers in (
        {"Authorization": f"Bearer {key}"},
        {"Authorization": f"bEARER  {key}"},
        {"X-API-Key": key},
        {"X-API-Key": key, "Authorization": f"Bearer {key}"},
        {"X-API-Key": key, "Authorization": "Basic dXNlcjpwYXNz"},  # for a proxy
    ):
        assert auth_service.get("/images", headers=headers).status_code == 200


def test_every_endpoint_with_a_scope_requires_it(
    embedded_auth_service: AuthenticatedService,
) -> None:
    """401 without a key, 403 with a key without the scope; neither reads the body."""
    auth_service, checked = embedded_auth_service, set()
    keys = {scope: auth_service.create_key(scope, frozenset(Scope) - {scope}) for scope in Scope}
    for rule in auth_service.service.app.url_map.iter_rules():
        contract = getattr(auth_service.service.app.view_functions[rule.endpoint], "contract", None)
        if not isinstance(contract, Contract) or contract.scope is None:
            continue
        path = rule.rule.replace("<image_name:filename>", ABSENT.rpartition("/")[2])
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            assert auth_service.call(method, path).status_code == 401
            response = auth_service.call(method, path, keys[contract.scope], data=b"{broken")
            body = response.json()
            assert (response.status_code, body.get("error", body)["code"]) == (403, "forbidden")
            checked.add((method, contract.scope))
    assert {("POST", "generate"), ("GET", "read"), ("DELETE", "delete")} <= checked


def test_public_endpoints_need_no_key(embedded_auth_service: AuthenticatedService) -> None:
    """Health, documents, pages and images are 200 without a key and with a bad one."""
    auth_service = embedded_auth_service
    image = auth_service.create_image(auth_service.create_key("alice"))
    paths = (
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/docs",
        "/",
        "/gallery",
        "/static/studio/create_page.js",
        image,
    )
    for path in (*paths, f"{image}?w=64"):
        assert [auth_service.get(path, key).status_code for key in ("", "bad")] == [200, 200]
    assert auth_service.get(image).headers["Cache-Control"].startswith("public, ")
    assert "Vary" not in auth_service.get(image).headers


def test_idempotency_keys_are_scoped_to_the_caller(auth_service: AuthenticatedService) -> None:
    """The same Idempotency-Key gives one image per caller."""
    alice, bob = auth_service.create_key("alice"), auth_service.create_key("bob")
    headers = {"Idempotency-Key": "the-same-one"}
    names = [
        auth_service.generate(key, **headers).json()["filename"] for key in (alice, bob, alice, bob)
    ]
    assert names[:2] == names[2:]
    assert len(set(names)) == 2
    owners = {record.owner for record in auth_service.service.ports.records.scan(limit=10)}
    assert owners == {key.id for key in auth_service.api_keys.list()}


@attack("A valid key in the URL", expect="401 unauthorized")
def test_key_in_the_url_is_not_accepted(
    embedded_auth_service: AuthenticatedService, observe: Observe
) -> None:
    """401 without a key in a header, else 400; the log has no query, and so no key."""
    auth_service = embedded_auth_service
    key = auth_service.create_key("alice")
    for name in ("api_key", "key", "access_token"):
        observe(auth_service.get(f"/images?{name}={key}"))
        response = auth_service.get(f"/images?{name}={key}", key)
        assert (response.status_code, response.json()["code"]) == (400, "invalid_request")
    assert " GET /images 400 " in auth_service.service.log.getvalue()


def test_cors_allows_both_headers(embedded_auth_service: AuthenticatedService) -> None:
    """A preflight needs no key and allows both headers; scripts can read a 401."""
    origin = {"Origin": "https://app.example.com"}
    preflight = origin | {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,x-api-key",
    }
    response = embedded_auth_service.call("OPTIONS", "/generate-image", headers=preflight)
    allowed = response.headers["Access-Control-Allow-Headers"].lower()
    assert response.status_code == 200
    assert "authorization" in allowed
    assert "x-api-key" in allowed
    response = embedded_auth_service.get("/images", headers=origin)
    assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (401, "*")


def test_without_auth_required_keys_are_ignored(embedded: Service) -> None:
    """Any or no key is accepted, and images have no owner."""
    for key in ("", "bad", new_text(new_id())):
        assert embedded.get("/images", headers={"X-API-Key": key}).status_code == 200
    embedded.generate()
    (record,) = embedded.ports.records.scan(limit=10)
    assert record.owner == ""


def test_openapi_document_describes_keys(
    embedded: Service, embedded_auth_service: AuthenticatedService
) -> None:
    """Both headers are security schemes, optional unless API keys are required."""
    for service, optional in ((embedded, True), (embedded_auth_service.service, False)):
        document = service.get("/openapi.json").json()
        schemes = document["components"]["securitySchemes"]
        assert {
            (scheme["type"], scheme.get("name", scheme.get("scheme")))
            for scheme in schemes.values()
        } == {
            ("http", "bearer"),
            ("apiKey", "X-API-Key"),
        }
        security = document["paths"]["/images"]["get"]["security"]
        assert ({} in security) is optional
        assert [*schemes] == [name for requirement in security for name in requirement]
        assert document["paths"]["/healthz"]["get"]["security"] == []


def test_responses_to_a_key_are_not_for_shared_caches(auth_service: AuthenticatedService) -> None:
    """Responses are no-store, for caches that don't know X-API-Key."""
    key = auth_service.create_key("alice")
    image = auth_service.create_image(key)
    for path in ("/images", f"{image}/metadata", "/usage"):
        assert (
            "no-store"
            in auth_service.get(path, headers={"X-API-Key": key}).headers["Cache-Control"]
        )
    assert "no-store" in auth_service.generate(key).headers["Cache-Control"]
