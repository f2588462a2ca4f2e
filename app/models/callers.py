"""Who calls, and what they may do and spend."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Scope(StrEnum):
    """What a caller may do."""

    GENERATE = "generate"  # draw images and invent prompts: what may cost money
    READ = "read"  # list and describe images, and see what was spent
    DELETE = "delete"
    METRICS = "metrics"  # see how the whole server does; for the operator's own tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The most that may be spent in each day or month (UTC), in millionths of a US dollar."""

    micros: int
    period: Literal["day", "month"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks.

    `id` owns images, idempotency keys and spending; it is "" for everyone where no keys are
    asked for. `rate` such as `30/minute` takes the place of the server's limit on generations;
    "" leaves that.
    """

    id: str
    name: str
    scopes: frozenset[Scope]
    rate: str = ""
    budget: Budget | None = None


ANONYMOUS = Caller(id="", name="", scopes=frozenset(Scope))
"""Every caller of a server that asks for no keys."""
