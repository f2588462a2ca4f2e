"""A short soak test, with the same faults each time; and its evaluation."""

from typing import Any

import pytest

from tests.soak.customers.orders import Image, Order, Place
from tests.soak.report import check_payment
from tests.soak.result import Result
from tests.soak.run import soak


@pytest.mark.filterwarnings("default::ResourceWarning")  # sockets of clients that were cut off
def test_each_fault_once_loses_no_image_and_pays_for_none_twice() -> None:
    """Whatever fails, no key is paid for twice, and every returned image stays unchanged."""
    # It lasts until everything has failed once. The customers are slower than in `make soak`,
    # because other tests run on the same machine.
    result = soak(seconds=15, seed=20264686, pause=0.2, most=40)
    assert result.violations == []


def _order(outcomes: str, **fields: Any) -> Order:
    order = Order("key", "a red fox", n=len(outcomes.split()) or 1, **fields)
    for image, outcome in zip(order.images, outcomes.split(), strict=False):
        image.outcome = outcome
    return order


@pytest.mark.parametrize(
    ("outcomes", "paid", "violation"),
    [
        ("image", 1, None),
        ("unknown", 0, None),
        ("unknown", 1, None),
        ("image garbage unknown", 2, None),
        ("image garbage unknown", 3, None),
        ("refused", 0, None),
        ("image", 2, "was paid 2 times"),
        ("image image", 3, "was paid 3 times"),
        ("image unknown", 3, "was paid 3 times"),
        ("image", 0, "ended with image and was paid 0 times"),
        ("image image", 1, "ended with image and image and was paid 1 times"),
        ("image refused", 2, "ended with image and refused and was paid 2 times"),
        ("refused", 1, "ended with refused and was paid 1 times"),
        ("garbage", 0, "ended with garbage and was paid 0 times"),
        ("", 0, "has no outcome, at last ''"),
    ],
)
def test_violations_are_reported(outcomes: str, paid: int, violation: str | None) -> None:
    """Double payments, images without a payment and open outcomes are violations."""
    shown: list[str] = []
    result = Result(show=shown.append)
    check_payment(_order(outcomes), paid, result)
    expected = [f"key {violation}"] if violation else []
    assert result.violations[-1:] == expected
    assert [line.partition(": ")[2] for line in shown] == result.violations


def test_an_upload_that_was_paid_is_a_violation() -> None:
    """An upload costs nothing."""
    result = Result()
    check_payment(_order("image", file=b"a file"), 0, result)
    assert result.violations == []
    check_payment(_order("image", file=b"a file"), 1, result)
    assert result.violations == ["key ended with image and was paid 1 times"]


_BODY = {"filename": "0.png"}


@pytest.mark.parametrize(
    ("place", "status", "body", "problem"),
    [
        (Place.LISTED, 200, _BODY, None),
        (Place.UNSURE, 200, _BODY, None),
        (Place.TRASHED, 410, {"code": "image_trashed"}, None),
        (Place.UNSURE, 410, {"code": "image_trashed"}, None),
        (Place.LISTED, 503, {"code": "storage_unavailable"}, None),
        (Place.LISTED, 200, {"filename": "1.png"}, "got two different responses"),
        (Place.TRASHED, 200, _BODY, "was trashed, and given again"),
        (Place.PURGED, 200, _BODY, "was purged, and given again"),
        (Place.LISTED, 410, {"code": "image_trashed"}, "is in the trash, but was listed"),
        (Place.PURGED, 410, {"code": "image_trashed"}, "is in the trash, but was purged"),
        (Place.LISTED, 410, {"code": "image_deleted"}, "is deleted without a request"),
        (Place.TRASHED, 410, {"code": "image_deleted"}, "is deleted without a request"),
        (
            Place.LISTED,
            409,
            {"code": "outcome_unknown"},
            "got an image, and later outcome_unknown",
        ),
    ],
)
def test_a_response_is_compared_with_the_image_s_place(
    place: Place, status: int, body: dict[str, Any], problem: str | None
) -> None:
    """A repeated request returns the same image as long as it is listed, and only then."""
    order = _order("image")
    (image,) = order.images
    image.body, image.place = _BODY, place
    assert order.note(status, body, [image.changes]) == ([f"key {problem}"] if problem else [])


def test_a_response_that_crossed_a_move_proves_nothing() -> None:
    """The image may have been listed when the server looked at it."""
    order = _order("image")
    (image,) = order.images
    image.body, changes = _BODY, image.changes
    image.move(Place.TRASHED)
    assert order.note(200, _BODY, [changes]) == []
    assert order.note(200, _BODY, [image.changes]) == ["key was trashed, and given again"]


def test_each_candidate_of_a_group_has_an_outcome() -> None:
    """Each part of a response belongs to the candidate with its index, and none may be missing."""
    order = Order("key", "a red fox", n=3)
    bad = {"index": 2, "code": "provider_bad_response", "charged": "yes"}
    images = [{"index": 0, "filename": "0.png"}]
    body = {"group": "g", "images": images, "failures": [bad]}
    assert order.note(200, body, [0, 0, 0]) == [f"key: a candidate is missing in {body}"]
    body["failures"] = [{"index": 1, "code": "provider_timeout", "charged": "unknown"}, bad]
    assert order.note(200, body, [0, 0, 0]) == []
    assert [image.outcome for image in order.images] == ["image", "", "garbage"]
    assert [image.last_error for image in order.images][1] == "provider_timeout"
    assert order.group == "g"


def test_an_edit_without_its_parent_is_refused() -> None:
    """Only an edit whose parent was moved may not find it."""
    parent = Image("parent", body={"filename": "0.png"})
    order = Order("key", "Make it blue", parent=parent)
    response = {"code": "image_not_found"}
    problem = "key does not find its parent, which was not removed"
    assert order.note(404, response, [0]) == [problem]
    parent.move(Place.TRASHED)
    assert order.note(404, response, [0]) == []
    assert order.images[0].outcome == "refused"
