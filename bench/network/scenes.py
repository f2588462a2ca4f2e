"""Synthesize labeled scenes: drawings on a background, with shadows, glows and compression."""

from dataclasses import dataclass

import cv2
import numpy as np

from bench.network import backgrounds
from bench.network.drawings import Array, Drawing, Library, Rng, pick
from bench.network.restyle import restyle

SIDE = 256  # px
BACKGROUND, SUBJECT, HOLE, SHADOW, SOFT = range(5)
_SHADOW_LEVELS = 2.5  # from which darker background counts as shadow
_SOFT_ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Scene:
    """A labeled image.

    Attributes:
        image: (SIDE, SIDE, 3) uint8 BGR.
        labels: (SIDE, SIDE) uint8 class.
        weights: (SIDE, SIDE) float32 weight in the loss.
    """

    image: Array
    labels: Array
    weights: Array


@dataclass(slots=True)
class _Layers:
    """What is on a canvas: premultiplied color, opacity, and masks."""

    color: Array
    alpha: Array
    soft: Array
    dark: Array


def make_scene(library: Library, rng: Rng, held_out: bool = False) -> Scene:
    """Return a random scene."""
    height, width = _canvas_size(rng)
    layers = _Layers(
        np.zeros((height, width, 3), np.float32),
        *(np.zeros((height, width), np.float32) for _ in range(3)),
    )
    _arrange(layers, library, rng, held_out)
    ground = backgrounds.background(rng, (height, width))
    image, darkness = _composite(layers, ground, rng)
    labels = _label(layers, darkness)
    image = _degrade(image, rng)
    weights = _weigh(image, labels, layers, ground)
    return _pad(image, labels, weights)


def _canvas_size(rng: Rng) -> tuple[int, int]:
    if rng.random() < 0.8:
        return SIDE, SIDE
    short = int(rng.choice([144, 170, 192]))
    return (SIDE, short) if rng.random() < 0.5 else (short, SIDE)


def _arrange(layers: _Layers, library: Library, rng: Rng, held_out: bool) -> None:
    """Place one large drawing, several small ones, or one that runs off the frame."""
    height, width = layers.alpha.shape
    roll = rng.random()
    if roll < 0.72:
        _place(layers, _next(library, rng, held_out), rng.uniform(0.5, 0.95), rng)
        if rng.random() < 0.1:
            _place(layers, _next(library, rng, held_out), rng.uniform(0.12, 0.4), rng, spread=0.8)
    elif roll < 0.84:
        for _ in range(rng.integers(2, 7)):
            _place(layers, _next(library, rng, held_out), rng.uniform(0.15, 0.45), rng, spread=0.9)
    else:
        drawing, scale = _next(library, rng, held_out), rng.uniform(0.8, 1.5)
        side = rng.random()
        dx, dy = rng.uniform(-0.25, 0.25), rng.uniform(0.1, 0.45)
        if side < 0.3:
            dx, dy = rng.uniform(-0.4, 0.4), rng.uniform(-0.4, 0.4)
        _place(layers, drawing, scale, rng, offset=(dx * width, dy * height))


def _next(library: Library, rng: Rng, held_out: bool) -> Drawing:
    return restyle(pick(library, rng, held_out), library, rng)


def _place(
    layers: _Layers,
    drawing: Drawing,
    share: float,
    rng: Rng,
    *,
    spread: float = 0.0,
    offset: tuple[float, float] | None = None,
) -> None:
    """Scale, mirror, turn and move a drawing onto the canvas."""
    height, width = layers.alpha.shape
    h, w = drawing.alpha.shape
    scale = share * min(height / h, width / w)
    flip = -1.0 if rng.random() < 0.5 else 1.0
    turn = rng.normal(0, 0.08) if rng.random() < 0.5 else 0.0
    free_x, free_y = max(0.0, width - scale * w), max(0.0, height - scale * h)
    wander = max(spread, 0.3)
    dx, dy = offset or (
        rng.uniform(-0.5, 0.5) * wander * free_x,
        rng.uniform(-0.5, 0.5) * wander * free_y,
    )
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    a = np.array([[cos * flip, -sin], [sin * flip, cos]])
    center = np.array([width / 2 + dx, height / 2 + dy])
    b = center - a @ np.array([w / 2, h / 2])
    matrix = np.column_stack([a, b]).astype(np.float32)
    alpha = drawing.alpha[..., None]
    dark = (drawing.soft & (drawing.color.max(axis=2) < 0.15))[..., None]
    soft = drawing.soft[..., None] & ~dark
    stack = np.concatenate([drawing.color * alpha, alpha], axis=2)
    if scale < 0.7:  # average before sampling
        stack = cv2.GaussianBlur(stack, (0, 0), 0.35 / scale)
    moved = cv2.warpAffine(stack, matrix, (width, height), flags=cv2.INTER_LINEAR)
    masks = np.concatenate([soft, dark], axis=2).astype(np.float32)
    moved_masks = cv2.warpAffine(masks, matrix, (width, height), flags=cv2.INTER_LINEAR)
    over = moved[..., 3]
    keep = 1 - over
    layers.color = layers.color * keep[..., None] + moved[..., :3]
    layers.alpha = layers.alpha * keep + over
    solid = (over > 0.5) & (moved_masks.max(axis=2) < 0.5)
    layers.soft = np.where(solid, 0, np.maximum(layers.soft, moved_masks[..., 0]))
    layers.dark = np.where(solid, 0, np.maximum(layers.dark, moved_masks[..., 1]))


