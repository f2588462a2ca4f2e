"""API keys are created, revoked and rotated by name or id."""

from datetime import timedelta

import pytest

from app.usecases.auth.api_keys import ApiKeyRejected
from app.usecases.auth.key_format import id_in
from tests.support.api_key_service import ApiKeyService

DAY = timedelta(days=1)


def test_keys_are_changed_by_name_or_id(service: ApiKeyService) -> None:
    """An unknown name, or a key that is revoked or expired, is refused and nothing changes."""
    key_id = id_in(service.create())
    assert key_id is not None
    assert service.keys.rotate(key_id, grace=DAY).key.name == "alice"
    first = service.keys.revoke(key_id).revoked_at
    service.clock.advance(60)
    assert service.keys.revoke("alice").revoked_at == first
    service.create("expired", lifetime=DAY)
    service.clock.advance(2 * DAY.total_seconds())
    before = dict(service.repository.by_id)
    for name in ("alice", "expired", "unknown", ""):
        with pytest.raises(ApiKeyRejected):
            service.keys.rotate(name, grace=DAY)
    with pytest.raises(ApiKeyRejected):
        service.keys.revoke("unknown")
    assert service.repository.by_id == before


@pytest.mark.parametrize("name", ["", " ", "a b", "-a", "ä", "a\n", "a\x1b[1m", "a" * 65, "../a"])
def test_malformed_name_is_refused(service: ApiKeyService, name: str) -> None:
    """No key is created with a name that could confuse a log, a terminal or a shell."""
    with pytest.raises(ApiKeyRejected):
        service.create(name)
    assert service.repository.by_id == {}


def test_names_are_unique(service: ApiKeyService) -> None:
    """The name of a revoked key stays taken, so that a name in the log means one key."""
    service.create()
    service.keys.revoke("alice")
    with pytest.raises(ApiKeyRejected):
        service.create()


def test_name_can_not_be_the_id_of_another_key(service: ApiKeyService) -> None:
    """So revoking a key by its id can't revoke another one."""
    key_id = id_in(service.create())
    assert key_id is not None
    with pytest.raises(ApiKeyRejected):
        service.create(key_id)
    assert service.keys.revoke(key_id).name == "alice"


def test_concurrent_changes_are_both_applied(service: ApiKeyService) -> None:
    """A rotation between the read and the write of a revocation does not undo it."""
    text = service.create()
    compare_and_swap = service.repository.compare_and_swap

    def rotate_first(old: object, new: object) -> bool:
        service.repository.compare_and_swap = compare_and_swap  # type: ignore[method-assign]  # reason: once only
        service.keys.rotate("alice", grace=DAY)
        return compare_and_swap(old, new)  # type: ignore[arg-type]  # reason: passed through

    service.repository.compare_and_swap = rotate_first  # type: ignore[method-assign]  # reason: once only
    service.keys.revoke("alice")
    assert not service.accepts(text)
