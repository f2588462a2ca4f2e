"""Restyle drawings: line art, pale figures, clay, photo textures, glass, soft rims."""

import cv2
import numpy as np

from bench.network.drawings import Array, Drawing, Library, Rng

_SQUARE = np.ones((3, 3), np.uint8)


def restyle(drawing: Drawing, library: Library, rng: Rng) -> Drawing:
    """Return the drawing as it is (half of them), or in another style."""
    roll = rng.random()
    if roll < 0.07:
        return photo_texture(drawing, library, rng)
    styles = (line_art, pale, clay, glass, feather)
    for style, limit in zip(styles, (0.20, 0.30, 0.42, 0.48, 0.52), strict=True):
        if roll < limit:
            return style(drawing, rng)
    return drawing


def line_art(drawing: Drawing, rng: Rng) -> Drawing:
    """Keep edges between colors and the outline; the body becomes white or pale."""
    drawing = _with_margin(drawing, 5)
    solid = drawing.alpha > 0.5
    over = (drawing.color * drawing.alpha[..., None] * 255).astype(np.uint8)
    smooth = cv2.medianBlur(np.ascontiguousarray(over), 5)
    gradient = cv2.morphologyEx(smooth, cv2.MORPH_GRADIENT, _SQUARE).max(axis=2)
    edges = (gradient > rng.uniform(25, 70)) & solid
    rim = cv2.morphologyEx(solid.astype(np.uint8), cv2.MORPH_GRADIENT, _SQUARE) > 0
    ink = (edges | rim).astype(np.uint8)
    if rng.random() < 0.7:
        ink |= ((smooth.max(axis=2) < 60) & solid).astype(np.uint8)
    size = int(rng.integers(1, 5))
    ink = cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    line = cv2.GaussianBlur(ink.astype(np.float32), (0, 0), 0.8)
    dark = rng.uniform(0, 0.25, 3) if rng.random() < 0.7 else rng.uniform(0, 0.7, 3)
    body = np.ones_like(drawing.color)
    if rng.random() < 0.3:
        gray = cv2.GaussianBlur(over.mean(axis=2, dtype=np.float32) / 255, (0, 0), 3)
        body *= (1 - rng.uniform(0.05, 0.4) * (1 - gray))[..., None]
    color = body * (1 - line[..., None]) + dark.astype(np.float32) * line[..., None]
    alpha = np.maximum(np.where(solid, 1, 0), line).astype(np.float32)
    return Drawing(color.astype(np.float32), alpha, np.zeros_like(solid))


def _with_margin(drawing: Drawing, pad: int) -> Drawing:
    parts = (drawing.color, drawing.alpha, drawing.soft.astype(np.uint8))
    color, alpha, soft = (
        cv2.copyMakeBorder(part, pad, pad, pad, pad, cv2.BORDER_CONSTANT) for part in parts
    )
    return Drawing(color, alpha, soft > 0)


def pale(drawing: Drawing, rng: Rng) -> Drawing:
    """Lift colors toward white; some keep their dark parts."""
    gray = drawing.color.mean(axis=2, keepdims=True)
    keep = float(rng.choice([0.0, 0.2, 1.0]))
    color = gray + keep * (drawing.color - gray)
    low, high = np.quantile(color, 0.1), np.quantile(color, 0.9)
    color = np.clip((color - low) / max(high - low, 0.1), 0, 1)
    color = 1 - rng.uniform(0.04, 0.35) * (1 - color) ** rng.uniform(0.7, 1.5)
    if rng.random() < 0.5:
        dark = np.clip((0.35 - gray) / 0.1, 0, 1)
        color = color * (1 - dark) + drawing.color * dark
    if rng.random() < 0.5:  # an edge that can be seen
        rim = cv2.GaussianBlur(drawing.alpha, (0, 0), rng.uniform(1, 5))
        color = color * (1 - rng.uniform(0.1, 0.7) * np.clip(1 - rim, 0, 1))[..., None]
    return Drawing(color.astype(np.float32), drawing.alpha, drawing.soft)


def clay(drawing: Drawing, rng: Rng) -> Drawing:
    """Inflate the silhouette and light it, as a render does."""
    solid = np.pad((drawing.alpha > 0.5).astype(np.uint8), 1)
    depth = cv2.distanceTransform(solid, cv2.DIST_L2, 3)[1:-1, 1:-1]
    radius = max(6.0, float(depth.max()) * rng.uniform(0.4, 1.0))
    height = radius * np.sqrt(np.clip(1 - (1 - np.minimum(depth / radius, 1)) ** 2, 0, 1))
    if rng.random() < 0.6:  # parts of the drawing stand out
        gray = drawing.color.mean(axis=2)
        height = height + rng.uniform(-10, 10) * cv2.GaussianBlur(gray, (0, 0), 2)
    height = cv2.GaussianBlur(height.astype(np.float32), (0, 0), rng.uniform(1.2, 4))
    dx, dy = cv2.Sobel(height, cv2.CV_32F, 1, 0) / 8, cv2.Sobel(height, cv2.CV_32F, 0, 1) / 8
    length = np.sqrt(dx * dx + dy * dy + 1)
    light = np.array([rng.uniform(-0.7, 0.7), rng.uniform(-1.0, -0.2), rng.uniform(0.5, 1.2)])
    light /= np.linalg.norm(light)
    facing = (-dx * light[0] - dy * light[1] + light[2]) / length
    ambient = rng.uniform(0.3, 0.8)
    shade = ambient + (1 - ambient) * np.clip(facing, 0, 1)
    shine = np.clip(facing, 0, 1) ** rng.uniform(8, 60) * rng.uniform(0, 0.5)
    kind = rng.random()
    base: Array = drawing.color
    if kind < 0.45:  # white or pale clay, porcelain, a white shirt
        base = np.full_like(base, 1.0) * rng.uniform(0.82, 1.0, 3).astype(np.float32)
        base = np.maximum(base, base.max() - rng.uniform(0, 0.12))
    elif kind < 0.7:
        base = np.full_like(base, 1.0) * rng.uniform(0.1, 1.0, 3).astype(np.float32)
    color = np.clip(base * shade[..., None] * rng.uniform(0.95, 1.1) + shine[..., None], 0, 1)
    return Drawing(color.astype(np.float32), drawing.alpha, drawing.soft)


