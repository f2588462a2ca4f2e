"""The text of API keys: its form, its checksum, and its hash."""

import re

import pytest

from app.errors import Unauthorized
from app.models import Scope
from app.usecases.auth.key_format import hash_of, id_in, new_id, new_text
from tests.support.api_key_service import ApiKeyService

SCANNED = re.compile(r"\bigk_[0-9A-Za-z]{10}_[0-9A-Za-z]{38}\b")  # the pattern in docs/api.md


def test_secret_scanners_find_keys() -> None:
    """All keys match the documented pattern, differ from each other, and contain their id."""
    ids = [new_id() for _ in range(200)]
    texts = [new_text(key_id) for key_id in ids]
    assert len(set(texts)) == len(set(ids)) == 200
    for key_id, text in zip(ids, texts, strict=True):
        assert SCANNED.findall(f"key={text}, and more") == [text]
        assert id_in(text) == key_id
    assert new_text(ids[0]) != new_text(ids[0])


def changed(text: str, place: int) -> str:
    """Return the text with another character at this place."""
    return text[:place] + ("a" if text[place] != "a" else "b") + text[place + 1 :]


def test_malformed_key_is_refused_without_a_lookup(service: ApiKeyService) -> None:
    """Typing errors and most invented keys fail by form or checksum."""
    key = service.create()
    mistyped = [changed(key, place) for place in range(len(key))]
    cut = ["", key[:-1], key[1:], f"{key}0", f"{key}\n", f" {key}", f"{key},{key}"]
    spelled = [key.upper(), key.swapcase(), key[:-1] + "\N{ARABIC-INDIC DIGIT ONE}", key + "\0"]
    for text in mistyped + cut + spelled:
        with pytest.raises(Unauthorized):
            service.authenticate(text)
    assert service.lookups() == 0


def test_only_the_hash_is_stored(service: ApiKeyService) -> None:
    """The SHA-256 of the whole text is stored; no `repr` contains the secret."""
    created = service.keys.create("alice", scopes={Scope.READ})
    (stored,) = service.repository.by_id.values()
    assert stored.hash == hash_of(created.text)
    assert created.text[-38:] not in repr(stored) + repr(created)
