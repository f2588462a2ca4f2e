"""Keys: their text, how they are made and changed, and whom they let in."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from app.errors import RecordsUnavailable, Unauthorized
from app.models import ApiKey, Budget, Caller, Scope
from app.services.caching.api_key_cache import KEYS, REST_SECONDS, SECONDS, CachedApiKeys
from app.usecases.auth.api_keys import ApiKeyRejected, ApiKeys
from app.usecases.auth.authentication import Authentication
from app.usecases.auth.key_format import hash_of, id_in, new_id, new_text
from tests.support.concurrency.threads import wait_until
from tests.support.fakes.api_keys import FakeApiKeys, a_key
from tests.support.fakes.ports import FakeClock

SCANNED = re.compile(r"\bigk_[0-9A-Za-z]{10}_[0-9A-Za-z]{38}\b")  # the pattern in docs/api.md
DAY = timedelta(days=1)


class Office:
    """Makes keys and lets callers in, on fakes."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ring = FakeApiKeys([])
        self.keys = ApiKeys(self.ring, self.clock)
        self.cached = CachedApiKeys(self.ring, self.clock)
        self.authenticate = Authentication(self.cached.get, self.clock)

    def made(self, name: str = "alice", lifetime: timedelta | None = None) -> str:
        """Make a key and return its text; what that asks the ring isn't counted."""
        text = self.keys.create(name, scopes={Scope.READ}, lifetime=lifetime).text
        self.ring.events.clear()
        return text

    def lets_in(self, text: str) -> bool:
        """Tell whether this text is let in once nothing is remembered any more."""
        self.clock.advance(SECONDS)
        try:
            self.authenticate(text)
        except Unauthorized:
            return False
        return True

    def asked(self) -> int:
        """Tell how often the ring was asked for an id."""
        return self.ring.events.count("keys get")


@pytest.fixture
def office() -> Office:
    """Open one without keys."""
    return Office()


def test_a_key_is_found_by_scanners_and_says_whose_it_is() -> None:
    """Keys have the one form, differ from each other, and hold their public id."""
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


def test_what_fails_form_or_checksum_asks_no_store(office: Office) -> None:
    """A slip of a finger, and most of what is invented, is refused without a question."""
    key = office.made()
    slips = [changed(key, place) for place in range(len(key))]
    cut = ["", key[:-1], key[1:], f"{key}0", f"{key}\n", f" {key}", f"{key},{key}"]
    spelt = [key.upper(), key.swapcase(), key[:-1] + "\N{ARABIC-INDIC DIGIT ONE}", key + "\0"]
    for text in slips + cut + spelt:
        with pytest.raises(Unauthorized):
            office.authenticate(text)
    assert office.asked() == 0


def test_only_the_hash_is_kept(office: Office) -> None:
    """What is stored is the SHA-256 of the whole text; neither repr nor row holds the secret."""
    made = office.keys.create("alice", scopes={Scope.READ})
    (row,) = office.ring.by_id.values()
    assert row.hash == hash_of(made.text)
    assert made.text[-38:] not in repr(row) + repr(made)


def test_the_caller_is_what_the_key_says(office: Office) -> None:
    """Id, name, scopes, rate and budget of the caller are those of the key."""
    budget = Budget(micros=5_000_000, period="day")
    made = office.keys.create("alice", scopes={Scope.DELETE}, rate="30/minute", budget=budget)
    assert office.authenticate(made.text) == Caller(
        id=made.key.id,
        name="alice",
        scopes=frozenset({Scope.DELETE}),
        rate="30/minute",
        budget=budget,
    )


def test_all_bad_keys_are_one_and_the_same_error(office: Office) -> None:
    """Unknown, of another secret, revoked and expired: callers are told the same."""
    revoked, expired = office.made("revoked"), office.made("expired", lifetime=DAY)
    office.keys.revoke("revoked")
    office.clock.advance(DAY.total_seconds())
    key_id = office.keys.create("live", scopes=set()).key.id
    reported = set()
    for text in ("", new_text(new_id()), new_text(key_id), revoked, expired):
        with pytest.raises(Unauthorized) as raised:
            office.authenticate(text)
        error = raised.value
        assert not text or text not in str(error)
        reported.add((error.status, error.code, error.message, error.retry_after, str(error.facts)))
    assert len(reported) == 1


