"""`make train-holes`: cross-validate the model for enclosed areas, train it, write holes.json."""

import argparse
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from app.imaging.cutout import decision_trees, hole_features, holes
from bench.holes import table
from bench.holes.features import LATTICE, SETS
from bench.holes.table import Array, Table

FOLDS = 5
LIMIT = 0.02  # by which --check lets a probability differ
STYLES = {icons.name: icons.style for icons in SETS} | {LATTICE: LATTICE}
_AREA = [hole_features.NAMES.index("area_to_image")]
_HEAD = ("areas", "paint %", "accuracy", "at KEEP", "by image", "AUC")


def fit(features: Array, paint: Array, weights: Array) -> HistGradientBoostingClassifier:
    """Train a forest; a tenth of more than 10,000 rows decides when to stop early."""
    model = HistGradientBoostingClassifier(
        max_iter=150,
        learning_rate=0.08,
        max_leaf_nodes=16,
        min_samples_leaf=20,
        l2_regularization=3,
        max_features=0.3,
        random_state=0,
    )
    return model.fit(features, paint, sample_weight=weights)


def out_of_sample(data: Table, groups: Array, columns: Any = slice(None)) -> Array:
    """Chance of paint, each group of rows judged by a model that was trained on the others."""
    features, weights, chance = (
        data.features[:, columns],
        data.weights(),
        np.zeros(len(data.subject)),
    )
    for group in np.unique(groups):
        mine = groups == group
        model = fit(features[~mine], data.subject[~mine], weights[~mine])
        chance[mine] = model.predict_proba(features[mine])[:, 1]
    return chance


def fold(name: str) -> int:
    """Put icons of the same name into the same fold, whatever their style."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[1:3], "big") % FOLDS


def ship(data: Table) -> HistGradientBoostingClassifier:
    """Train on all images but those held out."""
    used = ~data.held_out[data.image]
    return fit(data.features[used], data.subject[used], data.weights()[used])


def exported(model: HistGradientBoostingClassifier) -> dict[str, Any]:
    """Flatten the trees into the arrays of `app.imaging.cutout.decision_trees`."""
    out: dict[str, Any] = {
        key: [] for key in ("feature", "threshold", "left", "right", "value", "roots")
    }
    depth = 0
    for (tree,) in model._predictors:
        root = len(out["feature"])
        out["roots"].append(root)
        for place, node in enumerate(tree.nodes):
            leaf = bool(node["is_leaf"])
            out["feature"].append(0 if leaf else int(node["feature_idx"]))
            out["threshold"].append(0 if leaf else float(node["num_threshold"]))
            out["left"].append(root + (place if leaf else int(node["left"])))
            out["right"].append(root + (place if leaf else int(node["right"])))
            out["value"].append(round(float(node["value"]), 5) if leaf else 0)
            depth = max(depth, int(node["depth"]))
    bias = float(model._baseline_prediction.ravel()[0])
    return {**out, "depth": depth + 1, "bias": bias, "columns": list(hole_features.NAMES)}


def report(data: Table) -> Iterator[str]:
    """Tell how often areas are judged rightly that the model hasn't seen, and by simple rules."""
    every, weights = np.ones(len(data.subject), bool), data.weights()

    def line(label: str, chance: Array, some: Array = every) -> str:
        paint, chance, weight = data.subject[some], chance[some], weights[some]
        right = (chance > 0.5) == paint
        kept = (chance >= holes.KEEP_THRESHOLD) == paint
        auc = f"{roc_auc_score(paint, chance):.3f}" if 0 < paint.mean() < 1 else "-"
        cells = [f"{len(paint)}", f"{100 * paint.mean():.0f}"]
        shares = right.mean(), kept.mean(), np.average(right, weights=weight)
        cells += [*(f"{share:.3f}" for share in shares), auc]
        return f"{label:<26}" + "".join(f"{cell:>12}" for cell in cells)

    yield " " * 26 + "".join(f"{head:>12}" for head in _HEAD)
    yield line("always hole", np.zeros(len(every)))
    yield line("always paint", np.ones(len(every)))
    names = np.array([fold(name) for name in data.name])[data.image]
    yield line(f"area alone, {FOLDS} folds", out_of_sample(data, names, _AREA))
    yield line(f"{FOLDS} folds by icon name", out_of_sample(data, names))
    styles = np.array([STYLES[source] for source in data.source])[data.image]
    chance = out_of_sample(data, styles)
    yield line("styles left out, all", chance)
    for style in np.unique(styles):
        yield line(f"  {style}", chance, styles == style)


def unseen(data: Table, chance: Array) -> str:
    """Tell how the shipped model does on the images that were held out."""
    right = (chance >= holes.KEEP_THRESHOLD) == data.subject
    wrong = np.unique(data.image[~right])
    held, rows = np.flatnonzero(data.held_out), data.held_out[data.image]
    return (
        f"held out: {right[rows].sum()} of {rows.sum()} areas right at {holes.KEEP_THRESHOLD}, "
        f"{len(np.setdiff1d(held, wrong))} of {len(held)} images without an error"
    )


def main() -> None:
    """Print the report; then write the model, or compare it with the one that is shipped."""
    parser = argparse.ArgumentParser(prog="python -m bench.holes.train", description=__doc__)
    parser.add_argument("--check", action="store_true", help="train and compare, write nothing")
    check = parser.parse_args().check
    data = table.load()
    for text in () if check else report(data):
        print(text, flush=True)
    model = ship(data)
    if not check:
        holes.MODEL_FILE.write_text(json.dumps(exported(model), separators=(",", ":")), "utf-8")
        decision_trees.load_trees.cache_clear()
    shipped = decision_trees.load_trees(holes.MODEL_FILE).predict(data.features)
    apart = float(np.abs(shipped - model.predict_proba(data.features)[:, 1]).max())
    print(unseen(data, shipped))
    print(f"{holes.MODEL_FILE.name} differs from the trained model by {apart:.6f} at most")
    if apart > LIMIT:
        raise SystemExit(f"that is more than {LIMIT}")


if __name__ == "__main__":
    main()
