"""Fit the hazards of the confidence, cross-validated: `python -m bench.confidence.fit`.

It writes app/imaging/cutout/confidence.json.
"""

import argparse
import hashlib
import json
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from app.imaging.cutout import confidence
from bench.confidence import table
from bench.confidence.table import Array, ConfidenceTable

WRONG = 30.0  # dB of PSNR below which a cutout is wrong: one white area in 300 is misclassified
FOLDS = 10
TOLERANCE = 0.001  # of a hazard, for --check
_MIN_BASELINE = 1e-4  # hazard of an image without risks, so that its failure remains possible
_MAX_HAZARD = 3.0  # a complete risk that always came true in the table is no proof
_HEAD = (
    "images", "AUC worst", "AUC wrong", "worst good", "wrong good", "better good", "all good",
)  # fmt: skip
_BINS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 1.01)


def strengths(data: ConfidenceTable) -> Array:
    """Return the strength of each fitted risk: (n, risks + 1), the last column is 1."""
    rows = [
        [*(risk.strength(metrics) for risk in confidence.FITTED_RISKS), 1.0]
        for metrics in data.quality_metrics()
    ]
    return np.array(rows)


def known_hazards(data: ConfidenceTable) -> Array:
    """Return the sum of the hazards that are set by hand: (n,)."""
    known = [risk for risk in confidence.RISKS if risk.hazard is not None]
    sums = [
        sum(risk.strength(metrics) * (risk.hazard or 0.0) for risk in known)
        for metrics in data.quality_metrics()
    ]
    return np.array(sums)


def fit(strength: Array, known: Array, wrong: Array) -> Array:
    """Find the non-negative hazards of maximum likelihood.

    A right image costs its total hazard h, and a wrong one -log(1 - exp(-h)). That is convex in
    the hazards, so Newton's method, one hazard at a time and clipped at 0, converges to the
    optimum.

    Args:
        strength: (n, k) strengths of the risks, 0..1.
        known: (n,) hazard that is set already.
        wrong: (n,) bool.

    Returns:
        (k,) hazards.
    """
    least = np.array([0.0] * (strength.shape[1] - 1) + [_MIN_BASELINE])
    hazards = np.full(strength.shape[1], 0.1)
    for _ in range(400):
        before = hazards.copy()
        for k, column in enumerate(strength.T):
            right = np.exp(-np.maximum(strength @ hazards + known, _MIN_BASELINE))
            first = np.where(wrong, -right / (1 - right), 1.0)
            second = np.where(wrong, right / (1 - right) ** 2, 0.0)
            slope, curve = float((first * column).sum()), float((second * column**2).sum())
            step = slope / max(curve, 1e-9)
            # A step goes at most half of the way down, as the curve is steepest near 0.
            near = max(hazards[k] - step, hazards[k] / 2)
            hazards[k] = min(near, _MAX_HAZARD) if near > 1e-6 else 0.0
            hazards[k] = max(hazards[k], least[k])
        if float(np.abs(hazards - before).max()) < 1e-7:
            break
    return hazards


def out_of_sample(data: ConfidenceTable, groups: Array) -> Array:
    """Return confidences, each by hazards fitted without the image's group: (n,)."""
    strength, known, wrong = strengths(data), known_hazards(data), data.psnr < WRONG
    found = np.zeros(len(wrong))
    for group in np.unique(groups):
        held_out = groups == group
        hazards = fit(strength[~held_out], known[~held_out], wrong[~held_out])
        found[held_out] = np.exp(-(strength[held_out] @ hazards + known[held_out]))
    return found


def folds(data: ConfidenceTable) -> Array:
    """Return each image's fold; artwork of one name is in the same, in any style."""
    names = [f"{s}{n}" if n.isdigit() else n for s, n in zip(data.source, data.name, strict=True)]
    digests = (hashlib.sha256(name.encode()).digest() for name in names)
    return np.array([int.from_bytes(digest[:4], "big") % FOLDS for digest in digests])


def auc(wrong: Array, confidences: Array) -> float:
    """Return the area under the ROC curve.

    It is the share of pairs in which the wrong image has the lower confidence.
    """
    bad, rest = confidences[wrong], np.sort(confidences[~wrong])
    above = len(rest) - np.searchsorted(rest, bad, "right")
    equal = np.searchsorted(rest, bad, "right") - np.searchsorted(rest, bad, "left")
    return float((above + equal / 2).mean() / len(rest))


def line(label: str, psnr: Array, confidences: Array) -> str:
    """Return a row of the report: areas under the curve, and shares that are called good.

    Worst is the tenth with the lowest PSNR, wrong is below WRONG, better is the upper half.
    """
    worst, wrong = psnr <= np.quantile(psnr, 0.1), psnr < WRONG
    better, good = psnr >= np.median(psnr), confidences >= confidence.GOOD_CONFIDENCE
    cells = [f"{len(psnr)}", f"{auc(worst, confidences):.3f}", f"{auc(wrong, confidences):.3f}"]
    cells += [f"{good[chosen].mean():.1%}" for chosen in (worst, wrong, better)]
    cells.append(f"{good.mean():.1%}")
    return f"{label:<22}" + "".join(f"{cell:>12}" for cell in cells)


def report(data: ConfidenceTable) -> Iterator[str]:
    """Yield the lines of the cross-validated report."""
    yield "".join([f"{'':<22}", *(f"{word:>12}" for word in _HEAD)])
    found = out_of_sample(data, folds(data))
    yield line("10 folds by name", data.psnr, found)
    for label, chosen in (
        ("  without shadows", data.kind != "shadow"),
        ("  without toned", data.kind != table.TONED),
        ("  without either", (data.kind != "shadow") & (data.kind != table.TONED)),
    ):
        yield line(label, data.psnr[chosen], found[chosen])
    yield line("sets left out", data.psnr, out_of_sample(data, data.source))
    yield ""
    for low, high in pairwise(_BINS):
        inside = (found >= low) & (found < high)
        right = (data.psnr[inside] >= WRONG).mean()
        yield (
            f"confidence {low:.2f} to {min(high, 1):.2f}: {inside.sum():>5} images, "
            f"{found[inside].mean():.3f} in the mean, {right:.3f} are right"
        )


def fit_all(data: ConfidenceTable) -> dict[str, float]:
    """Fit the shipped hazards to all images, by the names of their metrics."""
    found = fit(strengths(data), known_hazards(data), data.psnr < WRONG)
    names = [*(risk.metric for risk in confidence.FITTED_RISKS), confidence.BASELINE]
    return dict(zip(names, (round(float(hazard), 4) for hazard in found), strict=True))


def main() -> None:
    """Print the report; write the hazards, or compare them with the shipped ones."""
    parser = argparse.ArgumentParser(prog="python -m bench.confidence.fit", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fit and compare, write nothing")
    check = parser.parse_args().check
    data = table.load()
    for text in () if check else report(data):
        print(text, flush=True)
    found = fit_all(data)
    if not check:
        document = {"hazards": found}
        confidence.HAZARDS_FILE.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    shipped = json.loads(confidence.HAZARDS_FILE.read_text("utf-8"))["hazards"]
    print(found)
    if any(abs(shipped[name] - hazard) > TOLERANCE for name, hazard in found.items()):
        raise SystemExit(f"{confidence.HAZARDS_FILE.name} differs: {shipped}")


if __name__ == "__main__":
    main()
