"""Requests carry the time limit of their quality, and the identifier of their caller."""

from dataclasses import replace
from typing import Any

import pytest

from app.models import Caller, State
from app.models.callers import Scope
from app.usecases.billing.pricing import Prices
from app.usecases.generation.deadlines import Deadlines
from app.usecases.generation.estimates import Estimates, SafetyIdentifiers
from tests.support.builders import World, a_request

FLARE = "gpt-image-2.6-flare"


def estimates(world: World, **changes: Any) -> Estimates:
    """Return estimates with deadlines and identifiers."""
    return Estimates(
        generator=world.generator,
        writer=world.writer,
        prices=Prices({}),
        quality="medium",
        **changes,
    )


@pytest.mark.parametrize("quality", ["low", "medium", "high", "auto", "xhigh", "max", ""])
def test_a_request_has_the_limit_of_its_quality(world: World, quality: str) -> None:
    """The server's quality counts where the request has none."""
    deadlines = Deadlines(FLARE)
    completed = estimates(world, deadlines=deadlines).complete(a_request(quality=quality))
    assert completed.deadline_seconds == deadlines.seconds(quality or "medium")


def test_identity_has_neither_limit_nor_identifier(world: World) -> None:
    """An Idempotency-Key stays bound to the same request when limits or secrets change."""
    identifiers = SafetyIdentifiers("secret")
    known = estimates(world, deadlines=Deadlines(FLARE), identifiers=identifiers)
    completed = known.complete(a_request(), caller_id="k1")
    assert completed.safety_identifier == identifiers.of("k1")
    assert completed.fingerprint == estimates(world).complete(a_request()).fingerprint


@pytest.mark.parametrize("enhance", [False, True])
def test_the_drawn_request_names_its_caller(world: World, enhance: bool) -> None:
    """With an API key the provider gets the caller's identifier, without one none."""
    identifiers = SafetyIdentifiers("secret")
    known = replace(world.estimates, identifiers=identifiers)
    make = replace(world.make, estimates=known)
    caller = Caller(id="k1", name="one", scopes=frozenset(Scope))
    make(a_request(enhance=enhance), caller=caller)
    make(a_request(enhance=enhance))
    sent = [request.safety_identifier for request in world.generator.requests]
    assert sent == [identifiers.of("k1"), ""]


def test_the_lease_follows_the_quality(world: World) -> None:
    """A record is leased for as long as its own quality may take."""
    pending = replace(world.make.pending_records, lease=Deadlines(FLARE).lease)
    make = replace(world.make, pending_records=pending)
    make(a_request(quality="max"))
    make(a_request(quality="low"))
    pending_versions = [record for record in world.records.history if record.state is State.PENDING]
    leases = {
        (record.quality, (record.lease_until - record.requested_at).total_seconds())
        for record in pending_versions
    }
    assert leases == {("max", 660), ("low", 300)}
