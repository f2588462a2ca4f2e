"""The cutout, step by step: decode, find the background, make it transparent, fit, encode."""

import cv2
import numpy as np
from numpy.typing import NDArray

from app.imaging import Cutout, Holes, UnusablePicture
from app.imaging.header import inspect

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

_BORDER = 4  # width of the frame that the background's colour is read from, in pixels
_TOLERANCE = 14  # levels that a background pixel may differ from that colour
_EDGE = 3  # width of the band around the background whose pixels are mixtures, in pixels


def cutout(data: bytes, *, size: int, holes: Holes) -> Cutout:
    """Cut out and fit; see `app.imaging.cutout`."""
    inspect(data)
    pixels = _decode(data)
    alpha: Floats
    colour = pixels[..., :3]
    if pixels.shape[2] == 4 and pixels[..., 3].min() < 255:  # already cut out: only fit it
        alpha = pixels[..., 3].astype(np.float32) / np.float32(255)
        background = np.zeros(3, np.float32)
    else:
        background = _background(colour)
        alpha = _alpha(colour, background, holes)
    rgba = _fit(colour, alpha, background, size)
    report = {
        "background": "#{2:02x}{1:02x}{0:02x}".format(*background.astype(int).tolist()),
        "coverage": round(float(rgba[..., 3].mean()) / 255, 4),
    }
    return Cutout(png=_encode(rgba), size=size, report=report)


def _decode(data: bytes) -> Pixels:
    """Return BGR or BGRA pixels, 8 bits each."""
    buffer = np.frombuffer(data, np.uint8)
    try:
        pixels = cv2.imdecode(buffer, cv2.IMREAD_UNCHANGED)
        if pixels is not None and pixels.dtype == np.uint16:
            pixels = (pixels // 257).astype(np.uint8)
        if pixels is not None and (pixels.ndim != 3 or pixels.dtype != np.uint8):
            pixels = cv2.imdecode(buffer, cv2.IMREAD_COLOR)
    except cv2.error:
        pixels = None
    if pixels is None:
        raise UnusablePicture("the picture can't be decoded")
    return np.asarray(pixels, np.uint8)


def _background(colour: Pixels) -> Floats:
    """Return the median colour of the picture's frame."""
    frame = np.concatenate(
        [
            colour[:_BORDER].reshape(-1, 3),
            colour[-_BORDER:].reshape(-1, 3),
            colour[:, :_BORDER].reshape(-1, 3),
            colour[:, -_BORDER:].reshape(-1, 3),
        ]
    )
    return np.asarray(np.median(frame, axis=0), np.float32)


def _alpha(colour: Pixels, background: Floats, holes: Holes) -> Floats:
    """Return opacity 0..1: none on the background, all on the subject, between on its edge."""
    distance = np.abs(colour.astype(np.float32) - background).max(axis=2)
    similar = (distance <= _TOLERANCE).astype(np.uint8)
    outside = similar if holes == "cut" else _reached_from_border(similar)
    band = cv2.dilate(outside, np.ones((2 * _EDGE + 1, 2 * _EDGE + 1), np.uint8))
    # Opacity in the band: how far its colour is from the background, measured against the most
    # different colour nearby, which is the subject's own.
    subject = cv2.dilate(distance, np.ones((4 * _EDGE + 1, 4 * _EDGE + 1), np.uint8))
    mixture = np.clip(distance / np.maximum(subject, 1), 0, 1)
    alpha = np.where(band.astype(bool), mixture, 1)
    return np.asarray(np.where(outside.astype(bool), 0, alpha), np.float32)


def _reached_from_border(similar: Pixels) -> Pixels:
    """Keep those of the background-coloured pixels (1) that connect to the picture's border."""
    canvas = cv2.copyMakeBorder(similar, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    cv2.floodFill(canvas, None, (0, 0), 2)
    return np.asarray(canvas[1:-1, 1:-1] == 2, np.uint8)


def _fit(colour: Pixels, alpha: Floats, background: Floats, size: int) -> Pixels:
    """Scale to fit `size` x `size`, centred on transparency, with the background mixed out.

    Colours are averaged weighted by their opacity, so that nothing of the background remains in
    the edges: what was seen is subject * alpha + background * (1 - alpha).
    """
    height, width = alpha.shape
    scale = size / max(height, width)
    target = (max(1, round(width * scale)), max(1, round(height * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    weighted = colour.astype(np.float32) - background * (1 - alpha[..., None])
    small_alpha = cv2.resize(alpha, target, interpolation=method)
    small = cv2.resize(weighted, target, interpolation=method)
    small = small / np.maximum(small_alpha, 1 / 255)[..., None]
    top, left = (size - target[1]) // 2, (size - target[0]) // 2
    rgba = np.zeros((size, size, 4), np.uint8)
    window = rgba[top : top + target[1], left : left + target[0]]
    window[..., 3] = np.rint(small_alpha * 255)
    window[..., :3] = np.clip(np.rint(small), 0, 255)
    window[window[..., 3] == 0] = 0
    return rgba


def _encode(rgba: Pixels) -> bytes:
    done, png = cv2.imencode(".png", rgba, [cv2.IMWRITE_PNG_COMPRESSION, 6])
    if not done:
        raise UnusablePicture("the cutout can't be encoded")
    return png.tobytes()
