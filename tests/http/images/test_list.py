"""GET /images."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.blueprints.schemas.images import ListResponse
from app.models import ImageRecord, ProcessedImage, State
from app.models.prompts import fold
from tests.support.service import Parts, Service

START = datetime(2026, 1, 1, tzinfo=UTC)


def insert_records(service: Service, count: int, *, same_time: bool = False) -> list[str]:
    """Insert ready records directly; return their file names, newest first."""
    for number in range(count):
        created = START if same_time else START + timedelta(seconds=number)
        service.ports.records.insert(
            ImageRecord(
                id=f"00000000-0000-4000-8000-{number:012d}",
                state=State.READY,
                requested_at=created,
                lease_until=created,
                created_at=created,
                prompt=f"Image {number}",
                first_prompt=f"Image {number}",
                subject=f"Image {number}",
                prompt_suffix="On white.",
                tokens=fold(f"Image {number}", "élan vital" if number % 2 else "calm"),
                image=ProcessedImage(key="", width=256, height=256, size_bytes=1, sha256=""),
            )
        )
    return [f"00000000-0000-4000-8000-{number:012d}.png" for number in reversed(range(count))]


def names(body: dict[str, Any]) -> list[str]:
    """Return the file names of a page."""
    return [image["filename"] for image in body["images"]]


def test_empty_list(service: Service) -> None:
    """Without images the list is empty and has no pages."""
    assert service.get("/images").json() == {
        "status": "success",
        "images": [],
        "page": 1,
        "limit": 10,
        "total_pages": 0,
        "total_images": 0,
        "total_exact": True,
        "next_cursor": None,
    }


def test_listed_image_equals_the_generation_response(service: Service) -> None:
    """An image is listed with all fields of the generation response."""
    response = service.generate("A yellow kite").json()
    (listed,) = service.images()
    assert {**listed, "status": "success"} == response


def test_pages_are_newest_first_with_totals(service: Service) -> None:
    """Pages are newest first, totals are correct, and a page past the end is empty."""
    expected = insert_records(service, 7)
    pages = [service.get(f"/images?page={page}&limit=3").json() for page in (1, 2, 3, 4)]
    assert [names(page) for page in pages] == [expected[:3], expected[3:6], expected[6:], []]
    assert {(page["total_pages"], page["total_images"], page["limit"]) for page in pages} == {
        (3, 7, 3)
    }


@pytest.mark.parametrize("same_time", [False, True])
def test_pages_and_cursors_list_each_image_once(service: Service, same_time: bool) -> None:
    """Paging by number and by cursor lists each image once, also with equal times."""
    expected = insert_records(service, 11, same_time=same_time)
    by_page = [service.get(f"/images?page={page}&limit=2").json() for page in range(1, 7)]
    assert [name for page in by_page for name in names(page)] == expected
    page = service.get("/images?limit=3").json()
    listed = names(page)
    while page["next_cursor"]:
        page = service.get(f"/images?limit=3&cursor={page['next_cursor']}").json()
        listed += names(page)
    assert listed == expected


def test_cursor_is_stable_while_images_are_added(service: Service) -> None:
    """A new image makes the cursor neither repeat nor skip another one."""
    expected = insert_records(service, 4)
    first = service.get("/images?limit=2").json()
    service.generate("Something newer")
    second = service.get(f"/images?limit=2&cursor={first['next_cursor']}").json()
    assert names(first) + names(second) == expected
    assert second["page"] is None


@pytest.mark.parametrize(
    ("milliseconds", "count"), [(99_999_999_999_999, 2), (-60_000_000_000_000, 0)]
)
@pytest.mark.parametrize("words", ["", "&q=image"])
def test_cursor_accepts_any_time(
    service: Service, milliseconds: int, count: int, words: str
) -> None:
    """A cursor in the far future lists everything, one in the far past nothing."""
    insert_records(service, 2)
    cursor = base64.urlsafe_b64encode(f"{milliseconds}:x".encode()).decode().rstrip("=")
    response = service.get(f"/images?cursor={cursor}{words}")
    assert (response.status_code, len(response.json()["images"])) == (200, count)


def test_response_matches_its_schema(service: Service) -> None:
    """The body is a ListResponse, field by field, for generated images and bare records."""
    insert_records(service, 3)
    service.generate("A yellow kite")
    for path in ("/images", "/images?limit=2", "/images?q=kite", "/images?page=9"):
        body = service.get(path).json()
        parsed = ListResponse.model_validate(body)
        assert body.keys() == ListResponse.model_fields.keys()
        for image, model in zip(body["images"], parsed.images, strict=True):
            assert image.keys() == type(model).model_fields.keys()


def test_cached_pages_are_never_stale(service: Service) -> None:
    """A repeated request shows images added and deleted since, with URLs of its own host."""
    for number in range(2):
        service.generate(f"Image {number}")
        assert len(service.images()) == number + 1
    deleted = service.images()[0]
    assert service.images()[0] == deleted
    service.call("DELETE", f"/images/{deleted['filename']}")
    (remaining,) = service.images()
    assert remaining != deleted
    (other,) = service.get("/images?limit=100", headers={"Host": "other.test"}).json()["images"]
    assert other["url"] == f"http://other.test/images/{remaining['filename']}"


def test_search_matches_all_words_in_any_order(service: Service) -> None:
    """`q` finds images whose prompts contain all its words, ignoring case and accents."""
    expected = insert_records(service, 6)
    found = service.get("/images?q=VITAL+elan").json()
    assert names(found) == [name for name in expected if int(name[-5]) % 2]
    assert found["total_images"] == 3
    assert names(service.get("/images?q=image+3").json()) == [expected[2]]
    assert service.get("/images?q=nothing+3").json()["total_images"] == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=abc", "page"),
        ("page=1.5", "page"),
        ("page=9223372036854775808", "page"),
        ("page=1&page=2", "page"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit[$gt]=1", "limit[$gt]"),
        ("sort=name", "sort"),
        ("cursor=%00", ""),
        ("cursor=bm9wZQ", ""),
        ("page=2&cursor=MTc2NzIyNTYwMDAwMDph", ""),
    ],
)
def test_invalid_query_is_rejected(embedded: Service, query: str, field: str) -> None:
    """An invalid, unknown or repeated parameter is 400, which names it."""
    response = embedded.get(f"/images?{query}")
    body = response.json()
    assert (response.status_code, body["code"]) == (400, "invalid_request")
    assert field in [error["field"] for error in body["errors"]]


def test_damaged_record_does_not_break_the_list(real: Service, parts: Parts) -> None:
    """A record without most of its fields is listed with empty ones, without a 500."""
    from pymongo import MongoClient

    with MongoClient[dict[str, Any]](parts.settings["mongodb_uri"]) as client:
        collection = client[parts.settings["mongodb_database"]]["generations"]
        collection.insert_one(
            {"_id": "damaged", "state": "ready", "image": 3, "created_at": "never"}
        )
    response = real.get("/images")
    assert response.status_code == 200
    assert names(response.json()) == ["damaged.png"]
