"""Pages of the list, and the positions between them."""

from dataclasses import replace

import pytest

from app.models import Page, Position
from tests.support.builders import NOON, a_record


def test_the_end_of_a_page_is_behind_its_last_record() -> None:
    """The next page starts there."""
    records = [a_record(), a_record(created_at=NOON)]
    page = Page(records=records, total=5, more=True)
    assert page.end == Position(created_at=NOON, id=records[-1].id)


def test_a_record_without_a_time_is_placed_by_its_request() -> None:
    """A damaged record has a position too."""
    record = replace(a_record(), created_at=None)
    page = Page(records=[record], total=2, more=True)
    assert page.end == Position(created_at=record.requested_at, id=record.id)


@pytest.mark.parametrize("count", [0, 2])
def test_the_last_page_has_no_end(count: int) -> None:
    """Nothing follows it."""
    records = [a_record() for _ in range(count)]
    assert Page(records=records, total=count, more=False).end is None
