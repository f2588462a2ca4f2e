"""What every provider promises that draws, moderates and writes: the offline one and OpenAI."""

import io
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from app import imaging
from app.errors import PromptRejected
from app.models.prompts import PROMPT_SUFFIX
from app.ports import ImageGenerator, Moderator, PromptWriter
from app.services.offline.provider import OfflineGenerator, OfflineModerator, OfflinePromptWriter
from app.services.openai.image_generator import OpenAIGenerator
from app.services.openai.moderator import OpenAIModerator
from app.services.openai.prompt_writer import OpenAIPromptWriter
from app.services.runtime.lazy_client import LazyClient
from tests.support.builders import a_drawing
from tests.support.fake_openai import FakeOpenAI

if TYPE_CHECKING:
    from openai import OpenAI

PROVIDERS = ("offline", "openai")


@pytest.fixture(params=PROVIDERS)
def either(request: pytest.FixtureRequest, generator: OpenAIGenerator) -> ImageGenerator:
    """Give each generator in turn."""
    return OfflineGenerator() if request.param == "offline" else generator


@pytest.fixture(params=PROVIDERS)
def moderator(
    request: pytest.FixtureRequest,
    lazy_openai: "LazyClient[OpenAI]",
    fake_openai: FakeOpenAI,  # noqa: ARG001 - reason: reset for each test
) -> Moderator:
    """Give each moderator in turn."""
    if request.param == "offline":
        return OfflineModerator()
    return OpenAIModerator(lazy_openai, model="omni-moderation-latest")


@pytest.fixture(params=PROVIDERS)
def writer(
    request: pytest.FixtureRequest,
    lazy_openai: "LazyClient[OpenAI]",
    fake_openai: FakeOpenAI,  # noqa: ARG001 - reason: reset for each test
) -> PromptWriter:
    """Give each writer in turn."""
    if request.param == "offline":
        return OfflinePromptWriter(rng=random.Random(0))
    return OpenAIPromptWriter(lazy_openai, model="gpt-6-luna", rng=random.Random(0))


def drawn(generator: ImageGenerator, prompt: str, size: str = "1024x1024") -> bytes:
    """Draw the prompt as the service asks for it."""
    return generator.draw(a_drawing(prompt, prompt_suffix=PROMPT_SUFFIX, size=size)).data


@pytest.mark.parametrize("size", ["1024x1024", "1536x1024", "1024x1536"])
def test_a_drawing_is_an_image_of_the_asked_size(either: ImageGenerator, size: str) -> None:
    """Every size that callers may ask for is drawn, as a PNG."""
    info = imaging.inspect(drawn(either, "a red fox", size))
    assert (info.format, f"{info.width}x{info.height}") == ("png", size)


def test_a_drawing_has_a_white_background_and_a_subject(either: ImageGenerator) -> None:
    """The corners are white, the middle of the image is not, and a cutout comes of it."""
    data = drawn(either, "a red fox")
    with Image.open(io.BytesIO(data)) as image:
        corners = [image.convert("RGB").getpixel((x, y)) for x in (0, 1023) for y in (0, 1023)]
    assert corners == [(255, 255, 255)] * 4
    assert 0.1 < imaging.cutout(data).report.coverage < 0.9


def test_a_drawing_reports_who_drew_it(either: ImageGenerator) -> None:
    """Provider and model have names, and only what takes money says that it costs some."""
    drawing = either.draw(a_drawing("a fox"))
    assert drawing.model == either.model
    assert either.provider in PROVIDERS
    assert either.costs_money == (either.provider == "openai")


def test_partial_images_come_before_the_drawing_they_are_of(either: ImageGenerator) -> None:
    """As many as are asked for, numbered, each of which can be cut out; the drawing is the same."""
    heard: list[tuple[int, bytes]] = []
    request = a_drawing("a fox", size="1536x1024", partial_images=3)
    drawing = either.draw(request, on_partial=lambda index, data: heard.append((index, data)))
    assert [index for index, _ in heard] == [0, 1, 2]
    assert all(imaging.cutout(data).report.coverage > 0.02 for _, data in heard)
    assert imaging.inspect(drawing.data).width == 1536
    if either.provider == "offline":
        assert drawing.data == either.draw(replace(request, partial_images=0)).data


