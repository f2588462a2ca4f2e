"""With PUBLIC_IMAGES=false, the time of a response does not reveal which images exist."""

import pytest
from werkzeug.test import Client

from app.models import Scope
from app.usecases.auth.api_keys import ApiKeys
from tests.attacks import Observe, attack
from tests.unit.http.test_private_images import (
    ABSENT,
    ANONYMOUS_IMAGE,
    FOREIGN,
    OWN,
    PrivateImages,
    private,
    settings,
)

__all__ = ["private", "settings"]  # fixtures

ROUTES: tuple[tuple[str, str, dict[str, object] | None], ...] = (
    ("GET", "", None),
    ("HEAD", "", None),
    ("GET", "?w=64", None),
    ("GET", "?format=auto&filter=grayscale", None),
    ("GET", "/metadata", None),
    ("POST", "/cutouts", {"holes": "keep"}),
    ("POST", "/cutouts", {"holes": "keep", "replace": True}),
    ("DELETE", "", None),
)


@pytest.mark.parametrize(
    ("method", "suffix", "body"),
    [
        pytest.param(
            *route,
            marks=attack(
                f"Timing of another caller's image: {route[0]} /images/...{route[1]}"
                f"{', replacing' if route[2] and 'replace' in route[2] else ''}",
                expect="the calls for a missing image",
            ),
        )
        for route in ROUTES
    ],
)
def test_foreign_image_causes_the_calls_of_a_missing_one(
    private: PrivateImages,
    observe: Observe,
    method: str,
    suffix: str,
    body: dict[str, object] | None,
) -> None:
    """Stores and caches are called in the same order, in the first and in later requests."""
    world, client = private.world, Client(private.app)
    keys = ApiKeys(world.keys, world.clock)
    headers = {"X-API-Key": keys.create("carol", scopes=set(Scope)).text}
    client.open(f"/images/{ABSENT}.png", headers=headers)  # the key is known from now on
    calls = {}
    private.open(OWN, private.own_key)  # its owner is known, too
    for image_id in (ABSENT, FOREIGN, ANONYMOUS_IMAGE, OWN):
        world.events.clear()
        path = f"/images/{image_id}.png{suffix}"
        for _ in range(3):
            response = client.open(path, method=method, headers=headers, json=body)
            assert response.status_code == 404
        calls[image_id] = list(world.events)
    expected = calls.pop(ABSENT)
    assert "records get" in expected
    observe(
        "the calls for a missing image"
        if all(made == expected for made in calls.values())
        else f"{expected}: {calls}"
    )
