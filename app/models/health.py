"""Health of the service's parts, and findings of `flask doctor`."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class PartHealth:
    """Whether a part of the service is up.

    Attributes:
        kind: the implementation, such as `s3`, without its address.
        required: whether the service can't work without it.
    """

    name: str
    kind: str
    up: bool
    required: bool


class Level(StrEnum):
    """The result of a check."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    NOT_USED = "not used"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found, and what the operator can do about it.

    All texts are the service's own: they never include a key, a password or the response of
    another server.
    """

    part: str
    check: str
    level: Level
    found: str
    advice: str = ""
