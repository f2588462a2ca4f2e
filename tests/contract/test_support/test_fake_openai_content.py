"""Faulty responses of status 200 from the fake OpenAI server, which are all charged."""

import base64
import binascii
import io
import json
import struct

import openai
import pytest
from openai import OpenAI
from PIL import Image, UnidentifiedImageError

from tests.support.fake_openai import Behavior, FakeOpenAI, Fault
from tests.support.openai.official_client import draw, request_image


def test_html_page_raises_no_exception(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """The client returns an HTML page as a string instead of raising an exception."""
    fake_openai.script("images", Fault.html())
    assert str(request_image(openai_client)).startswith("<!doctype html>")
    assert fake_openai.paid == 1


def test_truncated_json_raises_a_json_error(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """Truncated JSON raises the error of the module json, not one of the client."""
    fake_openai.script("images", Fault.truncated_json())
    with pytest.raises(json.JSONDecodeError):
        request_image(openai_client)
    assert (fake_openai.paid, len(fake_openai.images)) == (1, 1)


def test_missing_images_raise_no_exception(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """No list, an empty list, empty and invalid base64 are returned without an exception."""
    fake_openai.script(
        "images", Fault.no_data(), Fault.null_data(), Fault.empty_b64(), Fault.bad_b64()
    )
    assert [request_image(openai_client).data, request_image(openai_client).data] == [[], None]
    assert request_image(openai_client).data[0].b64_json == ""
    with pytest.raises(binascii.Error):
        base64.b64decode(request_image(openai_client).data[0].b64_json, validate=True)
    assert (fake_openai.paid, len(fake_openai.images)) == (4, 4)


@pytest.mark.parametrize("fault", [Fault.not_an_image(), Fault.svg()])
def test_text_and_svg_are_not_opened_as_images(
    openai_client: OpenAI, fake_openai: FakeOpenAI, fault: Behavior
) -> None:
    """The base64 of a text or an SVG contains no raster image."""
    fake_openai.script("images", fault)
    data = draw(openai_client)
    with pytest.raises(UnidentifiedImageError):
        Image.open(io.BytesIO(data))
    assert (fake_openai.paid, fake_openai.images) == (1, [data])


def test_truncated_image_is_opened_but_not_loaded(
    openai_client: OpenAI, fake_openai: FakeOpenAI
) -> None:
    """A truncated image has a valid header, and fails when its pixels are read."""
    fake_openai.script("images", Fault.truncated_image())
    with (
        Image.open(io.BytesIO(draw(openai_client))) as image,
        pytest.raises(OSError, match="truncated"),
    ):
        image.load()


def test_valid_images_can_be_unexpected(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """A valid image can have another size than requested, or be entirely white."""
    fake_openai.script("images", Fault.wrong_size(640, 480), Fault.all_white())
    with Image.open(io.BytesIO(draw(openai_client))) as wrong:
        assert wrong.size == (640, 480)
    with Image.open(io.BytesIO(draw(openai_client))) as blank:
        assert blank.getextrema() == ((255, 255),) * 3


def test_decompression_bomb_is_a_small_file(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """The bomb has a megabyte and a header of 20000x20000; a smaller one is decompressed."""
    fake_openai.script("images", Fault.bomb(), Fault.bomb(300, 200))
    bomb = draw(openai_client)
    assert len(bomb) < 2_000_000
    assert struct.unpack(">II", bomb[16:24]) == (20_000, 20_000)
    with Image.open(io.BytesIO(draw(openai_client))) as small:
        assert small.getextrema() == ((0, 0),) * 3


def test_stream_can_end_with_an_error(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """An error event raises an error without a status; an unfinished stream raises none."""
    fake_openai.script("images", Fault.stream_error(), Fault.stream_unfinished())
    with (
        request_image(openai_client, stream=True, partial_images=1) as stream,
        pytest.raises(openai.APIError) as raised,
    ):
        list(stream)
    assert not isinstance(raised.value, openai.APIStatusError)
    assert raised.value.code == "moderation_blocked"
    with request_image(openai_client, stream=True, partial_images=1) as stream:
        assert [event.type for event in stream] == ["image_generation.partial_image"]
