"""Fit the confidence, cross-validated, and write confidence.json: `bench.confidence.fit`."""

import argparse
import hashlib
import json
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from app.imaging.cutout import confidence
from bench.confidence import table
from bench.confidence.table import Array, Table

WRONG = 30.0  # dB of PSNR below which a cutout counts as wrong: one white area in 300 is the other
FOLDS = 10
LIMIT = 0.001  # by which --check lets a rate differ
_LEAST = 1e-4  # hazard of an image without doubts, so that its failure stays conceivable
_MOST = 3.0  # of a rate: complete doubt that always came true in the table is no proof
_HEAD = (
    "images", "AUC worst", "AUC wrong", "worst good", "wrong good", "better good", "all good",
)  # fmt: skip
_BINS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 1.01)


def strengths(data: Table) -> Array:
    """Tell how strong each fitted doubt is: (n, doubts + 1), the last column is 1."""
    rows = [
        [*(doubt.strength(seen) for doubt in confidence.FITTED_RISKS), 1.0] for seen in data.seen()
    ]
    return np.array(rows)


def by_hand(data: Table) -> Array:
    """Add up the hazards whose rates are not fitted: (n,)."""
    known = [doubt for doubt in confidence.RISKS if doubt.hazard is not None]
    return np.array(
        [sum(d.strength(seen) * (d.hazard or 0.0) for d in known) for seen in data.seen()]
    )


def fit(strong: Array, given: Array, wrong: Array) -> Array:
    """Find the rates, none below 0, under which what happened is likeliest.

    Images that went right cost their hazard h, those that went wrong -log(1 - exp(-h)). That is
    convex in the rates; Newton's steps, one rate at a time and cut off at 0, run down to its end.

    Args:
        strong: (n, k) strengths of the doubts, 0..1.
        given: (n,) hazard that is known already.
        wrong: (n,) bool.
    """
    least = np.array([0.0] * (strong.shape[1] - 1) + [_LEAST])
    rates = np.full(strong.shape[1], 0.1)
    for _ in range(400):
        before = rates.copy()
        for k, column in enumerate(strong.T):
            passed = np.exp(-np.maximum(strong @ rates + given, _LEAST))
            pull = np.where(wrong, -passed / (1 - passed), 1.0)
            bend = np.where(wrong, passed / (1 - passed) ** 2, 0.0)
            slope, curve = float((pull * column).sum()), float((bend * column**2).sum())
            step = slope / max(curve, 1e-9)
            # A step is at most half of the way down, as the curve is steepest near 0.
            near = max(rates[k] - step, rates[k] / 2)
            rates[k] = min(near, _MOST) if near > 1e-6 else 0.0
            rates[k] = max(rates[k], least[k])
        if float(np.abs(rates - before).max()) < 1e-7:
            break
    return rates


def out_of_sample(data: Table, groups: Array) -> Array:
    """Confidence in each image by rates that were fitted without its group: (n,)."""
    strong, given, wrong = strengths(data), by_hand(data), data.psnr < WRONG
    sure = np.zeros(len(wrong))
    for group in np.unique(groups):
        mine = groups == group
        rates = fit(strong[~mine], given[~mine], wrong[~mine])
        sure[mine] = np.exp(-(strong[mine] @ rates + given[mine]))
    return sure


def folds(data: Table) -> Array:
    """Assign a fold to each image; drawings of one name share a fold in all styles."""
    names = [f"{s}{n}" if n.isdigit() else n for s, n in zip(data.source, data.name, strict=True)]
    digests = (hashlib.sha256(name.encode()).digest() for name in names)
    return np.array([int.from_bytes(digest[:4], "big") % FOLDS for digest in digests])


def auc(wrong: Array, sure: Array) -> float:
    """Area under the ROC curve: how often a wrong image is trusted less than a right one."""
    bad, rest = sure[wrong], np.sort(sure[~wrong])
    above = len(rest) - np.searchsorted(rest, bad, "right")
    same = np.searchsorted(rest, bad, "right") - np.searchsorted(rest, bad, "left")
    return float((above + same / 2).mean() / len(rest))


def line(label: str, psnr: Array, sure: Array) -> str:
    """One row of the report: areas under the curve, and what part of which is called good.

    Worst is the tenth with the lowest PSNR, wrong what lies below WRONG, better the upper half.
    """
    worst, good = psnr <= np.quantile(psnr, 0.1), sure >= confidence.GOOD_CONFIDENCE
    below, best = psnr < WRONG, psnr >= np.median(psnr)
    shares = (worst, below, best)
    return (
        f"{label:<22}{len(psnr):>12}{auc(worst, sure):>12.3f}{auc(below, sure):>12.3f}"
        + "".join(f"{good[chosen].mean():>12.1%}" for chosen in shares)
        + f"{good.mean():>12.1%}"
    )


def report(data: Table) -> Iterator[str]:
    """Yield the lines of the cross-validated report."""
    yield "".join([f"{'':<22}", *(f"{word:>12}" for word in _HEAD)])
    sure = out_of_sample(data, folds(data))
    yield line("10 folds by name", data.psnr, sure)
    for label, chosen in (
        ("  without shadows", data.kind != "shadow"),
        ("  without toned", data.kind != table.TONED),
        ("  without either", (data.kind != "shadow") & (data.kind != table.TONED)),
    ):
        yield line(label, data.psnr[chosen], sure[chosen])
    yield line("sets left out", data.psnr, out_of_sample(data, data.source))
    yield ""
    for low, high in pairwise(_BINS):
        inside = (sure >= low) & (sure < high)
        right = (data.psnr[inside] >= WRONG).mean()
        yield (
            f"confidence {low:.2f} to {min(high, 1):.2f}: {inside.sum():>5} images, "
            f"{sure[inside].mean():.3f} in the mean, {right:.3f} are right"
        )


def fitted(data: Table) -> dict[str, float]:
    """Fit the rates that are shipped, by the names of their evidence, to all images."""
    found = fit(strengths(data), by_hand(data), data.psnr < WRONG)
    names = [*(doubt.metric for doubt in confidence.FITTED_RISKS), confidence.BASELINE]
    return dict(zip(names, (round(float(rate), 4) for rate in found), strict=True))


def main() -> None:
    """Print the report; then write the rates, or compare them with those that are shipped."""
    parser = argparse.ArgumentParser(prog="python -m bench.confidence.fit", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fit and compare, write nothing")
    check = parser.parse_args().check
    data = table.load()
    for text in () if check else report(data):
        print(text, flush=True)
    found = fitted(data)
    if not check:
        confidence.HAZARDS_FILE.write_text(json.dumps({"hazards": found}, indent=2) + "\n", "utf-8")
    shipped = json.loads(confidence.HAZARDS_FILE.read_text("utf-8"))["hazards"]
    print(found)
    if any(abs(shipped[name] - rate) > LIMIT for name, rate in found.items()):
        raise SystemExit(f"{confidence.HAZARDS_FILE.name} differs: {shipped}")


if __name__ == "__main__":
    main()
