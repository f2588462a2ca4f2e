"""API keys over HTTP: who is let in, for what, and what the others are told."""

import http.client
import json
import uuid
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from app.http.contract.decorator import Contract
from app.models import Scope
from app.services.caching.api_key_cache import REST_SECONDS
from app.usecases.auth.key_format import new_id, new_text
from tests.attacks import Seen, attack
from tests.support.http.authenticated_service import Locked, locked
from tests.support.service import Parts, Service

DAY = timedelta(days=1)
REMEMBERED = 5.0
ABSENT = f"/images/{uuid.UUID(int=0)}.png"


def bad_headers(door: Locked) -> list[list[tuple[str, str]]]:
    """Send all that is no key, is one no more, or is more than one."""
    good, other = door.made("good"), door.made("other")
    revoked, expired = door.made("revoked"), door.made("expired", lifetime=DAY)
    key_id = door.keys.create("live", scopes=frozenset(Scope)).key.id
    door.keys.revoke("revoked")
    door.clock.advance(DAY.total_seconds())
    bad = ["", "x", good[:-1], f"{good}0", good.upper(), f"{good}\x01", f"{good}\x7f", "\xe9" * 53]
    bad += [new_text(new_id()), new_text(key_id), revoked, expired, f"{good},{good}"]
    alone = [[("Authorization", f"Bearer {text}")] for text in bad] + [
        [("X-API-Key", text)] for text in bad
    ]
    bearer, header = ("Authorization", f"Bearer {good}"), ("X-API-Key", good)
    return [
        *([], *alone),
        *([bearer, ("X-API-Key", other)], [bearer, ("X-API-Key", "x")]),
        *([bearer, bearer], [header, header], [("X-API-Key", other), header]),
        *([("Authorization", good)], [("Authorization", f"Basic {good}")]),
        *([("Authorization", f"Bearer{good}")], [("Authorization", f"Bearer\t{good}")]),
        *([("Authorization", f"Bearer {good} {good}")], [("Cookie", f"key={good}")]),
    ]


@attack(
    "Keys that are missing, malformed, unknown, wrong, revoked, expired, or several at once",
    expect="one answer to all of them: 401 unauthorized",
)
def test_all_bad_keys_get_the_very_same_answer(door: Locked, seen: Seen) -> None:
    """Missing, malformed, unknown, wrong, revoked, expired, several: one 401, byte for byte."""
    answers = set()
    for headers in bad_headers(door):
        connection = http.client.HTTPConnection(urlsplit(door.service.url).netloc, timeout=10)
        connection.putrequest("GET", "/images")
        for name, value in [*headers, ("X-Request-ID", "same")]:
            connection.putheader(name, value.encode("latin-1"))
        connection.endheaders()
        answer = connection.getresponse()
        reported = sorted((name, value) for name, value in answer.getheaders() if name != "Date")
        answers.add((answer.status, answer.read(), tuple(reported)))
        connection.close()
    ((status, body, reported_headers),) = answers
    seen(f"one answer to all of them: {status} {json.loads(body)['code']}")
    assert ("WWW-Authenticate", "Bearer") in reported_headers
    assert ("Access-Control-Allow-Origin", "*") in dict(reported_headers).items()


def test_a_key_comes_in_one_of_two_headers(door: Locked) -> None:
    """Bearer, in any spelling, or X-API-Key, or both if they are the same."""
    key = door.made("alice")
    for headers in (
        {"Authorization": f"Bearer {key}"},
        {"Authorization": f"bEARER  {key}"},
        {"X-API-Key": key},
        {"X-API-Key": key, "Authorization": f"Bearer {key}"},
        {"X-API-Key": key, "Authorization": "Basic dXNlcjpwYXNz"},  # a proxy's own
    ):
        assert door.get("/images", headers=headers).status_code == 200


def test_every_call_with_a_scope_asks_for_it(embedded_locked: Locked) -> None:
    """Without a key it is 401; with all scopes but the one, 403; and neither reads the body."""
    door, seen = embedded_locked, set()
    keys = {scope: door.made(scope, frozenset(Scope) - {scope}) for scope in Scope}
    for rule in door.service.app.url_map.iter_rules():
        declared = getattr(door.service.app.view_functions[rule.endpoint], "contract", None)
        if not isinstance(declared, Contract) or declared.scope is None:
            continue
        path = rule.rule.replace("<image_name:filename>", ABSENT.rpartition("/")[2])
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            assert door.call(method, path).status_code == 401
            answer = door.call(method, path, keys[declared.scope], data=b"{broken")
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
            seen.add((method, declared.scope))
    assert {("POST", "generate"), ("GET", "read"), ("DELETE", "delete")} <= seen


def test_what_is_for_everyone_never_asks(embedded_locked: Locked) -> None:
    """Health, documents and pages are 200 with no key and with a bad one; so are images."""
    door = embedded_locked
    image = door.image(door.made("alice"))
    paths = (
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/docs",
        "/",
        "/static/studio/main.js",
        image,
    )
    for path in (*paths, f"{image}?w=64"):
        assert [door.get(path, key).status_code for key in ("", "bad")] == [200, 200]
    assert door.get(image).headers["Cache-Control"].startswith("public, ")
    assert "Vary" not in door.get(image).headers


