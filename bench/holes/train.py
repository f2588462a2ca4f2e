"""Train the judgment of holes, cross-validated, and write its files: `make train-holes`."""

import argparse
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from app.imaging.cutout.holes import classify, decision_trees, features
from app.imaging.cutout.holes.pooling import FEATURES, pool
from bench.holes import table, words
from bench.holes.icons import SETS
from bench.holes.table import REAL, Array, HoleTable

FOLDS = 5
TOLERANCE = 0.05  # of log-odds, for --check
SHAPES = Path(__file__).with_name("shapes.npz")
"""13242 regions of icons on pure white, with the features of their shapes only."""
WEIGHT, SHAPE_WEIGHT = 0.8, 0.4  # of the log-odds of the two models: see README.md
SEED, SHAPE_SEED = 1, 2  # of three each
TREES, SHAPE_TREES = 400, 300
SHAPE_FEATURES = len(features.NAMES)
STYLES = {icons.name: icons.style for icons in SETS}
VISIBLE = 0.01  # of the subject: damage that counts
_HEAD = ("images", "regions", "right", "eaten > 1 %", "left > 1 %", "either")
_THRESHOLDS = (0.15, 0.25, 0.35, 0.5)
_PARTS = 100  # of the table that the shipped trees judge at a time, for less memory


def fit(
    features: Array, subject: Array, weights: Array, trees: int = TREES, seed: int = SEED
) -> HistGradientBoostingClassifier:
    """Train boosted trees."""
    model = HistGradientBoostingClassifier(
        max_iter=trees,
        learning_rate=0.05,
        max_leaf_nodes=24,
        min_samples_leaf=20,
        l2_regularization=5,
        max_features=0.3,
        early_stopping=False,
        random_state=seed,
    )
    return model.fit(features.astype(np.float32), subject, sample_weight=weights)


def out_of_sample(data: HoleTable, groups: Array) -> Array:
    """Return log-odds of subject, each by a model trained without the region's group."""
    weights, odds = data.weights(), np.zeros(len(data.subject))
    for group in np.unique(groups):
        mine = groups == group
        model = fit(data.features[~mine], data.subject[~mine], weights[~mine])
        odds[mine] = model.decision_function(data.features[mine].astype(np.float32))
    return pool_images(data, odds)


def pool_images(data: HoleTable, odds: Array) -> Array:
    """Let the regions of each image agree, as the cutout does."""
    pooled = odds.copy()
    starts = np.flatnonzero(np.r_[True, np.diff(data.image) != 0])
    for start, stop in zip(starts, np.r_[starts[1:], len(odds)], strict=True):
        measured = data.features[start:stop].astype(np.float32)
        pooled[start:stop] = pool(odds[start:stop], measured)
    return pooled


def folds(data: HoleTable) -> Array:
    """Return each region's fold: by name in all styles, by motif, or by repository."""
    names = [
        f"{source}/{group}" if source == REAL else str(group)
        for source, group in zip(data.source, data.group, strict=True)
    ]
    digests = [hashlib.sha256(name.encode()).digest() for name in names]
    fold = np.array([int.from_bytes(digest[1:3], "big") % FOLDS for digest in digests])
    for number, group in enumerate(sorted(set(data.group[data.source == REAL]))):
        fold[(data.source == REAL) & (data.group == group)] = FOLDS + number
    return np.asarray(fold[data.image])


def train(data: HoleTable) -> HistGradientBoostingClassifier:
    """Train on all images except those held out."""
    used = ~data.held_out[data.image]
    return fit(data.features[used], data.subject[used], data.weights()[used])


def train_shapes() -> HistGradientBoostingClassifier:
    """Train on more icons, on pure white, by their shapes alone."""
    with np.load(SHAPES, allow_pickle=False) as file:
        data = dict(file)
    side = np.sqrt(data["area"].astype(np.float64))
    weights = side / np.bincount(data["image"], side)[data["image"]]
    used = ~data["held_out"][data["image"]]
    return fit(
        data["features"][used], data["subject"][used], weights[used], SHAPE_TREES, SHAPE_SEED
    )


def export(parts: Mapping[float, HistGradientBoostingClassifier]) -> dict[str, Any]:
    """Convert trees to the arrays of `app.imaging.cutout.holes.decision_trees`.

    Args:
        parts: models by the weight of their log-odds.
    """
    out: dict[str, Any] = {
        key: [] for key in ("feature", "threshold", "left", "right", "value", "roots")
    }
    depth, bias = 0, 0.0
    for weight, model in parts.items():
        bias += weight * float(model._baseline_prediction.ravel()[0])
        depth = max(depth, _export_trees(model, weight, out))
    return {**out, "depth": depth + 1, "bias": bias, "columns": list(FEATURES)}


