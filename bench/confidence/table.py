"""The evidence table: what each cutout gave away, and how good it was."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.imaging.cutout.quality_metrics import QualityMetrics

Array = NDArray[Any]

PATH = Path(__file__).with_name("metrics.npz")
TONED = "toned"
"""The kind in which paper and white paint are off white alike."""

NAMES = tuple(field.name for field in fields(QualityMetrics))


@dataclass(frozen=True, slots=True)
class Table:
    """One row for each image.

    Attributes:
        metrics: (n, 10) float32, in the order of NAMES.
        psnr: (n,) float32 of the cutout against the truth, dB, at most 50.
        source: (n,) name of the set that the drawing is from.
        name: (n,) name of the drawing within its set.
        kind: (n,) what was done to it.
    """

    metrics: Array
    psnr: Array
    source: Array
    name: Array
    kind: Array

    def seen(self) -> list[QualityMetrics]:
        """Return the rows as what the verdict is given."""
        return [QualityMetrics(*map(float, row)) for row in self.metrics]

    def save(self, path: Path = PATH) -> None:
        """Write it, compressed."""
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        np.savez_compressed(path, **columns)


def load(path: Path = PATH) -> Table:
    """Read it; it holds nothing that could be executed."""
    with np.load(path, allow_pickle=False) as file:
        return Table(**file)