def _composite(layers: _Layers, ground: Array, rng: Rng) -> tuple[Array, Array]:
    """Return levels of the image, and how many levels shadows darken the background."""
    alpha = layers.alpha[..., None]
    darkness = backgrounds.shadow(rng, layers.alpha)
    tint = np.ones(3) if rng.random() < 0.75 else rng.uniform(0.5, 1.0, 3)
    floor = ground * (1 - darkness[..., None] * tint.astype(np.float32))
    if rng.random() < 0.05:
        floor = _glow(layers, floor, rng)
    color = layers.color * 255
    near_white = ground.min() > 225
    if near_white and rng.random() < 0.75:  # the whole image has the tint of the background
        color = color * (ground.mean(axis=(0, 1)) / 255)
    image = color + floor * (1 - alpha)
    return image, ground.max(axis=2) * darkness


def _glow(layers: _Layers, floor: Array, rng: Rng) -> Array:
    """Add a colored glow around the subject; its pixels become soft."""
    spread = cv2.dilate(layers.alpha, np.ones((5, 5), np.uint8))
    spread = cv2.GaussianBlur(spread, (0, 0), rng.uniform(5, 18)) * rng.uniform(0.3, 0.95)
    hue = rng.uniform(0, 1, 3)
    hue[rng.integers(3)] = 1.0
    layers.soft = np.maximum(layers.soft, (spread > _SOFT_ALPHA) & (layers.alpha < 0.5))
    strength = spread[..., None].astype(np.float32)
    return np.asarray(floor * (1 - strength) + hue.astype(np.float32) * 255 * strength)


def _label(layers: _Layers, darkness: Array) -> Array:
    labels = np.full(layers.alpha.shape, BACKGROUND, np.uint8)
    labels[(darkness > _SHADOW_LEVELS) | (layers.dark > 0.5)] = SHADOW
    solid = (layers.alpha > 0.5) & (layers.dark < 0.5)
    covered = (solid | ((layers.soft > 0.5) & (layers.alpha > _SOFT_ALPHA))).astype(np.uint8)
    empty = cv2.copyMakeBorder(1 - covered, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    _, regions = cv2.connectedComponents(empty, connectivity=4)
    inner = regions[1:-1, 1:-1]
    labels[(inner != regions[0, 0]) & (inner > 0)] = HOLE
    labels[solid] = SUBJECT
    labels[(layers.soft > 0.5)] = SOFT
    return labels


def _degrade(image: Array, rng: Rng) -> Array:
    """Add noise, then compress a quarter of the images at twice the size."""
    if rng.random() < 0.08:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.2))
    if rng.random() < 0.45:
        sigma = rng.uniform(0.1, 0.8) if rng.random() < 0.8 else rng.uniform(0.8, 3)
        image = image + rng.standard_normal(image.shape).astype(np.float32) * np.float32(sigma)
    levels = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    if rng.random() < 0.22:
        double = cv2.resize(levels, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
        jpeg = rng.random() < 0.6
        kind, flag = (
            (".jpg", cv2.IMWRITE_JPEG_QUALITY) if jpeg else (".webp", cv2.IMWRITE_WEBP_QUALITY)
        )
        _, data = cv2.imencode(kind, double, [flag, int(rng.integers(60, 97))])
        decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
        size = levels.shape[1::-1]
        return np.asarray(cv2.resize(decoded, size, interpolation=cv2.INTER_AREA))
    return np.asarray(levels)


def _weigh(image: Array, labels: Array, layers: _Layers, ground: Array) -> Array:
    """Weigh what matters and is hard; don't ask what is not in the pixels."""
    near = np.abs(image.astype(np.float32) - ground).max(axis=2)
    like = near < 14
    weights = np.ones(labels.shape, np.float32)
    weights[labels == SUBJECT] = 1.5
    weights[(labels == SUBJECT) & like] = 5.0
    weights[labels == HOLE] = 2.0
    weights[labels == SHADOW] = 1.2
    weights[labels == SOFT] = 1.2
    rim = (layers.alpha > 0.1) & (layers.alpha < 0.9) & (layers.soft < 0.5)
    weights[rim] *= 0.3
    weights *= _by_area(labels, like)
    filled = cv2.copyMakeBorder(
        (near < 2.5).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1
    )
    cv2.floodFill(filled, None, (0, 0), 2, flags=4)
    weights[(filled[1:-1, 1:-1] == 2) & (labels == SUBJECT)] *= 0.06
    return weights


def _by_area(labels: Array, like: Array) -> Array:
    """Weigh a pixel of an enclosed area by the root of its area, so that small ones count."""
    enclosed = ((labels == HOLE) | ((labels == SUBJECT) & like)).astype(np.uint8)
    _, regions, stats, _ = cv2.connectedComponentsWithStats(enclosed, connectivity=4)
    factor = np.clip(np.sqrt(500 / stats[:, cv2.CC_STAT_AREA]), 0.5, 3).astype(np.float32)
    factor[0] = 1
    return np.asarray(factor[regions])


def _pad(image: Array, labels: Array, weights: Array) -> Scene:
    """Pad to a square with the color of the corners, as the network's input is padded."""
    from app.imaging.cutout.background import estimate_background

    height, width = labels.shape
    color = np.rint(estimate_background(image).color)
    y, x = (SIDE - height) // 2, (SIDE - width) // 2
    full = np.empty((SIDE, SIDE, 3), np.uint8)
    full[:] = color.astype(np.uint8)
    full[y : y + height, x : x + width] = image
    marks, weight = np.zeros((SIDE, SIDE), np.uint8), np.full((SIDE, SIDE), 0.2, np.float32)
    marks[y : y + height, x : x + width] = labels
    weight[y : y + height, x : x + width] = weights
    return Scene(full, marks, weight)
