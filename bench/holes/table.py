"""The feature table: what was measured of each enclosed area, and which picture it is from."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

PATH = Path(__file__).with_name("features.npz")


@dataclass(frozen=True, slots=True)
class Table:
    """One row for each enclosed area; pictures have columns of their own.

    Attributes:
        traits: (n, 31) float32, in the order of `app.imaging.cutout.hole_features.NAMES`.
        paint: (n,) bool: True where the artwork is opaque, False where it is a hole.
        area: (n,) int32 pixels.
        picture: (n,) int16 number of the picture that an area lies in.
        source: (p,) name of the set that a picture is from.
        name: (p,) name of a picture within its set.
        held_out: (p,) bool: never trained on.
    """

    traits: Array
    paint: Array
    area: Array
    picture: Array
    source: Array
    name: Array
    held_out: Array

    def weights(self) -> Array:
        """Weigh areas by their side lengths, and all pictures alike."""
        side = np.sqrt(self.area.astype(np.float64))
        return np.asarray(side / np.bincount(self.picture, side)[self.picture])

    def rows_of(self, source: str, name: str) -> Array:
        """Tell which rows belong to a picture; none if it isn't in the table."""
        wanted = np.flatnonzero((self.source == source) & (self.name == name))
        return np.flatnonzero(np.isin(self.picture, wanted))

    def save(self, path: Path = PATH) -> None:
        """Write it, compressed."""
        np.savez_compressed(path, **asdict(self))


def load(path: Path = PATH) -> Table:
    """Read it; it holds nothing that could be executed."""
    with np.load(path, allow_pickle=False) as file:
        return Table(**file)
