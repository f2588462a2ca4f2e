"""Faults of an image answer that came with status 200: the generation was paid for."""

import io
from collections.abc import Callable
from typing import Any, Self

from PIL import Image

from tests.support.fake_openai import sample_images
from tests.support.fake_openai.behavior import Behavior
from tests.support.fake_openai.reply import Reply


class ImageFaults(Behavior):
    """Answers that hold no usable image; all paid."""

    @classmethod
    def _field(cls, name: str, spoil: Callable[[dict[str, Any]], object]) -> Self:
        def rewrite(reply: Reply) -> Reply:
            document = reply.document()
            spoil(document)
            return reply.with_document(document)

        return cls(name, paid=True, rewrite=rewrite)

    @classmethod
    def _file(cls, name: str, spoil: Callable[[bytes], bytes]) -> Self:
        return cls(name, paid=True, image=spoil)

    @classmethod
    def no_data(cls) -> Self:
        """Answer with an empty list of images."""
        return cls._field("no_data", lambda document: document.update(data=[]))

    @classmethod
    def null_data(cls) -> Self:
        """Answer with null where the list of images belongs."""
        return cls._field("null_data", lambda document: document.update(data=None))

    @classmethod
    def empty_b64(cls) -> Self:
        """Answer with an image of no characters."""
        return cls._field("empty_b64", lambda document: document.update(data=[{"b64_json": ""}]))

    @classmethod
    def bad_b64(cls) -> Self:
        """Answer with something that is not base64."""
        item = {"b64_json": "%% this is not base64 %%"}
        return cls._field("bad_b64", lambda document: document.update(data=[item]))

    @classmethod
    def address(cls, address: object) -> Self:
        """Answer with the address of an image instead of its bytes."""
        return cls._field("address", lambda document: document.update(data=[{"url": address}]))

    @classmethod
    def many_parts(cls) -> Self:
        """Answer with an image, and a list of a million numbers where the usage belongs."""
        return cls._field("many_parts", lambda document: document.update(usage=[0] * 10**6))

    @classmethod
    def truncated_json(cls) -> Self:
        """Answer with the first half of the JSON, correctly framed as HTTP."""

        def rewrite(reply: Reply) -> Reply:
            return Reply(reply.status, reply.body[: len(reply.body) // 2])

        return cls("truncated_json", paid=True, rewrite=rewrite)

    @classmethod
    def not_an_image(cls) -> Self:
        """Answer with valid base64 of a text."""
        return cls._file("not_an_image", lambda _: sample_images.TEXT)

    @classmethod
    def truncated_image(cls) -> Self:
        """Answer with the first half of an image file."""
        return cls._file("truncated_image", lambda image: image[: len(image) // 2])

    @classmethod
    def bomb(cls, width: int = 20_000, height: int = 20_000) -> Self:
        """Answer with a small PNG that decompresses to more than a gigabyte."""
        return cls._file("bomb", lambda _: sample_images.bomb(width, height))

    @classmethod
    def svg(cls) -> Self:
        """Answer with a drawing that carries a script."""
        return cls._file("svg", lambda _: sample_images.SVG)

    @classmethod
    def wrong_size(cls, width: int = 640, height: int = 480) -> Self:
        """Answer with a sound image of another size than was asked for."""
        return cls._file("wrong_size", lambda _: sample_images.draw(width, height, 0))

    @classmethod
    def all_white(cls, width: int = 1024, height: int = 1024) -> Self:
        """Answer with a sound image that shows nothing at all."""

        def blank(_: bytes) -> bytes:
            out = io.BytesIO()
            Image.new("RGB", (width, height), "white").save(out, "PNG")
            return out.getvalue()

        return cls._file("all_white", blank)
