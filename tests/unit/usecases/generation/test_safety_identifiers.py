"""Callers are named to the provider without revealing who they are."""

import pytest

from app.usecases.generation.estimates import SafetyIdentifiers

IDS = ["k1", "k2", "K1", "k1 ", "\u732b", "a" * 300]


def test_an_identifier_is_stable_and_distinct() -> None:
    """Each caller has its own identifier, on every server with the same secret."""
    found = [SafetyIdentifiers("secret").of(caller_id) for caller_id in IDS]
    assert found == [SafetyIdentifiers("secret").of(caller_id) for caller_id in IDS]
    assert len(set(found)) == len(IDS)
    assert all(len(identifier) == 64 and identifier.isalnum() for identifier in found)
    assert not set(found) & {SafetyIdentifiers("another").of(caller_id) for caller_id in IDS}


@pytest.mark.parametrize(("secret", "caller_id"), [("", "k1"), ("secret", ""), ("", "")])
def test_without_a_key_there_is_no_identifier(secret: str, caller_id: str) -> None:
    """A server without API keys, or without a secret, sends none."""
    assert SafetyIdentifiers(secret).of(caller_id) == ""


def test_the_secret_is_not_in_its_representation() -> None:
    """A log line about the object has no secret."""
    assert "secret value" not in repr(SafetyIdentifiers("secret value"))
