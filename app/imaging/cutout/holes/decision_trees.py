"""Evaluate boosted decision trees that are stored as plain numbers."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class DecisionTrees:
    """The nodes of all trees in flat arrays; a leaf points to itself.

    Attributes:
        feature: column that a node compares.
        threshold: values up to this take the left branch.
        children: indices of each node's right child and its left one, in turn.
        value: log-odds that a leaf adds.
        roots: index of each tree's root.
        depth: of the deepest tree.
        bias: log-odds before any tree.
    """

    feature: Array
    threshold: Array
    children: Array
    value: Array
    roots: Array
    depth: int
    bias: float

    def log_odds(self, samples: Array) -> Array:
        """Return the log-odds of the positive class for each sample.

        Args:
            samples: (n, k), a sample per row and a feature per column.

        Returns:
            (n,) float64.
        """
        flat = np.ascontiguousarray(samples, np.float64).ravel()
        first = np.arange(len(samples))[:, None] * samples.shape[1]
        node = np.tile(self.roots, (len(samples), 1))
        for _ in range(self.depth):
            go_left = flat.take(first + self.feature.take(node)) <= self.threshold.take(node)
            node = self.children.take(2 * node + go_left)
        return np.asarray(self.bias + self.value.take(node).sum(axis=1))


@lru_cache(maxsize=4)
def load_trees(path: Path) -> DecisionTrees:
    """Read a file that bench/holes/train.py wrote."""
    document = json.loads(path.read_text("utf-8"))
    return DecisionTrees(
        feature=np.array(document["feature"], np.intp),
        threshold=np.array(document["threshold"], np.float64),
        children=np.column_stack([document["right"], document["left"]]).astype(np.intp).ravel(),
        value=np.array(document["value"], np.float64),
        roots=np.array(document["roots"], np.intp),
        depth=int(document["depth"]),
        bias=float(document["bias"]),
    )
