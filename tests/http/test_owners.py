"""Callers with keys see and delete their own pictures only."""

from collections.abc import Iterator

import pytest

from tests.apps import Parts
from tests.http.locked import Locked, locked


@pytest.fixture(params=["embedded", "real"])
def door(request: pytest.FixtureRequest) -> Iterator[Locked]:
    """Serve with keys asked for, on embedded and on real parts."""
    settings = {"data_dir": request.getfixturevalue("tmp_path")}
    if request.param == "real":
        parts: Parts = request.getfixturevalue("parts")
        settings |= parts.settings
    with locked(**settings) as door:
        yield door


def draw(door: Locked, key: str) -> str:
    """Make a picture at a time of its own and return its path."""
    door.clock.advance(1)
    return door.picture(key)


def test_each_caller_has_a_list_of_their_own(door: Locked) -> None:
    """Rows, totals, pages and matches are of the caller's pictures, whoever asked before."""
    ann, bob = door.made("ann"), door.made("bob")
    hers = [draw(door, ann), draw(door, ann)]
    his = [draw(door, bob)]
    for key, pictures in ((ann, hers), (bob, his), (ann, hers)):
        for query in ("?limit=9", "?limit=9&q=fox"):
            body = door.get(f"/images{query}", key).json()
            shown = [f"/images/{image['filename']}" for image in body["images"]]
            assert shown == pictures[::-1]
            assert (body["total_images"], body["total_pages"]) == (len(pictures), 1)
    assert door.get("/images?limit=1&page=2", ann).json()["images"][0]["filename"] in hers[0]


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


def test_anothers_picture_is_not_there(door: Locked) -> None:
    """Metadata and DELETE are the very 404 of a name that never was, and nothing is removed."""
    ann, bob = door.made("ann"), door.made("bob")
    hers = draw(door, ann)
    nobodys = "/images/00000000-0000-4000-8000-000000000000.png"
    for method, suffix in (("GET", "/metadata"), ("DELETE", "")):
        answers = [door.call(method, path + suffix, bob).json() for path in (hers, nobodys)]
        for answer in answers:
            del answer["request_id"]
        assert answers[0] == answers[1]
        assert answers[0]["code"] == "image_not_found"
    assert door.get(f"{hers}/metadata", ann).status_code == 200
    assert door.call("DELETE", hers, ann).status_code == 204
    assert door.get("/images", ann).json()["total_images"] == 0
