"""Faulty image responses with status 200; the generation is charged."""

import base64
import io
from collections.abc import Callable
from typing import Any, Self

from PIL import Image

from tests.support.fake_openai import sample_images
from tests.support.fake_openai.behavior import Behavior
from tests.support.fake_openai.reply import Reply


def _drawn() -> Reply:
    image = base64.b64encode(sample_images.draw(256, 256, 0)).decode()
    return Reply.of({"created": 1, "data": [{"b64_json": image}]})


class ImageFaults(Behavior):
    """Responses without a usable image; all charged."""

    @classmethod
    def _field(cls, name: str, change: Callable[[dict[str, Any]], object]) -> Self:
        def rewrite(reply: Reply) -> Reply:
            document = reply.document()
            change(document)
            return reply.with_document(document)

        return cls(name, paid=True, rewrite=rewrite)

    @classmethod
    def _file(cls, name: str, change: Callable[[bytes], bytes]) -> Self:
        return cls(name, paid=True, image=change)

    @classmethod
    def no_data(cls) -> Self:
        """Respond with an empty list of images."""
        return cls._field("no_data", lambda document: document.update(data=[]))

    @classmethod
    def null_data(cls) -> Self:
        """Respond with null instead of the list of images."""
        return cls._field("null_data", lambda document: document.update(data=None))

    @classmethod
    def empty_b64(cls) -> Self:
        """Respond with an empty image."""
        return cls._field("empty_b64", lambda document: document.update(data=[{"b64_json": ""}]))

    @classmethod
    def bad_b64(cls) -> Self:
        """Respond with invalid base64."""
        item = {"b64_json": "%% this is not base64 %%"}
        return cls._field("bad_b64", lambda document: document.update(data=[item]))

    @classmethod
    def image_url(cls, url: object) -> Self:
        """Respond with the URL of an image instead of its bytes."""
        return cls._field("image_url", lambda document: document.update(data=[{"url": url}]))

    @classmethod
    def image_item(cls, *items: object) -> Self:
        """Respond with these entries of `data` instead of the image."""
        return cls._field("image_item", lambda document: document.update(data=list(items)))

    @classmethod
    def model(cls, name: str) -> Self:
        """Respond as a server that has a model of this name; with a drawn image."""
        return cls(f"model_{name}", paid=True, reply=_drawn())

    @classmethod
    def many_parts(cls) -> Self:
        """Respond with an image, and a list of a million numbers instead of the usage."""
        return cls._field("many_parts", lambda document: document.update(usage=[0] * 10**6))

    @classmethod
    def truncated_json(cls) -> Self:
        """Respond with the first half of the JSON, in a valid HTTP message."""

        def rewrite(reply: Reply) -> Reply:
            return Reply(reply.status, reply.body[: len(reply.body) // 2])

        return cls("truncated_json", paid=True, rewrite=rewrite)

    @classmethod
    def not_an_image(cls) -> Self:
        """Respond with the base64 of a text."""
        return cls._file("not_an_image", lambda _: sample_images.TEXT)

    @classmethod
    def truncated_image(cls) -> Self:
        """Respond with the first half of an image file."""
        return cls._file("truncated_image", lambda image: image[: len(image) // 2])

    @classmethod
    def bomb(cls, width: int = 20_000, height: int = 20_000) -> Self:
        """Respond with a small PNG that decompresses to more than a gigabyte."""
        return cls._file("bomb", lambda _: sample_images.bomb(width, height))

    @classmethod
    def svg(cls) -> Self:
        """Respond with an SVG that contains a script."""
        return cls._file("svg", lambda _: sample_images.SVG)

    @classmethod
    def wrong_size(cls, width: int = 640, height: int = 480) -> Self:
        """Respond with a valid image of another size than requested."""
        return cls._file("wrong_size", lambda _: sample_images.draw(width, height, 0))

    @classmethod
    def all_white(cls, width: int = 1024, height: int = 1024) -> Self:
        """Respond with a valid image that is entirely white."""

        def blank(_: bytes) -> bytes:
            out = io.BytesIO()
            Image.new("RGB", (width, height), "white").save(out, "PNG")
            return out.getvalue()

        return cls._file("all_white", blank)
