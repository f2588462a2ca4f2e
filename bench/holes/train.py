"""Train the model of holes, cross-validated, and write classify.json: `make train-holes`."""

import argparse
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from app.imaging.cutout.holes import classify, decision_trees, features
from bench.holes import table
from bench.holes.features import LATTICE, SETS
from bench.holes.table import Array, HoleTable

FOLDS = 5
TOLERANCE = 0.02  # of a probability, for --check
STYLES = {icons.name: icons.style for icons in SETS} | {LATTICE: LATTICE}
_AREA = [features.NAMES.index("area_to_image")]
_HEAD = ("areas", "subject %", "accuracy", "at KEEP", "by image", "AUC")


def fit(features: Array, subject: Array, weights: Array) -> HistGradientBoostingClassifier:
    """Train boosted trees; with more than 10,000 regions, a tenth decides when to stop."""
    model = HistGradientBoostingClassifier(
        max_iter=150,
        learning_rate=0.08,
        max_leaf_nodes=16,
        min_samples_leaf=20,
        l2_regularization=3,
        max_features=0.3,
        random_state=0,
    )
    return model.fit(features, subject, sample_weight=weights)


def out_of_sample(data: HoleTable, groups: Array, columns: Any = slice(None)) -> Array:
    """Return probabilities of subject, each by a model trained without the region's group."""
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
    """Return a fold that depends on an icon's name, not on its style."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[1:3], "big") % FOLDS


def train(data: HoleTable) -> HistGradientBoostingClassifier:
    """Train on all images except those held out."""
    used = ~data.held_out[data.image]
    return fit(data.features[used], data.subject[used], data.weights()[used])


def export(model: HistGradientBoostingClassifier) -> dict[str, Any]:
    """Convert the trees to the arrays of `app.imaging.cutout.decision_trees`."""
    out: dict[str, Any] = {
        key: [] for key in ("feature", "threshold", "left", "right", "value", "roots")
    }
    depth = 0
    for (tree,) in model._predictors:
        root = len(out["feature"])
        out["roots"].append(root)
        for index, node in enumerate(tree.nodes):
            leaf = bool(node["is_leaf"])
            out["feature"].append(0 if leaf else int(node["feature_idx"]))
            out["threshold"].append(0 if leaf else float(node["num_threshold"]))
            out["left"].append(root + (index if leaf else int(node["left"])))
            out["right"].append(root + (index if leaf else int(node["right"])))
            out["value"].append(round(float(node["value"]), 5) if leaf else 0)
            depth = max(depth, int(node["depth"]))
    bias = float(model._baseline_prediction.ravel()[0])
    return {**out, "depth": depth + 1, "bias": bias, "columns": list(features.NAMES)}


def report(data: HoleTable) -> Iterator[str]:
    """Yield the lines of the cross-validated report, with simple rules for comparison."""
    every, weights = np.ones(len(data.subject), bool), data.weights()

    def line(label: str, chance: Array, some: Array = every) -> str:
        subject, chance, weight = data.subject[some], chance[some], weights[some]
        right = (chance > 0.5) == subject
        kept = (chance >= classify.KEEP_THRESHOLD) == subject
        auc = f"{roc_auc_score(subject, chance):.3f}" if 0 < subject.mean() < 1 else "-"
        cells = [f"{len(subject)}", f"{100 * subject.mean():.0f}"]
        shares = right.mean(), kept.mean(), np.average(right, weights=weight)
        cells += [*(f"{share:.3f}" for share in shares), auc]
        return f"{label:<26}" + "".join(f"{cell:>12}" for cell in cells)

    yield " " * 26 + "".join(f"{head:>12}" for head in _HEAD)
    yield line("always hole", np.zeros(len(every)))
    yield line("always subject", np.ones(len(every)))
    names = np.array([fold(name) for name in data.name])[data.image]
    yield line(f"area alone, {FOLDS} folds", out_of_sample(data, names, _AREA))
    yield line(f"{FOLDS} folds by icon name", out_of_sample(data, names))
    styles = np.array([STYLES[source] for source in data.source])[data.image]
    chance = out_of_sample(data, styles)
    yield line("styles left out, all", chance)
    for style in np.unique(styles):
        yield line(f"  {style}", chance, styles == style)


def report_held_out(data: HoleTable, chance: Array) -> str:
    """Describe the shipped model's results on the images that were held out."""
    right = (chance >= classify.KEEP_THRESHOLD) == data.subject
    wrong = np.unique(data.image[~right])
    held, rows = np.flatnonzero(data.held_out), data.held_out[data.image]
    return (
        f"held out: {right[rows].sum()} of {rows.sum()} areas right at {classify.KEEP_THRESHOLD}, "
        f"{len(np.setdiff1d(held, wrong))} of {len(held)} images without an error"
    )


def main() -> None:
    """Print the report; write the model, or compare it with the shipped one."""
    parser = argparse.ArgumentParser(prog="python -m bench.classify.train", description=__doc__)
    parser.add_argument("--check", action="store_true", help="train and compare, write nothing")
    check = parser.parse_args().check
    data = table.load()
    for text in () if check else report(data):
        print(text, flush=True)
    model = train(data)
    if not check:
        classify.MODEL_FILE.write_text(json.dumps(export(model), separators=(",", ":")), "utf-8")
        decision_trees.load_trees.cache_clear()
    shipped = decision_trees.load_trees(classify.MODEL_FILE).predict(data.features)
    apart = float(np.abs(shipped - model.predict_proba(data.features)[:, 1]).max())
    print(report_held_out(data, shipped))
    print(f"{classify.MODEL_FILE.name} differs from the trained model by {apart:.6f} at most")
    if apart > TOLERANCE:
        raise SystemExit(f"that is more than {TOLERANCE}")


if __name__ == "__main__":
    main()
