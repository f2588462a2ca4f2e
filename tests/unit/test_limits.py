import threading
import time

import pytest

from app.errors import Charged, ServiceBusy
from app.http.limits import InFlight
from tests.threads import at_once


def test_as_many_as_the_limit_come_in_at_once() -> None:
    """Up to the limit callers are in together; the next is refused at once, for nothing."""
    in_flight = InFlight(2)
    began = time.monotonic()
    with in_flight, in_flight, pytest.raises(ServiceBusy) as busy, in_flight:
        pytest.fail("a third caller came in")
    assert time.monotonic() - began < 0.2
    assert (busy.value.status, busy.value.charged) == (503, Charged.NO)
    assert busy.value.retry_after


def test_a_place_is_free_again_when_its_caller_has_left() -> None:
    """Leaving gives the place back, also when an error made the caller leave."""
    in_flight = InFlight(1)
    with in_flight:
        pass
    with pytest.raises(ZeroDivisionError), in_flight:
        raise ZeroDivisionError
    with in_flight:
        pass


def test_a_refused_caller_frees_no_place() -> None:
    """Being refused doesn't make room that isn't there."""
    in_flight = InFlight(1)
    with in_flight:
        for _ in range(3):
            with pytest.raises(ServiceBusy), in_flight:
                pytest.fail("a second caller came in")


def test_the_limit_holds_under_threads() -> None:
    """Of many callers who come at the same moment exactly as many as the limit come in."""
    in_flight, all_tried = InFlight(5), threading.Barrier(20)

    def come(_: int) -> bool:
        try:
            with in_flight:
                all_tried.wait(10)
                return True
        except ServiceBusy:
            all_tried.wait(10)
            return False

    assert sum(at_once(20, come)) == 5
