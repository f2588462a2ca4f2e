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


def store_rows(service: Service, count: int, *, same_time: bool = False) -> list[str]:
    """Put ready rows straight into the records; return their file names, newest first."""
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


def names(answer: dict[str, Any]) -> list[str]:
    """Return the file names of a page."""
    return [image["filename"] for image in answer["images"]]


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


def test_generated_image_is_listed_as_it_was_answered(service: Service) -> None:
    """An image appears in the list with all that the generation answered."""
    answer = service.generate("A yellow kite").json()
    (listed,) = service.images()
    assert {**listed, "status": "success"} == answer


def test_pages_newest_first_with_right_totals(service: Service) -> None:
    """Pages cut the list newest first; totals are right and a page past the end is empty."""
    expected = store_rows(service, 7)
    pages = [service.get(f"/images?page={page}&limit=3").json() for page in (1, 2, 3, 4)]
    assert [names(page) for page in pages] == [expected[:3], expected[3:6], expected[6:], []]
    assert {(page["total_pages"], page["total_images"], page["limit"]) for page in pages} == {
        (3, 7, 3)
    }


@pytest.mark.parametrize("same_time", [False, True])
def test_every_image_once_by_page_and_by_cursor(service: Service, same_time: bool) -> None:
    """Paging by number and by cursor shows each image once, also where times are equal."""
    expected = store_rows(service, 11, same_time=same_time)
    by_page = [service.get(f"/images?page={page}&limit=2").json() for page in range(1, 7)]
    assert [name for page in by_page for name in names(page)] == expected
    page = service.get("/images?limit=3").json()
    seen = names(page)
    while page["next_cursor"]:
        page = service.get(f"/images?limit=3&cursor={page['next_cursor']}").json()
        seen += names(page)
    assert seen == expected


def test_cursor_is_not_disturbed_by_new_images(service: Service) -> None:
    """An image that is added meanwhile makes the cursor neither repeat nor skip another."""
    expected = store_rows(service, 4)
    first = service.get("/images?limit=2").json()
    service.generate("Something newer")
    second = service.get(f"/images?limit=2&cursor={first['next_cursor']}").json()
    assert names(first) + names(second) == expected
    assert second["page"] is None


@pytest.mark.parametrize(
    ("milliseconds", "shown"), [(99_999_999_999_999, 2), (-60_000_000_000_000, 0)]
)
@pytest.mark.parametrize("words", ["", "&q=image"])
def test_a_cursor_may_be_of_any_time(
    service: Service, milliseconds: int, shown: int, words: str
) -> None:
    """One of the far future has everything behind it, one of the far past nothing."""
    store_rows(service, 2)
    cursor = base64.urlsafe_b64encode(f"{milliseconds}:x".encode()).decode().rstrip("=")
    answer = service.get(f"/images?cursor={cursor}{words}")
    assert (answer.status_code, len(answer.json()["images"])) == (200, shown)


def test_the_answer_is_as_the_contract_says(service: Service) -> None:
    """What is sent is a ListResponse, field by field, for drawn images and for bare rows."""
    store_rows(service, 3)
    service.generate("A yellow kite")
    for path in ("/images", "/images?limit=2", "/images?q=kite", "/images?page=9"):
        answer = service.get(path).json()
        read = ListResponse.model_validate(answer)
        assert answer.keys() == ListResponse.model_fields.keys()
        for image, form in zip(answer["images"], read.images, strict=True):
            assert image.keys() == type(form).model_fields.keys()


def test_a_page_that_was_answered_before_is_never_out_of_date(service: Service) -> None:
    """A page asked for again shows what was drawn or deleted meanwhile; addresses are one's own."""
    for number in range(2):
        service.generate(f"Image {number}")
        assert len(service.images()) == number + 1
    gone = service.images()[0]
    assert service.images()[0] == gone
    service.call("DELETE", f"/images/{gone['filename']}")
    (left,) = service.images()
    assert left != gone
    (other,) = service.get("/images?limit=100", headers={"Host": "other.test"}).json()["images"]
    assert other["url"] == f"http://other.test/images/{left['filename']}"


def test_search_wants_all_words_in_any_order(service: Service) -> None:
    """`q` finds images whose prompts have all its words, case and accents folded."""
    expected = store_rows(service, 6)
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
def test_bad_query_is_refused(embedded: Service, query: str, field: str) -> None:
    """A wrong, unknown or repeated parameter gets 400 that names it."""
    answer = embedded.get(f"/images?{query}")
    body = answer.json()
    assert (answer.status_code, body["code"]) == (400, "invalid_request")
    assert field in [error["field"] for error in body["errors"]]


def test_row_that_another_hand_damaged_does_not_break_the_list(real: Service, parts: Parts) -> None:
    """A row without most of its fields is listed with empty ones, never a 500."""
    from pymongo import MongoClient

    with MongoClient[dict[str, Any]](parts.settings["mongodb_uri"]) as client:
        rows = client[parts.settings["mongodb_database"]]["generations"]
        rows.insert_one({"_id": "damaged", "state": "ready", "image": 3, "created_at": "never"})
    answer = real.get("/images")
    assert answer.status_code == 200
    assert names(answer.json()) == ["damaged.png"]
