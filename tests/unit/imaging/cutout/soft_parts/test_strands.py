"""Strands and the gaps between them get the opacity that was drawn; two-toned drawings don't."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.imaging.cutout.background import Background
from app.imaging.cutout.edges.edge_alpha import estimate_alpha
from app.imaging.cutout.matte import compute_matte
from app.imaging.cutout.options import AUTOMATIC, HoleChoice
from app.imaging.cutout.segmentation import SegmentationOptions
from app.imaging.cutout.soft_parts import resolve_strands

Floats = NDArray[Any]
SIDE, SCALE = 512, 4
WHITE = np.full(3, 255, np.float32)
DARK, BROWN, PALE, RED = (30, 40, 50), (60, 110, 170), (150, 190, 220), (60, 60, 230)  # BGR
OPTIONS = SegmentationOptions(AUTOMATIC, lossy=False, ringing=0.0)


def tuft(thickness: int = 6, count: int = 900) -> Floats:
    """Return the coverage of strands that point outwards from a disc, 0..1."""
    random = np.random.default_rng(3)
    big = np.zeros((SIDE * SCALE, SIDE * SCALE), np.uint8)
    middle = SIDE * SCALE / 2
    cv2.circle(big, (int(middle), int(middle)), 60 * SCALE, 255, -1)
    for angle in random.uniform(0, 2 * np.pi, count):
        heading = np.array([np.cos(angle), np.sin(angle)])
        start = middle + heading * random.uniform(30, 70) * SCALE
        end = start + (heading + random.normal(0, 0.2, 2)) * random.uniform(30, 110) * SCALE
        points = np.rint([start, end]).astype(np.int32)
        cv2.polylines(big, [points], False, 255, thickness, cv2.LINE_AA)
    small = cv2.resize(big, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / 255


def over(color: Any, alpha: Floats, below: Any = WHITE) -> Floats:
    """Return a color over an image."""
    share = alpha[..., None]
    return np.asarray(np.float32(color) * share + np.float32(below) * (1 - share), np.float32)


def cut(image: Floats, holes: str = "auto") -> tuple[NDArray[Any], NDArray[Any]]:
    """Return alpha of the whole image without and with the treatment of strands."""
    options = replace(OPTIONS, chosen=replace(AUTOMATIC, holes=HoleChoice.parse(holes)))
    drawn = np.rint(image).astype(np.uint8)
    background = Background(WHITE, 0.0, 1.0)
    matte = compute_matte(drawn, background, options)
    found = matte.segmentation
    plain = estimate_alpha(
        matte.image, found.distance, found.background, found.color, matte.edge_width
    )
    resolved = resolve_strands(matte.image, found, background, plain)
    np.testing.assert_array_equal(resolved, matte.alpha)
    top, bottom, left, right = matte.box
    whole = np.zeros((2, SIDE, SIDE), np.uint8)
    whole[:, top:bottom, left:right] = plain, resolved
    return whole[0], whole[1]


def error(alpha: NDArray[Any], truth: Floats) -> float:
    """Return the mean error of alpha where it is partial, 0..1."""
    partial = (truth > 0.05) & (truth < 0.95)
    return float(np.abs(alpha / 255 - truth)[partial].mean())


@pytest.mark.parametrize("color", [DARK, BROWN, PALE])
def test_gaps_between_strands_are_as_transparent_as_drawn(color: Any) -> None:
    """Gaps of a pixel or two have no edges that rings could follow."""
    truth = tuft()
    plain, resolved = cut(over(color, truth))
    assert error(plain, truth) > 0.15
    assert error(resolved, truth) < 0.07
    assert resolved[truth == 1].min() > 240
    assert np.count_nonzero(resolved[truth == 0] > 16) < 0.0015 * SIDE**2


def test_subject_of_other_colors_among_strands_stays() -> None:
    """A face in front of its hair is no mixture of hair and background."""
    face = np.zeros((SIDE, SIDE), np.float32)
    cv2.circle(face, (SIDE // 2, SIDE // 2), 110, 1.0, -1, cv2.LINE_AA)
    plain, resolved = cut(over(RED, face, over(DARK, tuft())))
    assert not np.array_equal(plain, resolved)
    inside = cv2.erode((face == 1).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    assert resolved[inside].min() > 220


def test_two_tones_stay_opaque() -> None:
    """The light spokes of a wheel beside dark ones are paint, although between the two."""
    dark, light = (np.zeros((SIDE * SCALE, SIDE * SCALE), np.uint8) for _ in range(2))
    middle = (SIDE * SCALE // 2, SIDE * SCALE // 2)
    for number in range(80):
        angle = np.pi * number / 40
        end = (
            int(middle[0] + 900 * np.cos(angle)),
            int(middle[1] + 900 * np.sin(angle)),
        )
        cv2.line(light if number % 2 else dark, middle, end, 255, 5 * SCALE, cv2.LINE_AA)
    tones = [
        np.asarray(cv2.resize(each, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32) / 255
        for each in (dark, light)
    ]
    image = over((60, 60, 60), tones[0], over((170, 170, 170), tones[1]))
    plain, resolved = cut(image)
    np.testing.assert_array_equal(resolved, plain)


def test_kept_area_among_strands_stays() -> None:
    """White that is kept as subject, such as an eye, is no gap."""
    image = over(DARK, tuft())
    y, x = np.mgrid[:SIDE, :SIDE]
    distance = np.hypot(x - SIDE / 2 - 115, y - SIDE / 2)
    eye = distance < 9
    image[distance < 12], image[eye] = DARK, 255
    plain, resolved = cut(image, holes="keep:1")
    assert not np.array_equal(plain, resolved)
    assert resolved[eye].min() == 255
