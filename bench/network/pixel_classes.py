"""Classify each pixel by a small convolutional network."""

import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from bench.network.network_input import SIDE, fit, to_channels

Array = npt.NDArray[Any]

BACKGROUND, SUBJECT, HOLE, SHADOW, SOFT = range(5)
CLASSES = ("background", "subject", "hole", "shadow", "soft")
STEPS = 32  # probabilities are multiples of 1/STEPS, so that they don't depend on the processor
MODEL_FILE = Path(__file__).with_name("pixel_classes.onnx")
_lock = threading.Lock()


@dataclass(frozen=True)
class PixelClasses:
    """What each pixel probably is.

    Attributes:
        steps: (5, h, w) uint8 probabilities of `CLASSES` in units of 1/32, where the longer of h
            and w is 256. They are rounded, so their sum may differ from 32.
    """

    steps: Array

    def probability(self, *classes: int, size: tuple[int, int] | None = None) -> Array:
        """Return the probability that a pixel is of one of these classes.

        Args:
            classes: numbers such as `HOLE`.
            size: height and width of the result; by default 256 px on the longer side.

        Returns:
            (h, w) float32, 0..1.
        """
        total = np.minimum(self.steps[list(classes)].sum(axis=0, dtype=np.uint8), STEPS)
        chance = total.astype(np.float32) * np.float32(1 / STEPS)
        if size is None or size == chance.shape:
            return np.asarray(chance)
        return np.asarray(cv2.resize(chance, size[::-1], interpolation=cv2.INTER_LINEAR))

    def region_means(self, labels: Array, count: int) -> Array:
        """Return the mean probabilities of labeled regions.

        Args:
            labels: (h, w) int32 number of the region that a pixel is in, of any size.
            count: of numbers, including 0.

        Returns:
            (count, 5) float64, rounded to 1/64; each row adds up to 1. Rows of empty regions are 0.
        """
        height, width = labels.shape
        flat, sums = labels.ravel(), np.zeros((count, len(CLASSES)))
        for number, steps in enumerate(self.steps):
            full = cv2.resize(steps, (width, height), interpolation=cv2.INTER_NEAREST)
            sums[:, number] = np.bincount(flat, full.ravel(), count)
        totals = np.maximum(sums.sum(axis=1, keepdims=True), 1)
        return np.asarray(np.rint(sums / totals * 64) / 64)


def predict_classes(image: Array, background_color: Array) -> PixelClasses:
    """Classify the pixels of an image on a background. Thread-safe.

    Args:
        image: (h, w, 3) uint8 BGR; 512 px on the longer side are best.
        background_color: (3,) BGR levels, as `estimate_background` measures them.
    """
    square, (top, bottom, left, right) = fit(image, background_color)
    channels = to_channels(square, background_color)
    with _lock:
        network = _load()
        network.setInput(channels[None])
        logits = _unfold(network.forward()[0])
    logits = np.ascontiguousarray(logits[:, top:bottom, left:right])
    largest = logits.max(axis=0)
    np.subtract(logits, largest, out=logits)
    chances = np.asarray(cv2.exp(logits.reshape(len(CLASSES), -1))).reshape(logits.shape)
    chances *= np.float32(STEPS) / chances.sum(axis=0)
    return PixelClasses((chances + np.float32(0.5)).astype(np.uint8))


@cache
def _load() -> cv2.dnn.Net:
    """Return the network. It keeps state and 16 MB, so all threads share one under a lock."""
    model = np.frombuffer(MODEL_FILE.read_bytes(), np.uint8)
    return cv2.dnn.readNetFromONNX(model, cv2.dnn.ENGINE_CLASSIC)


def _unfold(folded: Array) -> Array:
    """Copy (20, SIDE / 2, SIDE / 2) to (5, SIDE, SIDE): four channels hold 2 x 2 pixels."""
    half = SIDE // 2
    parts = folded.reshape(len(CLASSES), 2, 2, half, half).transpose(0, 3, 1, 4, 2)
    return np.ascontiguousarray(parts).reshape(len(CLASSES), SIDE, SIDE)
