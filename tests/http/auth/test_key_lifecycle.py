"""API keys over time: revocation, rotation, expiry and outages."""

from datetime import timedelta
from pathlib import Path

from app.services.caching.api_key_cache import REST_SECONDS
from app.usecases.auth.key_format import new_id, new_text
from tests.attacks import Observe, attack
from tests.support.http.authenticated_service import AuthenticatedService, serving_with_keys
from tests.support.service import Parts

DAY = timedelta(days=1)
CACHE_SECONDS = 5.0


@attack("A revoked key, five seconds later", expect="401 unauthorized")
def test_revoked_key_is_rejected_within_five_seconds(
    auth_service: AuthenticatedService, observe: Observe
) -> None:
    """A cached key may be valid for five seconds more; then it is 401."""
    key = auth_service.create_key("alice")
    assert auth_service.get("/images", key).status_code == 200
    auth_service.api_keys.revoke("alice")
    auth_service.clock.advance(CACHE_SECONDS)
    observe(auth_service.get("/images", key))


def test_rotation_keeps_the_old_key_for_the_grace_time(auth_service: AuthenticatedService) -> None:
    """Old and new key work, for the same images, until the grace time is over."""
    old = auth_service.create_key("alice")
    image = auth_service.create_image(old)
    new = auth_service.rotate_key("alice", grace=DAY)
    auth_service.clock.advance(CACHE_SECONDS)
    for key in (old, new):
        assert auth_service.get(f"{image}/metadata", key).status_code == 200
    auth_service.clock.advance(DAY.total_seconds())
    assert [auth_service.get("/images", key).status_code for key in (old, new)] == [401, 200]


def test_key_expires(auth_service: AuthenticatedService) -> None:
    """A key is rejected from the second of its expiry on, also while in use."""
    key = auth_service.create_key("alice", lifetime=DAY)
    auth_service.clock.advance(DAY.total_seconds() - 1)
    assert auth_service.get("/images", key).status_code == 200
    auth_service.clock.advance(1)
    assert auth_service.get("/images", key).status_code == 401


def test_keys_are_not_accepted_while_records_are_down(
    real_auth_service: AuthenticatedService, parts: Parts
) -> None:
    """With MongoDB down a valid key is 503 and nothing is generated; later it works."""
    auth_service = real_auth_service
    key = auth_service.create_key("alice")
    parts.mongo.refuse()
    response = auth_service.generate(key)
    assert (response.status_code, response.json()["code"]) == (503, "records_unavailable")
    assert parts.fake.paid == 0
    assert auth_service.get("/images").status_code == 401  # a missing key needs no lookup
    parts.mongo.pass_through()
    auth_service.clock.advance(REST_SECONDS)
    assert auth_service.get("/images", key).status_code == 200


def test_unknown_keys_are_rate_limited(tmp_path: Path) -> None:
    """Each unknown key counts against the rate limit of its address."""
    with serving_with_keys(data_dir=tmp_path, rate_limit_default="3/hour") as limited:
        statuses = [limited.get("/images", new_text(new_id())).status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
