"""Generate several candidates of one request, side by side.

Each candidate has a record, a claim and a reservation of its own. So each is paid, stored, failed
and recovered like the image of a request for one. They share the check of the prompt, a decision
of the budget, and the id of their group.
"""

import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from app.errors import (
    AppError,
    Charged,
    GenerationInProgress,
    IdempotencyKeyReused,
    RecordsUnavailable,
)
from app.models import ANONYMOUS, Caller, ImageRecord, ImageRequest
from app.usecases.generation.generate_image import GenerateImage
from app.usecases.generation.idempotency import candidate_claim
from app.usecases.generation.pending_records import NewAttempt
from app.usecases.groups.candidates import (
    NO_GROUP_LISTENER,
    Candidate,
    GroupListener,
    GroupResult,
    Team,
    no_image_error,
    summary_of,
)

# Errors of one earlier candidate that concern all: they are not known, or not to be touched yet.
_OF_ALL = (GenerationInProgress, IdempotencyKeyReused, RecordsUnavailable)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Group:
    """A group that is being generated."""

    request: ImageRequest
    caller: Caller
    claims: Sequence[str]
    listener: GroupListener
    outcomes: dict[int, Candidate] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class GenerateGroup:
    """Turns a request for several images into candidates, each of which may fail.

    Args:
        single: generates one image.
    """

    single: GenerateImage

    def __call__(
        self,
        request: ImageRequest,
        *,
        workers: Callable[[int], AbstractContextManager[Team]],
        caller: Caller = ANONYMOUS,
        claim: str = "",
        listener: GroupListener = NO_GROUP_LISTENER,
    ) -> GroupResult:
        """Generate, store and record the candidates, or return those of an earlier request.

        A repetition draws those again that failed and were not charged, and no others.

        Args:
            request: the request as the caller sent it, for `n` images.
            workers: provides up to as many threads as images are to be drawn.
            caller: the owner of the images.
            claim: identifies caller and Idempotency-Key (see `claim_of`); "" for none.
            listener: receives progress events; none of an earlier request's images.

        Raises:
            AppError: there is no image. It is the error of the first candidate, and lists those of
                all, unless none was begun.
        """
        group = _Group(
            request=request,
            caller=caller,
            claims=[candidate_claim(claim, index) for index in range(request.n)],
            listener=listener,
        )
        earlier = [self._find_existing(group, index) for index in range(request.n)]
        known = (record.group for record in earlier if record and record.group)
        request = replace(request, group=next(known, None) or str(uuid.uuid4()))
        missing = [index for index in range(request.n) if index not in group.outcomes]
        if missing:
            self._generate(replace(group, request=request), missing, earlier, workers)
        candidates = [group.outcomes[index] for index in range(request.n)]
        self.single.observer.group(summary_of(candidates))
        if not any(candidate.record for candidate in candidates):
            raise no_image_error(candidates)
        return GroupResult(group=request.group, candidates=candidates)

    def _find_existing(self, group: _Group, index: int) -> ImageRecord | None:
        """Return an earlier record of a candidate; note its outcome if it has one.

        Raises:
            AppError: the earlier request was another one, or is not finished.
        """
        try:
            with self._observed(group):
                record = self.single.find_existing(group.request, group.claims[index])
                if record and record.is_finished:
                    self.single.observer.note(record, replayed=True)
        except _OF_ALL:
            raise
        except AppError as error:
            group.outcomes[index] = Candidate(index=index, error=error, replayed=True)
            return None
        if record and record.is_finished:
            group.outcomes[index] = Candidate(index=index, record=record, replayed=True)
        return record

    def _generate(
        self,
        group: _Group,
        missing: Sequence[int],
        earlier: Sequence[ImageRecord | None],
        workers: Callable[[int], AbstractContextManager[Team]],
    ) -> None:
        """Generate candidates that have no outcome yet."""
        with workers(len(missing)) as team:
            attempts = [
                NewAttempt(
                    claim=group.claims[index],
                    earlier=earlier[index],
                    turns=1 + place // team.count,
                )
                for place, index in enumerate(missing)
            ]
            steps = self.single.observer.follow(group.listener.shared.report_step)
            with self._observed(group), steps:
                self.single.check(group.request)
                created = self.single.pending_records.create_group(
                    group.request, group.caller, attempts
                )
            team.run(
                [
                    partial(self._draw, group, index, result, team)
                    for index, result in zip(missing, created, strict=True)
                ]
            )

    def _draw(self, group: _Group, index: int, created: ImageRecord | AppError, team: Team) -> None:
        """Draw a candidate and note its outcome. Never raises."""
        try:
            record = self._drawn(group, index, created, team)
            outcome = Candidate(index=index, record=record)
        except AppError as error:
            outcome = Candidate(index=index, error=error)
        except Exception as error:  # noqa: BLE001 - reason: the others have been paid for by now
            _log.error("internal_error: %s", type(error).__name__, exc_info=error)
            unexpected = AppError(type(error).__name__, charged=Charged.UNKNOWN)
            outcome = Candidate(index=index, error=unexpected)
        group.outcomes[index] = outcome
        group.listener.report_outcome(outcome)

    def _drawn(
        self, group: _Group, index: int, created: ImageRecord | AppError, team: Team
    ) -> ImageRecord:
        single, listener = self.single, group.listener.of_candidate(index)
        with self._observed(group), ExitStack() as stack:
            if isinstance(created, AppError):
                raise created
            single.observer.note(created)
            stack.enter_context(single.observer.follow(listener.report_step))
            try:
                team.check()
                stack.enter_context(single.spool.room())
            except AppError as error:  # nothing was sent
                raise single.finalizer.fail_record(created, error) from None
            record = single.draw(created, replace(group.request, candidate=index), listener)
            single.observer.note(record)
            return record

    @contextmanager
    def _observed(self, group: _Group) -> Iterator[None]:
        """Measure a part of the work; it counts as a generation if it ends one."""
        generator = self.single.generator
        with self.single.observer.generation(
            caller=group.caller.id,
            provider=generator.provider,
            model=generator.model,
            is_edit=group.request.is_edit,
        ):
            try:
                yield
            except AppError as error:
                error.charged = error.charged or Charged.NO
                raise
