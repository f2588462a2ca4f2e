"""Boosted decision trees read from a table: plain numbers, no code in the file."""

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
    """All trees' nodes in five flat arrays; a leaf points to itself.

    Attributes:
        feature: column that a node looks at.
        threshold: the left branch is taken where the value is at most this.
        left: number of the node to the left.
        right: number of the node to the right.
        value: log-odds that a leaf adds.
        roots: number of each tree's first node.
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

    def probability(self, rows: Array) -> Array:
        """Chance of the positive class for each row of an (n, k) array: (n,) float64, 0..1."""
        node = np.tile(self.roots, (len(rows), 1))
        line = np.arange(len(rows))[:, None]
        for _ in range(self.depth):
            low = rows[line, self.feature[node]] <= self.threshold[node]
            node = np.where(low, self.left[node], self.right[node])
        odds = self.bias + self.value[node].sum(axis=1)
        return np.asarray(1 / (1 + np.exp(-odds)))


@lru_cache(maxsize=4)
def load(path: Path) -> DecisionTrees:
    """Read a table that bench/holes/train.py has written."""
    raw = json.loads(path.read_text("utf-8"))
    return DecisionTrees(
        feature=np.array(raw["feature"], np.int32),
        threshold=np.array(raw["threshold"], np.float64),
        left=np.array(raw["left"], np.int32),
        right=np.array(raw["right"], np.int32),
        value=np.array(raw["value"], np.float64),
        roots=np.array(raw["roots"], np.int32),
        depth=int(raw["depth"]),
        bias=float(raw["bias"]),
    )
