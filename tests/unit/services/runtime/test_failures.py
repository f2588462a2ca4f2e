"""The common part of error classification."""

import pytest

from app.services.runtime.failures import Failure, FailureKind, kind_by_class, replace_errors


class Replacement(Exception):
    """The error that replaces a known one."""


def only_value_errors(error: Exception) -> Failure | None:
    """Classify ValueError and nothing else."""
    if not isinstance(error, ValueError):
        return None
    return Failure(kind=FailureKind.BAD_RESPONSE, detail=type(error).__name__, code="")


def test_a_known_error_is_replaced_without_its_text() -> None:
    """The original error, which can quote secrets, is not chained to the replacement."""
    with (
        pytest.raises(Replacement, match=r"^ValueError$") as caught,
        replace_errors(only_value_errors, lambda failure: Replacement(failure.detail)),
    ):
        raise ValueError("hunter2")
    assert caught.value.__suppress_context__


def test_any_other_error_passes_through() -> None:
    """A fault of our own is not reported as a fault of the service."""
    with (
        pytest.raises(KeyError, match="ours"),
        replace_errors(only_value_errors, lambda failure: Replacement(failure.detail)),
    ):
        raise KeyError("ours")


def test_the_first_matching_class_decides() -> None:
    """Specific classes come first in the table; the default is for errors that match none."""
    kinds = (
        (PermissionError, FailureKind.PERMISSION_DENIED),
        (OSError, FailureKind.UNREACHABLE),
    )
    errors = (PermissionError(), ConnectionError(), ValueError())
    assert [kind_by_class(error, kinds, FailureKind.REJECTED) for error in errors] == [
        FailureKind.PERMISSION_DENIED,
        FailureKind.UNREACHABLE,
        FailureKind.REJECTED,
    ]
