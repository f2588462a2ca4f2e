"""What a motif is."""

from collections.abc import Callable
from dataclasses import dataclass

from ..dice import Dice
from ..palette import Wish
from ..sketch import Sketch


@dataclass(frozen=True)
class Motif:
    """A picture that can be drawn in many variants, and the colours it has by nature.

    None among the colours stands for any; without any of them, so does nothing.
    """

    draw: Callable[[Sketch, Dice], None]
    colors: tuple[Wish | None, ...] = ()

    def wish(self, dice: Dice) -> Wish | None:
        """Return a colour for the motif, None for any."""
        return dice.pick(self.colors) if self.colors else None
