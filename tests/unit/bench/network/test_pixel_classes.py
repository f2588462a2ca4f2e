"""The network classifies pixels, alike on every run and in every thread."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from bench.network.pixel_classes import (
    BACKGROUND,
    CLASSES,
    HOLE,
    SHADOW,
    SOFT,
    STEPS,
    SUBJECT,
    PixelClasses,
    predict_classes,
)

Array = npt.NDArray[Any]

WHITE = np.full(3, 255, np.float32)


@pytest.fixture
def figure() -> Array:
    """Return a pale pot with an outline, a contact shadow below it, on white; 512 px."""
    image = np.full((512, 512, 3), 255, np.float32)
    shadow = np.zeros((512, 512), np.float32)
    cv2.ellipse(shadow, (256, 400), (150, 24), 0, 0, 360, 0.35, -1)
    image *= 1 - cv2.GaussianBlur(shadow, (0, 0), 9)[..., None]
    cv2.ellipse(image, (256, 280), (120, 130), 0, 0, 360, (90, 70, 60), 6, cv2.LINE_AA)
    cv2.ellipse(image, (256, 280), (117, 127), 0, 0, 360, (235, 244, 250), -1, cv2.LINE_AA)
    cv2.circle(image, (215, 250), 12, (40, 40, 40), -1, cv2.LINE_AA)
    cv2.circle(image, (297, 250), 12, (40, 40, 40), -1, cv2.LINE_AA)
    return np.rint(image).astype(np.uint8)


def test_subject_background_and_shadow_are_separated(figure: Array) -> None:
    """A pale body is subject, the white around it background, and its shadow no subject."""
    classes = predict_classes(figure, WHITE)
    solid = classes.probability(SUBJECT, SOFT, size=(512, 512))
    assert solid[180:380, 180:330].mean() > 0.9
    assert solid[:100].mean() < 0.05
    assert solid[410:420, 180:330].mean() < 0.4
    assert classes.probability(BACKGROUND, size=(512, 512))[:100].mean() > 0.95
    assert classes.probability(SHADOW, size=(512, 512))[410:420, 180:330].mean() > 0.3


def test_figure_on_a_studio_background_is_no_background() -> None:
    """A figure is no background, although the background differs as much in its corners."""
    y, x = np.mgrid[0:512, 0:512].astype(np.float32) / 512 - 0.5
    image = np.repeat((246 - 60 * (x * x + y * y))[..., None], 3, axis=2)
    ball = cv2.circle(np.zeros((512, 512), np.float32), (256, 256), 110, 1, -1, cv2.LINE_AA)
    distance = np.sqrt((x + 0.05) ** 2 + (y + 0.07) ** 2)
    shaded = (252 - 260 * distance**1.5)[..., None] * np.array([0.6, 0.8, 1], np.float32)
    image = image * (1 - ball[..., None]) + shaded * ball[..., None]
    image[240:260, 215:235] = image[240:260, 280:300] = 50
    color = image[:2].mean(axis=(0, 1))
    classes = predict_classes(np.rint(image).astype(np.uint8), color)
    inside = classes.probability(SUBJECT, SOFT, HOLE)
    assert inside[90:166, 90:166].mean() > 0.7
    assert inside[:30].mean() < 0.2


def test_result_is_the_same_in_eight_threads(figure: Array) -> None:
    """Threads that classify different images at the same time get what one thread gets."""
    images = [np.roll(figure, 7 * number, axis=1) for number in range(8)]
    expected = [predict_classes(image, WHITE).steps for image in images]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda image: predict_classes(image, WHITE).steps, images * 3))
    assert all(np.array_equal(a, b) for a, b in zip(found, expected * 3, strict=True))


@pytest.mark.parametrize(
    ("height", "width"), [(512, 512), (512, 300), (200, 512), (90, 41), (1, 9)]
)
def test_result_has_the_shape_of_the_image(height: int, width: int) -> None:
    """The longer side is 256 pixels; the probabilities of a pixel add up to about one."""
    classes = predict_classes(np.full((height, width, 3), 200, np.uint8), np.full(3, 200.0))
    longer = max(height, width)
    rows, columns = (max(1, round(256 * side / longer)) for side in (height, width))
    assert classes.steps.shape == (len(CLASSES), rows, columns)
    assert abs(classes.steps.sum(axis=0).astype(int) - STEPS).max() <= 2


def test_region_means_are_of_the_regions() -> None:
    """Each labeled region gets the mean of its pixels, whatever the size of the labels."""
    steps = np.zeros((5, 4, 4), np.uint8)
    steps[SUBJECT, :, :2] = steps[BACKGROUND, :, 2:] = STEPS
    labels = np.zeros((8, 8), np.int32)
    labels[:, :4], labels[0, 7] = 1, 3
    means = PixelClasses(steps).region_means(labels, 4)
    assert means[1].tolist() == [0, 1, 0, 0, 0]
    assert means[3].tolist() == [1, 0, 0, 0, 0]
    assert means[2].tolist() == [0, 0, 0, 0, 0]
