"""Callers with keys see and delete their own images only."""

import uuid

from app.models import Scope
from tests.attacks import Seen, attack
from tests.support.http.authenticated_service import Locked

ABSENT = f"/images/{uuid.UUID(int=0)}.png"


def draw(door: Locked, key: str) -> str:
    """Make an image at a time of its own and return its path."""
    door.clock.advance(1)
    return door.image(key)


def test_a_cursor_shows_its_user_no_other_list(door: Locked) -> None:
    """It is a place in time: whoever uses another's goes on from there in the own list."""
    ann, bob = door.made("ann"), door.made("bob")
    draw(door, bob)
    his = draw(door, bob)
    for _ in range(2):
        draw(door, ann)
    cursor = door.get("/images?limit=1", ann).json()["next_cursor"]
    seen = door.get(f"/images?limit=1&cursor={cursor}", bob).json()["images"]
    assert [f"/images/{image['filename']}" for image in seen] == [his]


@attack("Another caller's image: metadata and deletion", expect="404 image_not_found")
def test_anothers_image_is_as_if_it_were_not_there(door: Locked, seen: Seen) -> None:
    """Metadata and DELETE answer what an absent one gets; nothing is removed, no scope helps."""
    alice, bob = door.made("alice"), door.made("bob", frozenset(Scope))
    image = door.image(alice)
    same = {"X-Request-ID": "same"}
    for method, suffix in (("GET", "/metadata"), ("DELETE", "")):
        theirs = door.call(method, image + suffix, bob, headers=same)
        absent = door.call(method, ABSENT + suffix, bob, headers=same)
        seen(theirs)
        assert theirs.content == absent.content
    assert door.get(f"{image}/metadata", alice).status_code == 200
    assert door.get(image).status_code == 200
    assert door.call("DELETE", image, alice).status_code == 204
    assert door.get(f"{image}/metadata", alice).status_code == 404


def test_everyone_has_a_list_of_their_own(door: Locked) -> None:
    """Rows, totals, words and cursors are the caller's own, also from the cache of pages."""
    alice, bob, carol = (door.made(name) for name in ("alice", "bob", "carol"))
    hers, his = sorted(door.image(alice) for _ in range(3)), [door.image(bob)]
    (bobs,) = [key.id for key in door.keys.list() if key.name == "bob"]

    def listed(key: str, query: str = "") -> tuple[list[str], int]:
        body = door.get(f"/images{query}", key).json()
        paths = sorted(f"/images/{image['filename']}" for image in body["images"])
        return paths, body["total_images"]

    for _ in range(2):
        for query in ("", "?q=fox"):
            assert listed(alice, query) == (hers, 3)
            assert listed(bob, query) == (his, 1)
            assert listed(carol, query) == ([], 0)
        assert listed(alice, f"?q=owner:{bobs}") == ([], 0)
    cursor = door.get("/images?limit=1", alice).json()["next_cursor"]
    assert listed(bob, f"?cursor={cursor}")[1] == 1
    assert not set(listed(bob, f"?cursor={cursor}")[0]) & set(hers)


def test_what_is_rebuilt_from_the_bucket_still_has_its_owner(door: Locked) -> None:
    """When every row is lost, each caller gets the own images back, and no other."""
    ann, bob = door.made("ann"), door.made("bob")
    hers, his = draw(door, ann), draw(door, bob)
    records = door.service.ports.records
    for row in records.scan(limit=9):
        records.delete(row.id)
    assert door.get("/images", ann).json()["total_images"] == 0
    command = ["images", "reconcile", "--fix", "--json"]
    assert door.service.app.test_cli_runner().invoke(args=command).exit_code == 0
    for key, own, others in ((ann, hers, his), (bob, his, hers)):
        body = door.get("/images", key).json()
        assert [f"/images/{image['filename']}" for image in body["images"]] == [own]
        assert body["total_images"] == 1
        assert door.get(f"{own}/metadata", key).status_code == 200
        assert door.get(f"{others}/metadata", key).status_code == 404