@attack("A revoked key, five seconds later", expect="401 unauthorized")
def test_a_revoked_key_is_out_within_five_seconds(door: Locked, seen: Seen) -> None:
    """Until then the answer before may hold; then it is 401."""
    key = door.made("alice")
    assert door.get("/images", key).status_code == 200
    door.keys.revoke("alice")
    door.clock.advance(REMEMBERED)
    seen(door.get("/images", key))


def test_rotation_breaks_nobody(door: Locked) -> None:
    """Old and new secret work, and see the same images, until the grace time is over."""
    old = door.made("alice")
    made = door.image(old)
    new = door.rotated("alice", grace=DAY)
    door.clock.advance(REMEMBERED)
    for key in (old, new):
        assert door.get(f"{made}/metadata", key).status_code == 200
    door.clock.advance(DAY.total_seconds())
    assert [door.get("/images", key).status_code for key in (old, new)] == [401, 200]


def test_a_key_expires(door: Locked) -> None:
    """To the second, however busy it is."""
    key = door.made("alice", lifetime=DAY)
    door.clock.advance(DAY.total_seconds() - 1)
    assert door.get("/images", key).status_code == 200
    door.clock.advance(1)
    assert door.get("/images", key).status_code == 401


def test_idempotency_keys_are_each_callers_own(door: Locked) -> None:
    """The same Idempotency-Key of two callers is two images; of one caller it is one."""
    alice, bob = door.made("alice"), door.made("bob")
    again = {"Idempotency-Key": "the-same-one"}
    names = [door.generate(key, **again).json()["filename"] for key in (alice, bob, alice, bob)]
    assert names[:2] == names[2:]
    assert len(set(names)) == 2
    owners = {row.owner for row in door.service.ports.records.scan(limit=10)}
    assert owners == {key.id for key in door.keys.list()}


@attack("A good key in the address", expect="401 unauthorized")
def test_a_key_in_the_address_is_no_key(embedded_locked: Locked, seen: Seen) -> None:
    """It is 401 alone, and 400 beside a good one; the log has no query, so no key either."""
    door = embedded_locked
    key = door.made("alice")
    for name in ("api_key", "key", "access_token"):
        seen(door.get(f"/images?{name}={key}"))
        answer = door.get(f"/images?{name}={key}", key)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert " GET /images 400 " in door.service.log.getvalue()


def test_browsers_may_send_both_headers(embedded_locked: Locked) -> None:
    """A preflight needs no key, and allows the headers; the 401 after it can be read."""
    origin = {"Origin": "https://app.example.com"}
    preflight = origin | {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,x-api-key",
    }
    answer = embedded_locked.call("OPTIONS", "/generate-image", headers=preflight)
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert answer.status_code == 200
    assert "authorization" in allowed
    assert "x-api-key" in allowed
    refused = embedded_locked.get("/images", headers=origin)
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, "*")


def test_nobody_passes_while_keys_can_not_be_asked(real_locked: Locked, parts: Parts) -> None:
    """With MongoDB down a good key is 503 and draws nothing; afterwards it works."""
    door = real_locked
    key = door.made("alice")
    parts.mongo.refuse()
    answer = door.generate(key)
    assert (answer.status_code, answer.json()["code"]) == (503, "records_unavailable")
    assert parts.fake.paid == 0
    assert door.get("/images").status_code == 401  # nobody need be asked about no key
    parts.mongo.pass_through()
    door.clock.advance(REST_SECONDS)
    assert door.get("/images", key).status_code == 200


def test_without_the_setting_no_key_is_looked_at(embedded: Service) -> None:
    """Whatever is sent as a key, everyone is let in, and images are nobody's."""
    for key in ("", "bad", new_text(new_id())):
        assert embedded.get("/images", headers={"X-API-Key": key}).status_code == 200
    embedded.generate()
    (row,) = embedded.ports.records.scan(limit=10)
    assert row.owner == ""


def test_the_description_says_where_keys_go(embedded: Service, embedded_locked: Locked) -> None:
    """Both headers are described; calls with a scope need one of them where keys are asked for."""
    for service, needed in ((embedded, True), (embedded_locked.service, False)):
        document = service.get("/openapi.json").json()
        schemes = document["components"]["securitySchemes"]
        assert {(one["type"], one.get("name", one.get("scheme"))) for one in schemes.values()} == {
            ("http", "bearer"),
            ("apiKey", "X-API-Key"),
        }
        security = document["paths"]["/images"]["get"]["security"]
        assert ({} in security) is needed
        assert [*schemes] == [name for one in security for name in one]
        assert "security" not in document["paths"]["/healthz"]["get"]


def test_what_a_key_shows_is_for_no_shared_cache(door: Locked) -> None:
    """A cache that doesn't know X-API-Key must not hand one caller's answers to another."""
    key = door.made("alice")
    image = door.image(key)
    for path in ("/images", f"{image}/metadata", "/usage"):
        assert "no-store" in door.get(path, headers={"X-API-Key": key}).headers["Cache-Control"]
    assert "no-store" in door.generate(key).headers["Cache-Control"]


def test_who_tries_keys_is_counted(tmp_path: Path) -> None:
    """Each invented key is looked up, so an address has only so many tries."""
    with locked(data_dir=tmp_path, rate_limit_default="3/minute") as guarded:
        tries = [guarded.get("/images", new_text(new_id())).status_code for _ in range(5)]
    assert tries == [401, 401, 401, 429, 429]
