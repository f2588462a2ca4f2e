"""Faults of a requested transparent background: refused, ignored, or badly drawn."""

import io
import json
from collections.abc import Callable
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from PIL import Image

from tests.support.fake_openai import sample_images
from tests.support.fake_openai.behavior import Behavior
from tests.support.fake_openai.errors import (
    error,
    leaky,
    transparency_refused,
    unknown_parameter,
)
from tests.support.fake_openai.reply import Reply

_MESSAGE = "Transparent background is not supported for this model."
_CHECKS = 32  # px: side of a field of the painted checkerboard


class BackgroundFaults(Behavior):
    """Refusals, which are free, and images without the requested alpha, which are charged."""

    @classmethod
    def transparent_refused(cls) -> Self:
        """Respond with the 400 of a model without support for a transparent background."""
        return cls("transparent_refused", reply=transparency_refused())

    @classmethod
    def background_unknown(cls) -> Self:
        """Respond with the 400 of a server that does not know the parameter."""
        return cls("background_unknown", reply=unknown_parameter("background"))

    @classmethod
    def background_mentioned(cls, code: str | None = None) -> Self:
        """Respond with a 400 that mentions the background in its message only."""
        return cls("background_mentioned", reply=error(400, leaky(_MESSAGE), code))

    @classmethod
    def background_forbidden(cls) -> Self:
        """Respond with the 422 of a FastAPI server that forbids unknown fields."""
        detail = [{"type": "extra_forbidden", "loc": ["body", "background"], "msg": leaky("")}]
        return cls("background_forbidden", reply=Reply.of({"detail": detail}, 422))

    @classmethod
    def stream_transparent_refused(cls) -> Self:
        """Begin a stream with the refusal as its first event; free."""
        fields = {"message": leaky(_MESSAGE), "code": "invalid_value", "param": "background"}
        event = f"data: {json.dumps({'error': fields})}\n\n".encode()
        return cls("stream_transparent_refused", reply=Reply(200, event, "text/event-stream"))

    @classmethod
    def opaque_anyway(cls) -> Self:
        """Draw on white although a transparent background was requested."""
        return cls._drawn("opaque_anyway", lambda _: sample_images.draw(1024, 1024, 0))

    @classmethod
    def veil(cls) -> Self:
        """Leave alpha 1 to 7 where it should be 0, and 248 to 254 where it should be 255."""
        return cls._drawn("veil", lambda image: _changed(image, _with_veil))

    @classmethod
    def checkerboard(cls) -> Self:
        """Paint a checkerboard, in a file whose alpha is 255 everywhere."""
        return cls._drawn("checkerboard", lambda image: _changed(image, _on_checkerboard))

    @classmethod
    def _drawn(cls, name: str, image: Callable[[bytes], bytes]) -> Self:
        return cls(name, paid=True, image=image)


def _changed(png: bytes, change: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]) -> bytes:
    with Image.open(io.BytesIO(png)) as image:
        pixels = np.array(image.convert("RGBA"))
    out = io.BytesIO()
    Image.fromarray(change(pixels)).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _with_veil(pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    alpha = pixels[..., 3]
    noise = np.random.default_rng(0).integers(0, 7, alpha.shape, np.uint8)
    alpha[:] = np.where(alpha == 0, 1 + noise, np.where(alpha == 255, 254 - noise, alpha))
    return pixels


def _on_checkerboard(pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    rows, columns = np.indices(pixels.shape[:2]) // _CHECKS
    board = np.where((rows + columns) % 2, 255, 204)[..., None]
    alpha = pixels[..., 3:] / 255
    pixels[..., :3] = np.rint(pixels[..., :3] * alpha + board * (1 - alpha))
    pixels[..., 3] = 255
    return pixels
