"""Authentication accepts valid API keys, and rejects all others with the same error."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.errors import Unauthorized
from app.models import Budget, Caller, Scope
from app.services.caching.api_key_cache import SECONDS
from app.usecases.auth.key_format import id_in, new_id, new_text
from tests.support.api_key_service import ApiKeyService
from tests.support.fakes.api_keys import a_key

DAY = timedelta(days=1)


def test_caller_has_the_fields_of_the_key(service: ApiKeyService) -> None:
    """Id, name, scopes, rate and budget of the caller are those of the key."""
    budget = Budget(micros=5_000_000, period="day")
    created = service.keys.create("alice", scopes={Scope.DELETE}, rate="30/minute", budget=budget)
    assert service.authenticate(created.text) == Caller(
        id=created.key.id,
        name="alice",
        scopes=frozenset({Scope.DELETE}),
        rate="30/minute",
        budget=budget,
    )


def test_all_invalid_keys_get_the_same_error(service: ApiKeyService) -> None:
    """Clients can't distinguish unknown, revoked and expired keys and wrong secrets."""
    revoked, expired = service.create("revoked"), service.create("expired", lifetime=DAY)
    service.keys.revoke("revoked")
    service.clock.advance(DAY.total_seconds())
    key_id = service.keys.create("live", scopes=set()).key.id
    errors = set()
    for text in ("", new_text(new_id()), new_text(key_id), revoked, expired):
        with pytest.raises(Unauthorized) as raised:
            service.authenticate(text)
        error = raised.value
        assert not text or text not in str(error)
        errors.add((error.status, error.code, error.message, error.retry_after, str(error.facts)))
    assert len(errors) == 1


def test_key_expires_to_the_millisecond(service: ApiKeyService) -> None:
    """It is valid until the last millisecond, and then no longer, even if it is cached."""
    text = service.create(lifetime=DAY)
    service.clock.advance(DAY.total_seconds() - 0.001)
    assert service.authenticate(text).name == "alice"
    service.clock.advance(0.001)
    with pytest.raises(Unauthorized):
        service.authenticate(text)


def test_replaced_secret_is_valid_for_the_grace_time(service: ApiKeyService) -> None:
    """Both secrets are valid until the grace time ends; the id stays the same."""
    old = service.create()
    rotated = service.keys.rotate("alice", grace=DAY)
    assert service.accepts(old)
    assert service.accepts(rotated.text)
    assert id_in(old) == id_in(rotated.text) == rotated.key.id
    service.clock.advance(DAY.total_seconds() - 2 * SECONDS - 0.001)
    assert service.authenticate(old).name == "alice"
    service.clock.advance(0.001)
    with pytest.raises(Unauthorized):
        service.authenticate(old)
    assert service.accepts(rotated.text)


def test_second_rotation_ends_the_first_grace_time(service: ApiKeyService) -> None:
    """Only the last two secrets are valid, and revoking the key ends both immediately."""
    first = service.create()
    second = service.keys.rotate("alice", grace=DAY).text
    third = service.keys.rotate("alice", grace=DAY).text
    assert [service.accepts(text) for text in (first, second, third)] == [False, True, True]
    service.keys.revoke("alice")
    assert [service.accepts(text) for text in (first, second, third)] == [False] * 3


def test_key_without_a_hash_is_never_valid(service: ApiKeyService) -> None:
    """A damaged key in the repository accepts no secret."""
    text = new_text("Ab3dEf6hIj")
    damaged = replace(a_key(), hash="", previous_until=service.clock.time + DAY)
    service.repository.insert(damaged)
    assert not service.accepts(text)
