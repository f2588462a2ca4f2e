"""The training set: the features of each enclosed region, and its image."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

PATH = Path(__file__).with_name("features.npz")


@dataclass(frozen=True, slots=True)
class HoleTable:
    """A row for each enclosed region; images have columns of their own.

    Attributes:
        features: (n, 31) float32, in the order of `app.imaging.cutout.holes.features.NAMES`.
        subject: (n,) bool, True where the artwork is opaque, False in a hole.
        area: (n,) int32 px.
        image: (n,) int16 number of the image that a region is in.
        source: (p,) name of an image's icon set.
        name: (p,) name of an image within its set.
        held_out: (p,) bool, never trained on.
    """

    features: Array
    subject: Array
    area: Array
    image: Array
    source: Array
    name: Array
    held_out: Array

    def weights(self) -> Array:
        """Weight regions by side length, with equal weight for each image."""
        side = np.sqrt(self.area.astype(np.float64))
        return np.asarray(side / np.bincount(self.image, side)[self.image])

    def rows_of(self, source: str, name: str) -> Array:
        """Return the rows of an image; none if it is not in the table."""
        wanted = np.flatnonzero((self.source == source) & (self.name == name))
        return np.flatnonzero(np.isin(self.image, wanted))

    def save(self, path: Path = PATH) -> None:
        """Write the table, compressed."""
        np.savez_compressed(path, **asdict(self))


def load(path: Path = PATH) -> HoleTable:
    """Read the table; the file contains nothing executable."""
    with np.load(path, allow_pickle=False) as file:
        return HoleTable(**file)
