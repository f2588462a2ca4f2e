"""The feature table: what was measured of each enclosed area, and which image it is from."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

PATH = Path(__file__).with_name("features.npz")


@dataclass(frozen=True, slots=True)
class Table:
    """One row for each enclosed area; images have columns of their own.

    Attributes:
        features: (n, 31) float32, in the order of `app.imaging.cutout.hole_features.NAMES`.
        subject: (n,) bool: True where the artwork is opaque, False where it is a hole.
        area: (n,) int32 pixels.
        image: (n,) int16 number of the image that an area lies in.
        source: (p,) name of the set that an image is from.
        name: (p,) name of an image within its set.
        held_out: (p,) bool: never trained on.
    """

    features: Array
    subject: Array
    area: Array
    image: Array
    source: Array
    name: Array
    held_out: Array

    def weights(self) -> Array:
        """Weigh areas by their side lengths, and all images alike."""
        side = np.sqrt(self.area.astype(np.float64))
        return np.asarray(side / np.bincount(self.image, side)[self.image])

    def rows_of(self, source: str, name: str) -> Array:
        """Tell which rows belong to an image; none if it isn't in the table."""
        wanted = np.flatnonzero((self.source == source) & (self.name == name))
        return np.flatnonzero(np.isin(self.image, wanted))

    def save(self, path: Path = PATH) -> None:
        """Write it, compressed."""
        np.savez_compressed(path, **asdict(self))


def load(path: Path = PATH) -> Table:
    """Read it; it holds nothing that could be executed."""
    with np.load(path, allow_pickle=False) as file:
        return Table(**file)