def _export_trees(model: HistGradientBoostingClassifier, weight: float, out: dict[str, Any]) -> int:
    depth = 0
    for (tree,) in model._predictors:
        root = len(out["feature"])
        out["roots"].append(root)
        for index, node in enumerate(tree.nodes):
            leaf = bool(node["is_leaf"])
            out["feature"].append(0 if leaf else int(node["feature_idx"]))
            # Exact, because many thresholds are values that features have.
            out["threshold"].append(0 if leaf else float(node["num_threshold"]))
            out["left"].append(root + (index if leaf else int(node["left"])))
            out["right"].append(root + (index if leaf else int(node["right"])))
            out["value"].append(round(weight * float(node["value"]), 5) if leaf else 0)
            depth = max(depth, int(node["depth"]))
    return depth


def report(data: HoleTable) -> Iterator[str]:
    """Yield the lines of the cross-validated report."""
    odds = out_of_sample(data, folds(data))
    yield " " * 28 + "".join(f"{head:>13}" for head in _HEAD)
    everything = np.ones(len(odds), bool)
    for threshold in _THRESHOLDS:
        yield _line(f"all, kept from {threshold}", data, odds, everything, threshold)
    names = data.source[data.image]
    for source in np.unique(names):
        yield _line(f"  {source}", data, odds, names == source)
    backgrounds = data.background[data.image]
    for name in np.unique(backgrounds):
        yield _line(f"  on {name}", data, odds, backgrounds == name)
    styles = np.array([STYLES.get(str(source), str(source)) for source in data.source])
    strange = out_of_sample(data, styles[data.image])
    yield _line("sources left out, all", data, strange, everything)
    for style in np.unique(styles):
        yield _line(f"  {style}", data, strange, styles[data.image] == style)


def _line(
    label: str,
    data: HoleTable,
    odds: Array,
    rows: Array,
    threshold: float = classify.KEEP_THRESHOLD,
) -> str:
    """Return a row: regions decided right, and images with visible damage of either kind."""
    keep = odds >= np.log(threshold / (1 - threshold))
    share = data.features[:, FEATURES.index("area_to_subject")].astype(np.float64)
    count = len(data.source)
    eaten = np.bincount(data.image, share * (rows & data.subject & ~keep), count)
    left = np.bincount(data.image, share * (rows & ~data.subject & keep), count)
    images = np.unique(data.image[rows])
    eaten, left = eaten[images] > VISIBLE, left[images] > VISIBLE
    shares = (keep == data.subject)[rows].mean(), eaten.mean(), left.mean(), (eaten | left).mean()
    cells = [f"{len(images)}", f"{rows.sum()}", *(f"{share:.1%}" for share in shares)]
    return f"{label:<28}" + "".join(f"{cell:>13}" for cell in cells)


def main() -> None:
    """Print the report; write the model and the words, or compare with the shipped ones."""
    parser = argparse.ArgumentParser(prog="python -m bench.holes.train", description=__doc__)
    parser.add_argument("--check", action="store_true", help="train and compare, write nothing")
    check = parser.parse_args().check
    data = table.load()
    for text in () if check else report(data):
        print(text, flush=True)
    parts = {WEIGHT: train(data), SHAPE_WEIGHT: train_shapes()}
    if not check:
        classify.MODEL_FILE.write_text(json.dumps(export(parts), separators=(",", ":")), "utf-8")
        decision_trees.load_trees.cache_clear()
        words.write(words.count_words(data, ~data.held_out[data.image]))
    measured = data.features.astype(np.float32)
    trees = decision_trees.load_trees(classify.MODEL_FILE)
    shipped = np.concatenate([trees.log_odds(part) for part in np.array_split(measured, _PARTS)])
    trained = WEIGHT * parts[WEIGHT].decision_function(measured)
    trained += SHAPE_WEIGHT * parts[SHAPE_WEIGHT].decision_function(measured[:, :SHAPE_FEATURES])
    apart = float(np.abs(shipped - trained).max())
    print(f"{classify.MODEL_FILE.name} differs from the trained model by {apart:.6f} at most")
    if apart > TOLERANCE:
        raise SystemExit(f"that is more than {TOLERANCE}")


if __name__ == "__main__":
    main()
