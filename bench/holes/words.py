"""Count what words say about enclosed white, from icon names and a list by hand.

`train` writes the result beside the model of shapes. Evidence is in log-odds: 0 says nothing.
"""

import json
import math
import re
import tomllib
from collections import defaultdict
from pathlib import Path

import numpy as np

from app.imaging.cutout.holes import classify, words
from bench.holes.table import Array, HoleTable

HAND_FILE = Path(__file__).with_name("words.toml")
_PRIOR = 8.0  # images by which each count is drawn to the mean
_MIN_COUNT, _MIN_EVIDENCE = 1.5, 0.25  # words with less say nothing
_IGNORED = frozenset("with and of the in on for a an to or by at from no not one two".split())


def count_words(data: HoleTable, used: Array) -> dict[str, float]:
    """Return the evidence of each word.

    Args:
        data: the training set; names of its icons are words.
        used: (n,) bool, its regions to count.
    """
    hand = tomllib.loads(HAND_FILE.read_text("utf-8"))
    silent = _IGNORED | _stems(hand["nothing"])
    subject: dict[str, float] = defaultdict(float)
    hole: dict[str, float] = defaultdict(float)
    for name, share in _image_shares(data, used):
        for word in _stems(name) - silent:
            subject[word] += share
            hole[word] += 1 - share
    base = sum(subject.values()) / max(sum(subject.values()) + sum(hole.values()), 1.0)
    for word in _stems(hand["subject"]):
        subject[word] += hand["count"]
    for word in _stems(hand["hole"]):
        hole[word] += hand["count"]
    evidence = {}
    for word in sorted({*subject, *hole}):
        yes, no = subject[word], hole[word]
        odds = (yes + _PRIOR * base) / (no + _PRIOR * (1 - base))
        value = math.log(odds * (1 - base) / base)
        value = max(-words.MAX_EVIDENCE, min(words.MAX_EVIDENCE, value))
        if yes + no >= _MIN_COUNT and abs(value) >= _MIN_EVIDENCE and len(word) > 1:
            evidence[word] = round(value, 2)
    return evidence


def _stems(text: str) -> set[str]:
    return {words.stem(word) for word in re.findall("[a-z]+", text)}


def _image_shares(data: HoleTable, used: Array) -> list[tuple[str, float]]:
    """Return the names of images, and which share of their enclosed white is subject."""
    named = np.array([source not in ("real", "letterings", "lattice") for source in data.source])
    visible = classify.visibility(data.area / 512**2) * used * named[data.image]
    total = np.bincount(data.image, visible, len(data.source))
    kept = np.bincount(data.image, visible * data.subject, len(data.source))
    seen: dict[tuple[str, str], list[float]] = defaultdict(list)
    for place in np.flatnonzero(total > 0.3):
        # The painter's names are prompts, whose other words it does not draw.
        names = data.group if data.source[place] == "painter" else data.name
        key = str(data.source[place]), str(names[place])
        seen[key].append(float(kept[place] / total[place]))
    return [(name, float(np.mean(shares))) for (_, name), shares in seen.items()]


def write(evidence: dict[str, float]) -> None:
    """Write the file that the cutout reads."""
    words.WORDS_FILE.write_text(
        json.dumps(evidence, separators=(",", ":"), sort_keys=True) + "\n", "utf-8"
    )