def photo_texture(drawing: Drawing, library: Library, rng: Rng) -> Drawing:
    """Fill the silhouette, or a part of it, with a photo."""
    photo = library.photo(int(rng.integers(len(library.photos))))
    height, width = drawing.alpha.shape
    scale = rng.uniform(0.4, 1.5)
    side_y, side_x = (
        min(int(s * scale), p) for s, p in zip((height, width), photo.shape, strict=False)
    )
    top, left = rng.integers(photo.shape[0] - side_y + 1), rng.integers(photo.shape[1] - side_x + 1)
    part = photo[top : top + side_y, left : left + side_x]
    texture = cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR) / np.float32(255)
    if rng.random() < 0.5:
        texture = np.clip(texture * rng.uniform(0.6, 1.6) + rng.uniform(-0.1, 0.4), 0, 1)
    share = np.float32(rng.choice([0.35, 0.7, 1.0]))
    color = drawing.color * (1 - share) + texture.astype(np.float32) * share
    return Drawing(color, drawing.alpha, drawing.soft)


def glass(drawing: Drawing, rng: Rng) -> Drawing:
    """Make the silhouette see-through, with rims, streaks and often an opaque label."""
    solid = np.pad((drawing.alpha > 0.5).astype(np.uint8), 1)
    depth = cv2.distanceTransform(solid, cv2.DIST_L2, 3)[1:-1, 1:-1]
    tint = rng.uniform(0.2, 0.9, 3) * np.array([1, 1, 1]) if rng.random() < 0.6 else np.full(3, 0.5)
    rim = np.exp(-depth / rng.uniform(2, 12))
    inside = rng.uniform(0.04, 0.4)
    alpha = np.clip(inside + (rng.uniform(0.4, 0.9) - inside) * rim, 0, 1)
    color = np.ones_like(drawing.color) * tint.astype(np.float32)
    color *= (1 - rng.uniform(0, 0.6) * rim)[..., None].astype(np.float32)
    height, width = alpha.shape
    for _ in range(rng.integers(1, 4)):  # reflections
        x, slope = rng.integers(width), int(rng.integers(-width // 4, width // 4 + 1))
        streak = np.zeros_like(alpha, np.float32)
        cv2.line(streak, (int(x), 0), (int(x + slope), height), 1, int(rng.integers(2, 16)))
        streak = cv2.GaussianBlur(streak, (0, 0), rng.uniform(0.5, 5)) * rng.uniform(0.3, 0.9)
        color = color * (1 - streak[..., None]) + streak[..., None]
        alpha = np.maximum(alpha, streak)
    soft = depth > 0
    parts = np.zeros_like(alpha, np.float32)
    if rng.random() < 0.6:  # a label, or contents
        x0, y0 = rng.uniform(-0.1, 0.3) * width, rng.uniform(0.2, 0.6) * height
        x1, y1 = x0 + rng.uniform(0.4, 1.1) * width, y0 + rng.uniform(0.15, 0.5) * height
        cv2.rectangle(parts, (int(x0), int(y0)), (int(x1), int(y1)), 1, -1)
        parts *= drawing.alpha
        white = rng.random() < 0.6
        label = (
            drawing.color
            if rng.random() < 0.4
            else np.ones_like(color)
            * (rng.uniform(0.92, 1.0) if white else rng.uniform(0, 1, 3).astype(np.float32))
        )
        color = color * (1 - parts[..., None]) + label * parts[..., None]
        alpha = np.maximum(alpha, parts)
    else:  # the drawing's dark parts stay
        parts = ((drawing.color.mean(axis=2) < 0.3) * drawing.alpha).astype(np.float32)
        color = color * (1 - parts[..., None]) + drawing.color * parts[..., None]
        alpha = np.maximum(alpha, parts)
    alpha = np.where(depth > 0, alpha, 0)
    return Drawing(color.astype(np.float32), alpha.astype(np.float32), soft & (parts < 0.5))


def feather(drawing: Drawing, rng: Rng) -> Drawing:
    """Blur the rim by several pixels, or break it up like fur."""
    drawing = _with_margin(drawing, 14)
    alpha = drawing.alpha
    scaled = drawing.color * alpha[..., None]
    sigma = rng.uniform(2.5, 7)
    spread = cv2.GaussianBlur(alpha, (0, 0), sigma)
    color = cv2.GaussianBlur(scaled, (0, 0), sigma) / np.maximum(spread, 0.01)[..., None]
    inside = cv2.erode(alpha, np.ones((3, 3), np.uint8))[..., None]
    original = scaled / np.maximum(alpha, 0.01)[..., None]
    color = color * (1 - inside) + original * inside
    if rng.random() < 0.5:
        grain = cv2.GaussianBlur(rng.standard_normal(alpha.shape).astype(np.float32), (0, 0), 1)
        spread = np.clip(spread + grain * rng.uniform(0.2, 0.6) * spread * (1 - spread) * 4, 0, 1)
    soft = (spread > 0.05) & (spread < 0.9)
    return Drawing(np.clip(color, 0, 1).astype(np.float32), spread.astype(np.float32), soft)
