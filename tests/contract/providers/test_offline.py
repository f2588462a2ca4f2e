"""The provider's ports, on the offline provider and on OpenAI."""

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
    """Return each generator in turn."""
    return OfflineGenerator() if request.param == "offline" else generator


@pytest.fixture(params=PROVIDERS)
def moderator(
    request: pytest.FixtureRequest,
    lazy_openai: "LazyClient[OpenAI]",
    fake_openai: FakeOpenAI,  # noqa: ARG001 - reason: reset for each test
) -> Moderator:
    """Return each moderator in turn."""
    if request.param == "offline":
        return OfflineModerator()
    return OpenAIModerator(lazy_openai, model="omni-moderation-latest")


@pytest.fixture(params=PROVIDERS)
def writer(
    request: pytest.FixtureRequest,
    lazy_openai: "LazyClient[OpenAI]",
    fake_openai: FakeOpenAI,  # noqa: ARG001 - reason: reset for each test
) -> PromptWriter:
    """Return each writer in turn."""
    if request.param == "offline":
        return OfflinePromptWriter(rng=random.Random(0))
    return OpenAIPromptWriter(lazy_openai, model="gpt-6-luna", rng=random.Random(0))


def drawn(generator: ImageGenerator, prompt: str, size: str = "1024x1024") -> bytes:
    """Generate an image of the prompt with the prompt suffix of the service."""
    return generator.draw(a_drawing(prompt, prompt_suffix=PROMPT_SUFFIX, size=size)).data


@pytest.mark.parametrize("size", ["1024x1024", "1536x1024", "1024x1536"])
def test_image_has_the_requested_size(either: ImageGenerator, size: str) -> None:
    """Every size of the API gives a PNG of that size."""
    info = imaging.inspect(drawn(either, "a red fox", size))
    assert (info.format, f"{info.width}x{info.height}") == ("png", size)


def test_image_has_a_subject_on_white(either: ImageGenerator) -> None:
    """The corners are white, and the cutout has a subject of reasonable size."""
    data = drawn(either, "a red fox")
    with Image.open(io.BytesIO(data)) as image:
        corners = [image.convert("RGB").getpixel((x, y)) for x in (0, 1023) for y in (0, 1023)]
    assert corners == [(255, 255, 255)] * 4
    assert 0.1 < imaging.cutout(data).report.coverage < 0.9


def test_image_names_provider_and_model(either: ImageGenerator) -> None:
    """Provider and model have names, and only paid providers cost money."""
    generated = either.draw(a_drawing("a fox"))
    assert generated.model == either.model
    assert either.provider in PROVIDERS
    assert either.costs_money == (either.provider == "openai")


def test_partial_images_precede_the_final_image(either: ImageGenerator) -> None:
    """The requested number of partial images arrives; they don't change the final image."""
    partial: list[tuple[int, bytes]] = []
    request = a_drawing("a fox", size="1536x1024", partial_images=3)
    generated = either.draw(request, on_partial=lambda index, data: partial.append((index, data)))
    assert [index for index, _ in partial] == [0, 1, 2]
    assert all(imaging.cutout(data).report.coverage > 0.02 for _, data in partial)
    assert imaging.inspect(generated.data).width == 1536
    if either.provider == "offline":
        assert generated.data == either.draw(replace(request, partial_images=0)).data


def test_offline_partial_images_become_sharper() -> None:
    """Each partial image is closer to the final one than its predecessor, and small."""
    partial: list[bytes] = []
    request = a_drawing("a fox", partial_images=3)
    data = OfflineGenerator().draw(request, on_partial=lambda _, draft: partial.append(draft)).data
    *drafts, final = [_pixels(image) for image in [*partial, data]]
    differences = [float(np.abs(draft - final).mean()) for draft in drafts]
    assert differences == sorted(differences, reverse=True)
    assert differences[-1] > 0
    assert all(imaging.inspect(draft).width == 512 for draft in partial)


def _pixels(data: bytes) -> npt.NDArray[np.float32]:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB").resize((256, 256)), np.float32)


@pytest.mark.parametrize(
    "prompt", ["a red fox", "狐 🦊", "x", "a\n\nb", "'; DROP TABLE", "fox " * 900]
)
def test_any_prompt_can_be_drawn(either: ImageGenerator, prompt: str) -> None:
    """Any text that the API accepts gives an image."""
    assert imaging.inspect(drawn(either, prompt)).width == 1024


@pytest.mark.parametrize("prompt", ["a red fox", "a vase of flowers", "Bücher im Regal"])
def test_ordinary_prompts_are_accepted(moderator: Moderator, prompt: str) -> None:
    """Ordinary prompts pass the moderation."""
    moderator.check(prompt)


@pytest.mark.parametrize("prompt", ["a nude forbidden thing", "FORBIDDEN\nNude"])
def test_indecent_prompts_are_rejected(moderator: Moderator, prompt: str) -> None:
    """Rejected prompts are the caller's error, in any letter case, and free of charge."""
    with pytest.raises(PromptRejected) as rejected:
        moderator.check(prompt)
    assert rejected.value.charged == "no"


@pytest.mark.parametrize("count", [1, 20, 40])
@pytest.mark.parametrize("theme", ["", "deep sea"])
def test_invented_prompts_are_distinct(writer: PromptWriter, count: int, theme: str) -> None:
    """Up to 40 distinct prompts of at least three words are returned by one call."""
    prompts = writer.invent(count, theme=theme).prompts
    assert len({prompt.casefold() for prompt in prompts}) == count
    assert all(len(prompt.split()) >= 3 for prompt in prompts)


def test_enhanced_prompt_keeps_its_subject(writer: PromptWriter) -> None:
    """An enhanced prompt contains the original one and more detail."""
    enhanced = writer.enhance("a red fox").prompt
    assert "a red fox" in enhanced
    assert len(enhanced) > len("a red fox") + 10


def test_offline_images_depend_on_the_prompt_only() -> None:
    """Equal prompts give equal bytes, and different prompts different images."""
    painter = OfflineGenerator()
    assert drawn(painter, "a red fox") == drawn(painter, "a red fox")
    assert len({drawn(painter, prompt) for prompt in ("a red fox", "a blue fox", "an owl")}) == 3


def test_offline_prompts_vary_and_contain_the_theme() -> None:
    """Two calls return different prompts, each of which contains the theme."""
    writer = OfflinePromptWriter(rng=random.Random(0))
    first, second = (writer.invent(10, theme="deep sea").prompts for _ in range(2))
    assert first != second
    assert all("deep sea" in prompt for prompt in first)


@pytest.mark.parametrize("prompt", ["a category", "Scunthorpe gorge", "a torturer's denuded tree"])
def test_offline_word_list_matches_whole_words(prompt: str) -> None:
    """Words that contain a rejected word are accepted, except for its own inflections."""
    if "torturer" in prompt:
        with pytest.raises(PromptRejected):
            OfflineModerator().check(prompt)
    else:
        OfflineModerator().check(prompt)