def test_offline_partial_images_become_sharper() -> None:
    """Each is nearer to the finished image than the one before, and small."""
    heard: list[bytes] = []
    request = a_drawing("a fox", partial_images=3)
    data = OfflineGenerator().draw(request, on_partial=lambda _, draft: heard.append(draft)).data
    shown = [_pixels(draft) for draft in [*heard, data]]
    off = [float(np.abs(one - shown[-1]).mean()) for one in shown[:-1]]
    assert off == sorted(off, reverse=True)
    assert off[-1] > 0
    assert all(imaging.inspect(draft).width == 512 for draft in heard)


def _pixels(data: bytes) -> npt.NDArray[np.float32]:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB").resize((256, 256)), np.float32)


@pytest.mark.parametrize(
    "prompt", ["a red fox", "狐 🦊", "x", "a\n\nb", "'; DROP TABLE", "fox " * 900]
)
def test_any_prompt_can_be_drawn(either: ImageGenerator, prompt: str) -> None:
    """Whatever callers may write is drawn."""
    assert imaging.inspect(drawn(either, prompt)).width == 1024


@pytest.mark.parametrize("prompt", ["a red fox", "a vase of flowers", "Bücher im Regal"])
def test_decent_prompts_pass(moderator: Moderator, prompt: str) -> None:
    """Ordinary prompts are let through."""
    moderator.check(prompt)


@pytest.mark.parametrize("prompt", ["a nude forbidden thing", "FORBIDDEN\nNude"])
def test_indecent_prompts_are_refused(moderator: Moderator, prompt: str) -> None:
    """Refused prompts are the caller's error, whatever their case, and cost nothing."""
    with pytest.raises(PromptRejected) as refused:
        moderator.check(prompt)
    assert refused.value.charged == "no"


@pytest.mark.parametrize("count", [1, 20, 40])
@pytest.mark.parametrize("theme", ["", "deep sea"])
def test_prompts_are_as_many_as_asked_and_distinct(
    writer: PromptWriter, count: int, theme: str
) -> None:
    """A pool of 40 can be filled at once, with prompts that say something."""
    prompts = writer.invent(count, theme=theme).prompts
    assert len({prompt.casefold() for prompt in prompts}) == count
    assert all(len(prompt.split()) >= 3 for prompt in prompts)


def test_an_enhanced_prompt_keeps_its_subject(writer: PromptWriter) -> None:
    """Enhancing adds to what was asked and takes nothing away."""
    better = writer.enhance("a red fox").prompt
    assert "a red fox" in better
    assert len(better) > len("a red fox") + 10


def test_the_offline_painter_is_repeatable_and_varied() -> None:
    """The same prompt gives the same bytes, another prompt another image."""
    painter = OfflineGenerator()
    assert drawn(painter, "a red fox") == drawn(painter, "a red fox")
    assert len({drawn(painter, prompt) for prompt in ("a red fox", "a blue fox", "an owl")}) == 3


def test_the_offline_writer_varies_and_takes_up_the_theme() -> None:
    """Two calls differ, and each prompt mentions the theme."""
    writer = OfflinePromptWriter(rng=random.Random(0))
    first, second = (writer.invent(10, theme="deep sea").prompts for _ in range(2))
    assert first != second
    assert all("deep sea" in prompt for prompt in first)


@pytest.mark.parametrize("prompt", ["a category", "Scunthorpe gorge", "a torturer's denuded tree"])
def test_the_offline_word_list_matches_whole_words(prompt: str) -> None:
    """Words that merely contain a refused one are not refused, apart from its own forms."""
    if "torturer" in prompt:
        with pytest.raises(PromptRejected):
            OfflineModerator().check(prompt)
    else:
        OfflineModerator().check(prompt)
