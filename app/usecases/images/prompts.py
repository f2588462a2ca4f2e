"""Invent prompts at a limited cost."""

import random
import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from app.errors import (
    AppError,
    BudgetExceeded,
    Charged,
    PriceUnknown,
    PromptRejected,
    ProviderBadResponse,
    RecordsUnavailable,
)
from app.models import ANONYMOUS, Caller
from app.ports import UNLIMITED, Clock, PromptWriter
from app.usecases.billing.budgets import BudgetGuard
from app.usecases.billing.pricing import Prices

MAX_COUNT = 20
_POOL_SECONDS = 60.0
_POOL_SIZE = 2 * MAX_COUNT
_MAX_POOLS = 32  # the least recently used theme is evicted


@dataclass
class _Pool:
    """The prompts on a theme; each is returned once before any is repeated."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    filled_at: float = float("-inf")
    prompts: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)


class Prompts:
    """Returns random prompts from a pool for each theme.

    The text model refills a pool once a minute.

    A client that polls therefore costs one model call a minute, and its responses still vary.

    Args:
        writer: calls the text model.
        prices: the prices of that model.
        budget_guard: reserves the maximum cost of a refill.
        clock: determines when pools are refilled.
        rng: shuffles the prompts.
        waiting: entered by each thread that waits for the text model, to bound their number.
    """

    def __init__(
        self,
        writer: PromptWriter,
        *,
        prices: Prices,
        budget_guard: BudgetGuard,
        clock: Clock,
        rng: random.Random,
        waiting: AbstractContextManager[object] = UNLIMITED,
    ) -> None:
        self._waiting = waiting
        self._writer = writer
        self._prices = prices
        self._budget_guard = budget_guard
        self._clock = clock
        self._rng = rng
        self._pools: OrderedDict[str, _Pool] = OrderedDict()
        self._lock = threading.Lock()

    def suggest(self, count: int, *, theme: str = "", caller: Caller = ANONYMOUS) -> list[str]:
        """Return `count` (1..20) distinct prompts on the theme.

        A refill is charged to the caller who triggers it. If their budget does not allow it, or
        can't be checked, they get older prompts, if there are any.

        Raises:
            BudgetExceeded: a budget has too little left, and there are no older prompts.
            PriceUnknown: there is a budget and no known price, and there are no older prompts.
            RecordsUnavailable: the budget can't be checked, and there are no older prompts.
            ProviderBadResponse: the model returned too few prompts.
            Overloaded: too many threads wait for the model already.
            AppError: any other error in PROVIDER_FAILURES.
        """
        pool = self._pool_for(theme.casefold())
        with self._locked(pool):
            if self._clock.monotonic() - pool.filled_at >= _POOL_SECONDS:
                with self._waiting:
                    self._fill(pool, count, theme, caller)
            return self._draw(pool, count)

    @contextmanager
    def _locked(self, pool: _Pool) -> Iterator[None]:
        """Lock the pool; another thread may be refilling it."""
        if not pool.lock.acquire(blocking=False):
            with self._waiting:
                pool.lock.acquire()
        try:
            yield
        finally:
            pool.lock.release()

    def _fill(self, pool: _Pool, count: int, theme: str, caller: Caller) -> None:
        try:
            pool.prompts = _distinct(self._invented(theme, caller))
        except (BudgetExceeded, PriceUnknown, RecordsUnavailable):
            if len(pool.prompts) < count:
                raise
            return
        pool.unseen = []
        pool.filled_at = self._clock.monotonic()

    def _invented(self, theme: str, caller: Caller) -> list[str]:
        """Call the text model and record its cost.

        If the cost is unknown, the maximum stays reserved.
        """
        if not self._writer.costs_money:
            return self._writer.invent(_POOL_SIZE, theme=theme).prompts
        now, model = self._clock.now(), self._writer.model
        call = f"prompts/{uuid.uuid4().hex}"
        reserved = self._budget_guard.reserve(
            f"{call}/reserve", caller, self._prices.max_prompts_cost(model), now
        )
        try:
            invented = self._writer.invent(_POOL_SIZE, theme=theme)
        except AppError as error:
            # A refusal may be a regular response, whose tokens are charged for.
            if error.charged is Charged.NO and not isinstance(error, PromptRejected):
                self._budget_guard.reconcile_cost(f"{call}/settle", caller, -reserved, now)
            raise
        cost = self._prices.cost(model, invented.usage)
        if cost is not None:
            self._budget_guard.reconcile_cost(f"{call}/settle", caller, cost - reserved, now)
        return invented.prompts

    def _pool_for(self, theme: str) -> _Pool:
        with self._lock:
            pool = self._pools.setdefault(theme, _Pool())
            self._pools.move_to_end(theme)
            if len(self._pools) > _MAX_POOLS:
                self._pools.popitem(last=False)
            return pool

    def _draw(self, pool: _Pool, count: int) -> list[str]:
        if len(pool.prompts) < count:
            pool.filled_at = float("-inf")
            raise ProviderBadResponse(f"{len(pool.prompts)} distinct prompts instead of {count}")
        drawn = [pool.unseen.pop() for _ in range(min(count, len(pool.unseen)))]
        if len(drawn) < count:
            fresh = [prompt for prompt in pool.prompts if prompt not in drawn]
            self._rng.shuffle(fresh)
            missing = count - len(drawn)
            drawn, pool.unseen = drawn + fresh[:missing], fresh[missing:]
        return drawn


def _distinct(prompts: list[str]) -> list[str]:
    trimmed = (" ".join(prompt.split()) for prompt in prompts)
    return list({prompt.casefold(): prompt for prompt in trimmed if prompt}.values())