def test_a_key_expires_in_its_moment(office: Office) -> None:
    """Up to the last millisecond it is good, cached or not, and then no longer."""
    text = office.made(lifetime=DAY)
    office.clock.advance(DAY.total_seconds() - 0.001)
    assert office.authenticate(text).name == "alice"
    office.clock.advance(0.001)
    with pytest.raises(Unauthorized):
        office.authenticate(text)


def test_rotation_has_a_grace_time(office: Office) -> None:
    """Old and new work until the grace is over, then the new one alone; the id is the same."""
    old = office.made()
    rotated = office.keys.rotate("alice", grace=DAY)
    assert office.lets_in(old)
    assert office.lets_in(rotated.text)
    assert id_in(old) == id_in(rotated.text) == rotated.key.id
    office.clock.advance(DAY.total_seconds() - 2 * SECONDS - 0.001)
    assert office.authenticate(old).name == "alice"
    office.clock.advance(0.001)
    with pytest.raises(Unauthorized):
        office.authenticate(old)
    assert office.lets_in(rotated.text)


def test_a_second_rotation_ends_the_grace_of_the_first(office: Office) -> None:
    """Only the last two secrets can work; and revoking ends both at once."""
    first = office.made()
    second = office.keys.rotate("alice", grace=DAY).text
    third = office.keys.rotate("alice", grace=DAY).text
    assert [office.lets_in(text) for text in (first, second, third)] == [False, True, True]
    office.keys.revoke("alice")
    assert [office.lets_in(text) for text in (first, second, third)] == [False] * 3


def test_keys_are_changed_by_name_or_id(office: Office) -> None:
    """Both name a key; what names none, or isn't live, is refused and nothing changes."""
    key_id = id_in(office.made())
    assert key_id is not None
    assert office.keys.rotate(key_id, grace=DAY).key.name == "alice"
    first = office.keys.revoke(key_id).revoked_at
    office.clock.advance(60)
    assert office.keys.revoke("alice").revoked_at == first
    before = dict(office.ring.by_id)
    office.made("old", lifetime=DAY)
    office.clock.advance(2 * DAY.total_seconds())
    before |= office.ring.by_id
    for name in ("alice", "old", "nobody", ""):
        with pytest.raises(ApiKeyRejected):
            office.keys.rotate(name, grace=DAY)
    with pytest.raises(ApiKeyRejected):
        office.keys.revoke("nobody")
    assert office.ring.by_id == before


@pytest.mark.parametrize("name", ["", " ", "a b", "-a", "ä", "a\n", "a\x1b[1m", "a" * 65, "../a"])
def test_names_are_plain(office: Office, name: str) -> None:
    """A name that could confuse a log, a terminal or a shell is refused, and nothing is made."""
    with pytest.raises(ApiKeyRejected):
        office.made(name)
    assert office.ring.by_id == {}


def test_names_are_unique(office: Office) -> None:
    """The name of a revoked key is taken too: what is logged under a name is of one key."""
    office.made()
    office.keys.revoke("alice")
    with pytest.raises(ApiKeyRejected):
        office.made()


def test_a_name_is_no_other_keys_id(office: Office) -> None:
    """Who revokes a key by its id can't hit another one that was named so."""
    key_id = id_in(office.made())
    assert key_id is not None
    with pytest.raises(ApiKeyRejected):
        office.made(key_id)
    assert office.keys.revoke(key_id).name == "alice"


def test_two_who_change_a_key_at_once_both_have_their_way(office: Office) -> None:
    """A rotation that comes between reading and revoking doesn't undo the revocation."""
    text = office.made()
    compare_and_swap = office.ring.compare_and_swap

    def late(old: object, new: object) -> bool:  # another rotates in the meantime
        office.ring.compare_and_swap = compare_and_swap  # type: ignore[method-assign]  # reason: once only
        office.keys.rotate("alice", grace=DAY)
        return compare_and_swap(old, new)  # type: ignore[arg-type]  # reason: passed through

    office.ring.compare_and_swap = late  # type: ignore[method-assign]  # reason: once only
    office.keys.revoke("alice")
    assert not office.lets_in(text)


