"""Candidates of one request: their claims, outcomes, errors and progress."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.errors import AppError, Charged
from app.models import ImageRecord
from app.usecases.generation.progress import NO_LISTENER, ProgressListener

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """The outcome of a candidate: its record or its error.

    Attributes:
        index: which of the candidates it is, from 0.
        replayed: whether an earlier request with the same key generated it.
    """

    index: int
    record: ImageRecord | None = None
    error: AppError | None = None
    replayed: bool = False


@dataclass(frozen=True, kw_only=True)
class GroupResult:
    """The candidates of a request in order, at least one of them with an image."""

    group: str
    candidates: Sequence[Candidate]

    @property
    def replayed(self) -> bool:
        """Whether this request has generated nothing."""
        return all(candidate.replayed for candidate in self.candidates)


class Team(Protocol):
    """Threads that draw side by side."""

    count: int

    def run(self, tasks: Sequence[Callable[[], object]]) -> None:
        """Begin the tasks in their order, and return when all have ended."""

    def check(self) -> None:
        """Return if another image may be begun.

        Raises:
            ShuttingDown: the process stops.
        """


@dataclass(frozen=True, kw_only=True)
class GroupListener:
    """Receives the progress of a group.

    Args:
        shared: receives the steps before the candidates are drawn.
        of_candidate: returns the listener of a candidate.
        on_outcome: called in a candidate's thread, when it has ended.
    """

    shared: ProgressListener = NO_LISTENER
    of_candidate: Callable[[int], ProgressListener] = lambda _: NO_LISTENER
    on_outcome: Callable[[Candidate], object] = lambda _: None

    def report_outcome(self, outcome: Candidate) -> None:
        """Report an outcome; an error of the listener is only logged."""
        try:
            self.on_outcome(outcome)
        except Exception:  # noqa: BLE001 - reason: the image may be paid for by now
            _log.exception("a listener failed at the end of a candidate")


NO_GROUP_LISTENER = GroupListener()
"""Ignores all events."""


def failure_of(candidate: Candidate) -> dict[str, object]:
    """Return the public fields of a candidate's error."""
    error = candidate.error or AppError()
    return {
        "index": candidate.index,
        "code": error.code,
        "message": error.message,
        "charged": str(error.charged or Charged.NO),
    }


def summary_of(candidates: Sequence[Candidate]) -> str:
    """Return which candidates are images: all, some or none; or that this is a repetition."""
    images = sum(candidate.record is not None for candidate in candidates)
    if all(candidate.replayed for candidate in candidates):
        return "replayed"
    return "all" if images == len(candidates) else "some" if images else "none"


def no_image_error(candidates: Sequence[Candidate]) -> AppError:
    """Return the error of the first candidate, with those of all."""
    first = candidates[0].error or AppError()
    first.facts = {**first.facts, "failures": [failure_of(one) for one in candidates]}
    first.replayed = first.replayed and all(candidate.replayed for candidate in candidates)
    return first
