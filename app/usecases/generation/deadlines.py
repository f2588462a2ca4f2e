"""How long the service waits for an image, and how long its record is leased."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.usecases.billing.model_table import FACTS, known_name

_LEASE_MARGIN_SECONDS = 60  # storing an image takes less, including all waiting
_OTHER: Mapping[str, float] = FACTS["other_durations"]["deadline"]
_BY_MODEL: Mapping[str, Mapping[str, Mapping[str, float]]] = {
    model: row for row in FACTS["durations"] for model in row["models"]
}


@dataclass(frozen=True)
class Deadlines:
    """Time limits by quality.

    A call that is given up may have been paid for, so each limit is well above what is documented
    for the model and the quality. A generation takes at most two limits, because a request can be
    repeated once without what the model refused.

    Args:
        model: the image model.
        fixed_seconds: the limit of all qualities, from the setting; None to follow the model.
    """

    model: str
    fixed_seconds: float | None = None

    def seconds(self, quality: str, *, is_edit: bool = False) -> float:
        """Return the time limit of one call.

        No durations of edits are documented, and their images have to be sent first, so they have
        the limits of unknown models.
        """
        if self.fixed_seconds is not None:
            return self.fixed_seconds
        known = {} if is_edit else self._facts.get("deadline", {})
        return known.get(quality) or _OTHER.get(quality) or max(_OTHER.values())

    def lease(self, quality: str, is_edit: bool = False) -> timedelta:
        """Return the time after which a generation counts as abandoned."""
        seconds = self.seconds(quality, is_edit=is_edit)
        return timedelta(seconds=2 * seconds + _LEASE_MARGIN_SECONDS)

    @property
    def longest_seconds(self) -> float:
        """The time limit of the slowest quality."""
        return max(self.seconds(quality) for quality in _OTHER)

    @property
    def slowest_seconds(self) -> float:
        """The longest documented duration of the model's images; 0 if none is documented."""
        return max(self._facts.get("slowest", {}).values(), default=0)

    @property
    def _facts(self) -> Mapping[str, Mapping[str, float]]:
        name = known_name(self.model, _BY_MODEL)
        return {} if name is None else _BY_MODEL[name]
