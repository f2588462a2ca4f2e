"""Callers, and what they may do and spend."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Scope(StrEnum):
    """A permission of a caller."""

    GENERATE = "generate"  # generate images and suggest prompts, which may cost money
    READ = "read"  # list images, read their metadata and report usage
    DELETE = "delete"
    METRICS = "metrics"  # read the metrics of the whole server, for monitoring


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The maximum spending per day or month (UTC).

    `micros` is in millionths of a US dollar.
    """

    micros: int
    period: Literal["day", "month"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The sender of a request.

    Attributes:
        id: the owner of images, idempotency keys and spending; "" for all callers of a server
            without API keys.
        rate: a rate such as `30/minute` that replaces the server's limit on generations; "" to
            keep that limit.
    """

    id: str
    name: str
    scopes: frozenset[Scope]
    rate: str = ""
    budget: Budget | None = None


ANONYMOUS = Caller(id="", name="", scopes=frozenset(Scope))
"""All callers of a server without API keys."""
