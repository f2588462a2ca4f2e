"""Make the evidence table again: draw, cut out, compare with the truth. Needs npm, ten minutes."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import astuple
from multiprocessing import Pool
from pathlib import Path
from typing import Any
from unittest import mock

import cv2
import numpy as np

from app.imaging import cutout
from app.imaging.cutout import confidence, holes, quality_metrics
from bench.confidence import blobs, drawings, table
from bench.confidence.table import Table
from bench.cutout.artwork import CACHE
from bench.cutout.metrics import measure
from bench.holes import table as areas
from bench.holes import train

Row = tuple[list[float], float, str, str, str]

SOURCES = (blobs.SOURCE, *(icons.name for icons in drawings.SETS))


def measured(source: str) -> list[Row]:
    """Measure all images of one set, by a judgment of holes that has not seen its style."""
    cv2.setNumThreads(1)
    with mock.patch.object(holes, "MODEL_FILE", judgment(source)):
        return list(_rows(source))


def judgment(source: str) -> Path:
    """Train the forest without the style of a set, whose areas it would know too well."""
    if source == blobs.SOURCE:
        return holes.MODEL_FILE
    path = CACHE / f"without-{source}.json"
    data = areas.load()
    styles = np.array([train.STYLES[str(each)] for each in data.source])[data.image]
    used = styles != train.STYLES[source]
    model = train.fit(data.features[used], data.subject[used], data.weights()[used])
    path.write_text(json.dumps(train.exported(model)), "utf-8")
    return path


def _rows(source: str) -> Iterator[Row]:
    """Cut each image out; what is kept whole has no evidence, and is left out."""
    for drawing in drawings.artworks(source):
        for image in drawings.images(drawing):
            with mock.patch.object(
                confidence, "measure_quality", wraps=quality_metrics.measure_quality
            ) as gather:
                png = cutout(image.data).png
            if gather.call_args is None:
                continue
            found = astuple(quality_metrics.measure_quality(*gather.call_args.args))
            quality: Any = measure(png, image.truth)["psnr"]
            yield list(found), float(quality), source, drawing.name, image.kind


def main() -> None:
    """Write the table, or compare it with the one that is there."""
    parser = argparse.ArgumentParser(prog="python -m bench.confidence.measure", description=__doc__)
    parser.add_argument("--check", action="store_true", help="measure and compare, write nothing")
    check = parser.parse_args().check
    CACHE.mkdir(parents=True, exist_ok=True)
    with Pool(2) as pool:
        rows = [row for part in pool.imap(measured, SOURCES) for row in part]
    seen, psnr, source, name, kind = zip(*rows, strict=True)
    made = Table(
        np.array(seen, np.float32), np.array(psnr, np.float32),
        np.array(source), np.array(name), np.array(kind),
    )  # fmt: skip
    if not check:
        made.save()
        print(f"{len(rows)} images")
        return
    known = table.load()
    if not np.array_equal(known.name, made.name) or not np.array_equal(known.kind, made.kind):
        raise SystemExit("other images than in the table")
    apart = np.abs(known.metrics - made.metrics).max(axis=0)
    print(dict(zip(table.NAMES, apart.round(6).tolist(), strict=True)))
    print(f"PSNR differs by {np.abs(known.psnr - made.psnr).max():.4f} dB at most")


if __name__ == "__main__":
    main()
