"""The training set: the features of each enclosed region, and its image."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.imaging.cutout.holes import visibility
from app.imaging.cutout.holes.features import IMAGE_AREA

Array = NDArray[Any]

PATH = Path(__file__).with_name("features.npz")
REAL = "real"
"""The source of what image models drew; its images have a repository instead of a name."""
SHARES = {
    "painter": 0.2, REAL: 0.12, "letterings": 0.06, "line-art": 0.06, "lattice": 0.02,
    "icon-park": 0.03,
}  # fmt: skip
"""The weight of these sources in the training; the icon sets together have the rest."""
_LEAST = 0.1  # of the weight of an image with an obvious region, for one without a visible one


@dataclass(frozen=True, slots=True)
class HoleTable:
    """A row for each enclosed region; images have columns of their own.

    Attributes:
        features: (n, 50) float16, in the order of `app.imaging.cutout.holes.pooling.FEATURES`.
        subject: (n,) bool, True where the artwork is opaque, False in a hole.
        area: (n,) int32 px.
        image: (n,) int16 number of the image that a region is in; ascending.
        source: (p,) name of an image's source, such as an icon set.
        name: (p,) name of an image within its source.
        group: (p,) what is held out together in cross-validation, such as a motif or a repository.
        background: (p,) name of the background.
        held_out: (p,) bool, never trained on.
    """

    features: Array
    subject: Array
    area: Array
    image: Array
    source: Array
    name: Array
    group: Array
    background: Array
    held_out: Array

    def weights(self) -> Array:
        """Weight regions by side length, images by visible area, and sources by their shares."""
        side = np.sqrt(self.area.astype(np.float64))
        visible = np.bincount(self.image, visibility(self.area / IMAGE_AREA))
        weight = side / np.bincount(self.image, side)[self.image]
        weight *= _LEAST + np.minimum(visible, 1)[self.image]
        names = self.source[self.image]
        groups = {source: names == source for source in SHARES}
        groups["icons"] = ~np.isin(names, list(SHARES))
        shares = SHARES | {"icons": 1 - sum(SHARES.values())}
        for source, rows in groups.items():
            if rows.any():
                weight[rows] *= shares[source] * len(weight) / weight[rows].sum()
        return np.asarray(weight)

    def save(self, path: Path = PATH) -> None:
        """Write the table, compressed."""
        np.savez_compressed(path, **asdict(self))


def load(path: Path = PATH) -> HoleTable:
    """Read the table; the file contains nothing executable."""
    with np.load(path, allow_pickle=False) as file:
        return HoleTable(**file)