@pytest.mark.parametrize("known", [True, False])
def test_a_busy_key_asks_once_in_five_seconds(office: Office, known: bool) -> None:
    """A hundred requests ask the store once, whether there is such a key or not."""
    text = office.made() if known else new_text(new_id())
    for _ in range(100):
        assert (id_in(text) and office.cached.get(id_in(text) or "") is not None) is known
    assert office.asked() == 1
    assert office.lets_in(text) is known
    assert office.asked() == 2


def test_many_at_once_ask_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight threads that come with one key at the same time ask the store once."""
    text, answered = office.made(), threading.Event()
    get = office.ring.get

    def slow(key_id: str) -> ApiKey | None:
        key = get(key_id)
        assert answered.wait(10)
        return key

    monkeypatch.setattr(office.ring, "get", slow)
    with ThreadPoolExecutor(8) as pool:
        callers = [pool.submit(office.authenticate, text) for _ in range(8)]
        flights = office.cached._flights._flights
        wait_until(lambda: office.asked() > 1 or any(flight.awaited for flight in flights.values()))
        answered.set()
    assert {caller.result().name for caller in callers} == {"alice"}
    assert office.asked() == 1


def test_a_revocation_is_known_within_five_seconds(office: Office) -> None:
    """The answer before may be told for five seconds, and not a moment longer."""
    text = office.made()
    office.authenticate(text)
    office.keys.revoke("alice")
    office.clock.advance(SECONDS - 0.001)
    assert office.authenticate(text).name == "alice"
    office.clock.advance(0.001)
    with pytest.raises(Unauthorized):
        office.authenticate(text)


def test_a_store_that_can_not_be_asked_lets_nobody_in(office: Office) -> None:
    """It is RecordsUnavailable, for a second more; a key that was seen just now still works."""
    seen, unseen = office.made("seen"), office.made("unseen")
    office.authenticate(seen)
    office.ring.fail("get", RecordsUnavailable())
    assert office.authenticate(seen).name == "seen"
    with pytest.raises(RecordsUnavailable):
        office.authenticate(unseen)
    office.clock.advance(SECONDS)
    with pytest.raises(RecordsUnavailable):
        office.authenticate(seen)
    office.ring.repair()
    office.clock.advance(REST_SECONDS)
    assert office.authenticate(seen).name == "seen"
    assert office.authenticate(unseen).name == "unseen"


def test_a_store_that_failed_is_asked_once_a_second(office: Office) -> None:
    """Whatever ids come, one thread a second waits for it; once it answers, all are asked for."""
    text = office.made()
    office.ring.fail("get", RecordsUnavailable())
    for seconds in (1, 2, 3):
        for _ in range(20):
            with pytest.raises(RecordsUnavailable):
                office.cached.get(new_id())
        assert office.asked() == seconds
        office.clock.advance(REST_SECONDS)
    office.ring.repair()
    assert office.authenticate(text).name == "alice"
    assert office.cached.get(new_id()) is None


def test_others_do_not_wait_with_who_tries_a_store_again(office: Office) -> None:
    """While one thread finds out whether the store is back, the rest is refused at once."""
    office.ring.fail("get", RecordsUnavailable())
    with pytest.raises(RecordsUnavailable):
        office.cached.get(new_id())
    office.ring.repair()
    office.clock.advance(REST_SECONDS)
    get = office.ring.get

    def meanwhile(key_id: str) -> ApiKey | None:
        with pytest.raises(RecordsUnavailable):
            office.cached.get(new_id())
        return get(key_id)

    office.ring.get = meanwhile  # type: ignore[method-assign]  # reason: another comes in between
    assert office.cached.get(new_id()) is None
    assert office.asked() == 2


def test_what_is_remembered_is_bounded_and_inventions_push_out_no_key(office: Office) -> None:
    """However many ids are invented, the memory stays small, and real keys stay in it."""
    text = office.made()
    office.authenticate(text)
    for number in range(KEYS + 100):
        office.cached.get(f"{number:010}")
    asked = office.asked()
    office.authenticate(text)
    assert office.asked() == asked
    remembered = vars(office.cached).values()
    assert sum(len(memory) for memory in remembered if isinstance(memory, dict)) == KEYS + 1


def test_the_oldest_secret_of_a_damaged_row_is_nothing(office: Office) -> None:
    """A row without a hash lets nobody in, whatever is sent."""
    text = new_text("Ab3dEf6hIj")
    office.ring.insert(replace(a_key(), hash="", previous_until=office.clock.time + DAY))
    assert not office.lets_in(text)
