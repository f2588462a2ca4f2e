"""The official client against answers of status 200 that are of no use; all were paid for."""

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
from tests.support.openai.official_client import ask, draw


def test_a_page_instead_of_json_is_no_exception(
    openai_client: OpenAI, fake_openai: FakeOpenAI
) -> None:
    """The client hands out an HTML page as a text instead of raising."""
    fake_openai.script("images", Fault.html())
    assert str(ask(openai_client)).startswith("<!doctype html>")
    assert fake_openai.paid == 1


def test_broken_json_is_not_an_error_of_the_client(
    openai_client: OpenAI, fake_openai: FakeOpenAI
) -> None:
    """Half a JSON document raises the JSON module's error, not one of the client's."""
    fake_openai.script("images", Fault.truncated_json())
    with pytest.raises(json.JSONDecodeError):
        ask(openai_client)
    assert (fake_openai.paid, len(fake_openai.images)) == (1, 1)


def test_missing_images_pass_silently(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """No list, an empty list, no characters and bad characters all come without an exception."""
    fake_openai.script(
        "images", Fault.no_data(), Fault.null_data(), Fault.empty_b64(), Fault.bad_b64()
    )
    assert [ask(openai_client).data, ask(openai_client).data] == [[], None]
    assert ask(openai_client).data[0].b64_json == ""
    with pytest.raises(binascii.Error):
        base64.b64decode(ask(openai_client).data[0].b64_json, validate=True)
    assert (fake_openai.paid, len(fake_openai.images)) == (4, 4)


@pytest.mark.parametrize("fault", [Fault.not_an_image(), Fault.svg()])
def test_what_is_no_raster_image_cannot_be_opened(
    openai_client: OpenAI, fake_openai: FakeOpenAI, fault: Behavior
) -> None:
    """Valid base64 of a text or a vector drawing is not an image."""
    fake_openai.script("images", fault)
    data = draw(openai_client)
    with pytest.raises(UnidentifiedImageError):
        Image.open(io.BytesIO(data))
    assert (fake_openai.paid, fake_openai.images) == (1, [data])


def test_half_an_image_opens_but_does_not_load(
    openai_client: OpenAI, fake_openai: FakeOpenAI
) -> None:
    """A truncated file has a sound header and fails in its pixels."""
    fake_openai.script("images", Fault.truncated_image())
    with (
        Image.open(io.BytesIO(draw(openai_client))) as image,
        pytest.raises(OSError, match="truncated"),
    ):
        image.load()


def test_sound_images_can_be_wrong(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """An image can have another size than was asked for, or show nothing at all."""
    fake_openai.script("images", Fault.wrong_size(640, 480), Fault.all_white())
    with Image.open(io.BytesIO(draw(openai_client))) as wrong:
        assert wrong.size == (640, 480)
    with Image.open(io.BytesIO(draw(openai_client))) as blank:
        assert blank.getextrema() == ((255, 255),) * 3


def test_a_bomb_is_small_and_announces_its_size(
    openai_client: OpenAI, fake_openai: FakeOpenAI
) -> None:
    """The bomb is a megabyte whose header says 20000x20000; a smaller one really decompresses."""
    fake_openai.script("images", Fault.bomb(), Fault.bomb(300, 200))
    bomb = draw(openai_client)
    assert len(bomb) < 2_000_000
    assert struct.unpack(">II", bomb[16:24]) == (20_000, 20_000)
    with Image.open(io.BytesIO(draw(openai_client))) as small:
        assert small.getextrema() == ((0, 0),) * 3


def test_a_stream_can_end_in_an_error(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """An error event raises without a status, a stream without its end passes silently."""
    fake_openai.script("images", Fault.stream_error(), Fault.stream_unfinished())
    with (
        ask(openai_client, stream=True, partial_images=1) as stream,
        pytest.raises(openai.APIError) as raised,
    ):
        list(stream)
    assert not isinstance(raised.value, openai.APIStatusError)
    assert raised.value.code == "moderation_blocked"
    with ask(openai_client, stream=True, partial_images=1) as stream:
        assert [event.type for event in stream] == ["image_generation.partial_image"]
