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
    """The nodes of all trees in five flat arrays; a leaf points to itself.

    Attributes:
        feature: column that a node compares.
        threshold: values up to this take the left branch.
        left: index of the left child.
        right: index of the right child.
        value: log-odds that a leaf adds.
        roots: index of each tree's root.
        depth: of the deepest tree.
        bias: log-odds before any tree.
    """

    feature: Array
    threshold: Array
    left: Array
    right: Array
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
        node = np.tile(self.roots, (len(samples), 1))
        sample = np.arange(len(samples))[:, None]
        for _ in range(self.depth):
            go_left = samples[sample, self.feature[node]] <= self.threshold[node]
            node = np.where(go_left, self.left[node], self.right[node])
        return np.asarray(self.bias + self.value[node].sum(axis=1))


@lru_cache(maxsize=4)
def load_trees(path: Path) -> DecisionTrees:
    """Read a file that bench/holes/train.py wrote."""
    document = json.loads(path.read_text("utf-8"))
    return DecisionTrees(
        feature=np.array(document["feature"], np.int32),
        threshold=np.array(document["threshold"], np.float64),
        left=np.array(document["left"], np.int32),
        right=np.array(document["right"], np.int32),
        value=np.array(document["value"], np.float64),
        roots=np.array(document["roots"], np.int32),
        depth=int(document["depth"]),
        bias=float(document["bias"]),
    )
