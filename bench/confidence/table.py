"""The training set: the quality metrics of each cutout, and how good it was."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.imaging.cutout.quality_metrics import QualityMetrics

Array = NDArray[Any]

PATH = Path(__file__).with_name("metrics.npz")
TONED = "toned"
"""The kind in which background and white areas of the subject share an off-white tone."""

NAMES = tuple(field.name for field in fields(QualityMetrics))


@dataclass(frozen=True, slots=True)
class ConfidenceTable:
    """A row for each image.

    Attributes:
        metrics: (n, 10) float32, in the order of NAMES.
        psnr: (n,) float32 of the cutout against the truth, dB, at most 50.
        source: (n,) name of the artwork's icon set.
        name: (n,) name of the artwork within its set.
        kind: (n,) how the artwork was degraded.
    """

    metrics: Array
    psnr: Array
    source: Array
    name: Array
    kind: Array

    def quality_metrics(self) -> list[QualityMetrics]:
        """Return the metrics of each row."""
        return [QualityMetrics(*map(float, row)) for row in self.metrics]

    def save(self, path: Path = PATH) -> None:
        """Write the table, compressed."""
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        np.savez_compressed(path, **columns)


def load(path: Path = PATH) -> ConfidenceTable:
    """Read the table; the file contains nothing executable."""
    with np.load(path, allow_pickle=False) as file:
        return ConfidenceTable(**file)
