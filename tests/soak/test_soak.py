"""Half a minute of the soak test, always with the same faults; and its evaluation."""

import pytest

from tests.soak.customers import Order
from tests.soak.report import Result, check_payment
from tests.soak.run import soak


@pytest.mark.filterwarnings("default::ResourceWarning")  # sockets of clients that were cut off
def test_half_a_minute_of_faults_loses_no_image_and_pays_for_none_twice() -> None:
    """Whatever fails, no key is paid for twice, and every returned image stays unchanged."""
    # Slower than in `make soak`, because other tests run on the same machine.
    result = soak(seconds=30, seed=20264686, pause=1.0)
    print(result.table())  # noqa: T201 - reason: the table explains a failed run
    assert result.violations == []


@pytest.mark.parametrize(
    ("outcome", "paid", "violation"),
    [
        ("image", 1, None),
        ("unknown", 0, None),
        ("unknown", 1, None),
        ("image", 2, "was paid 2 times"),
        ("image", 0, "ended with image and was paid 0 times"),
        ("garbage", 0, "ended with garbage and was paid 0 times"),
        ("", 0, "has no outcome"),
    ],
)
def test_violations_are_reported(outcome: str, paid: int, violation: str | None) -> None:
    """A double payment, an image without a payment and an open outcome are violations."""
    result = Result()
    check_payment(Order("key", "a red fox", outcome=outcome), paid, result)
    expected = [f"key {violation}"] if violation else []
    assert result.violations[:1] == expected
    assert (expected != []) == ("VIOLATION: key" in result.table())
