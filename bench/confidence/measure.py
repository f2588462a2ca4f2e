"""Measure all images and write the training set: `python -m bench.confidence.measure`.

It needs npm, and takes ten minutes.
"""

import argparse
from collections.abc import Iterator
from dataclasses import astuple
from multiprocessing import Pool
from typing import Any
from unittest import mock

import cv2
import numpy as np

from app.imaging import cutout
from app.imaging.cutout import confidence
from app.imaging.cutout.quality_metrics import measure_quality
from bench.confidence import blobs, samples, table
from bench.confidence.table import ConfidenceTable
from bench.cutout.artwork import CACHE
from bench.cutout.metrics import measure

Row = tuple[list[float], float, str, str, str]

SOURCES = (blobs.SOURCE, *(icons.name for icons in samples.SETS))


def measure_source(source: str) -> list[Row]:
    """Measure all images of a set."""
    cv2.setNumThreads(1)
    return list(_rows(source))


def _rows(source: str) -> Iterator[Row]:
    """Cut out each image; one that is kept whole has no metrics, and is left out."""
    for artwork in samples.load_artworks(source):
        for sample, other in samples.make_samples(artwork):
            with mock.patch.object(confidence, "measure_quality", wraps=measure_quality) as spy:
                png = cutout(sample.data).png
            if spy.call_args is None:
                continue
            metrics = astuple(measure_quality(*spy.call_args.args))
            psnr: list[Any] = [measure(png, truth)["psnr"] for truth in (sample.truth, other)]
            yield list(metrics), float(max(psnr)), source, artwork.name, sample.kind


def main() -> None:
    """Write the table, or compare it with the existing one."""
    parser = argparse.ArgumentParser(prog="python -m bench.confidence.measure")
    parser.add_argument("--check", action="store_true", help="measure and compare, write nothing")
    check = parser.parse_args().check
    CACHE.mkdir(parents=True, exist_ok=True)
    with Pool(2) as pool:
        rows = [row for part in pool.imap(measure_source, SOURCES) for row in part]
    metrics, psnr, source, name, kind = zip(*rows, strict=True)
    measured = ConfidenceTable(
        np.array(metrics, np.float32), np.array(psnr, np.float32),
        np.array(source), np.array(name), np.array(kind),
    )  # fmt: skip
    if check:
        _compare(table.load(), measured)
    else:
        measured.save()
        print(f"{len(rows)} images")


def _compare(known: ConfidenceTable, measured: ConfidenceTable) -> None:
    same_names = np.array_equal(known.name, measured.name)
    if not same_names or not np.array_equal(known.kind, measured.kind):
        raise SystemExit("the table has other images")
    difference = np.abs(known.metrics - measured.metrics).max(axis=0)
    print(dict(zip(table.NAMES, difference.round(6).tolist(), strict=True)))
    print(f"PSNR differs by {np.abs(known.psnr - measured.psnr).max():.4f} dB at most")


if __name__ == "__main__":
    main()
