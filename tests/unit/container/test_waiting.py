"""The places for waiting threads leave threads for what waits for nothing."""

import pytest

from app.container.waiting import PLACES
from app.http.concurrency import READ_THREADS
from tests.support.service import settings_for


def test_all_places_together_are_fewer_than_the_threads() -> None:
    """With the largest number of variants, too: that number and one more is refused."""
    most_variants = 12
    assert settings_for(max_concurrent_variants=most_variants)
    with pytest.raises(ValueError, match="less than or equal"):
        settings_for(max_concurrent_variants=most_variants + 1)
    assert sum(PLACES.values()) + most_variants < READ_THREADS
