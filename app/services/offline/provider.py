"""The provider's ports without network, the default without API key.

Images are drawn by fixed rules, not by an AI model, and are free of charge. The names of provider
and models say so.
"""

import random
import re
from collections.abc import Sequence

from app.errors import PromptRejected
from app.models import EnhancedPrompt, GeneratedImage, ImageRequest, InventedPrompts
from app.ports.providers import InputFile, OnPartial

_REFUSED = re.compile(
    r"\b(gore|gory|behead\w*|torture\w*|nude|nudity|naked|porn\w*|nsfw|suicide|terroris\w*)\b",
    re.IGNORECASE,
)
_SUBJECTS = (
    "fox,owl,whale,robot,teapot,lighthouse,cactus,hot-air balloon,hedgehog,typewriter,snail,rocket,"
    "mushroom house,octopus,bicycle,violin,dragon,penguin,pocket watch,sailing boat,bee,cupcake,"
    "treehouse,chameleon,lantern,mountain goat,submarine,crown,toucan,windmill,kite,turtle,"
    "compass,sunflower,fish,cat,dog,castle,key,star"
).split(",")
_DETAILS = (
    "wearing a tiny scarf,with a mossy roof,holding a lantern,made of folded paper,"
    "covered in flowers,with gears inside,wrapped in ribbon,dusted with snow,with round glasses,"
    "in bright enamel colors,carved from walnut,stitched from felt,with a curly tail,"
    "balancing on a ball,under a small umbrella,with star-shaped freckles,in polished brass,"
    "with stained-glass panels,peeking out of a cup,singing happily"
).split(",")
_STYLES = (
    "flat vector sticker,watercolor,linocut print,claymation,isometric illustration,pixel art,"
    "children's book illustration,embroidered patch,low-poly render,ink and wash"
).split(",")


REDRAWN = "-redrawn"
"""Added to the model's name for an edit, which the painter draws from the words of both."""


class OfflineGenerator:
    """ImageGenerator that draws an emblem, equal for equal prompts.

    Args:
        transparent: draw on a transparent background, so that nothing has to be cut out.
    """

    provider = "offline"
    model = "emblem-painter"
    costs_money = False

    def __init__(self, *, transparent: bool = False) -> None:
        self.transparent = transparent

    def describe(self, request: ImageRequest) -> None:
        """See ImageGenerator. No request is sent."""

    def draw(
        self,
        request: ImageRequest,
        *,
        inputs: Sequence[InputFile] = (),  # noqa: ARG002 - reason: part of the port
        on_partial: OnPartial | None = None,
    ) -> GeneratedImage:
        """See ImageGenerator. Partial images are blurred finished images.

        The painter can't see. Of an edit, it draws the words for the first image, changed by those
        of the edit, and the model's name says so.
        """
        from app import painter

        width, height = (int(side) for side in request.size.split("x"))
        background = None if request.transparent else "#ffffff"
        subject, edits = request.edited_subject
        image = painter.paint(
            subject,
            width=width,
            height=height,
            background=background,
            take=request.candidate,
            edits=edits,
        )
        if on_partial:
            for index, draft in enumerate(painter.drafts(image, request.partial_images)):
                on_partial(index, draft)
        model = self.model + (REDRAWN if request.is_edit else "")
        return GeneratedImage(data=image, model=model)


class OfflineModerator:
    """Moderator that rejects a few words, to let clients test rejection."""

    def check(self, prompt: str) -> None:
        """See Moderator."""
        if _REFUSED.search(prompt):
            raise PromptRejected("on the built-in word list")

    def check_image(self, jpeg: bytes, *, sha256: str) -> None:
        """See Moderator. Nothing is sent anywhere, so every image is accepted."""


class OfflinePromptWriter:
    """PromptWriter that combines subjects, details and styles at random."""

    model = "lists-of-parts"
    costs_money = False

    def __init__(self, *, rng: random.Random) -> None:
        self._rng = rng

    def invent(self, count: int, *, theme: str) -> InventedPrompts:
        """See PromptWriter. Each subject occurs once, so there are 40 at most."""
        subjects = self._rng.sample(_SUBJECTS, min(count, len(_SUBJECTS)))
        topic = f", {theme} theme" if theme else ""
        prompts = [
            f"{_article(name)} {name} {self._detail_and_style()}{topic}" for name in subjects
        ]
        return InventedPrompts(prompts=prompts, usage=None)

    def describe(self, prompt: str) -> None:
        """See PromptWriter. No request is sent."""

    def enhance(self, prompt: str) -> EnhancedPrompt:
        """See PromptWriter."""
        return EnhancedPrompt(prompt=f"{prompt}, {self._detail_and_style()}", usage=None)

    def _detail_and_style(self) -> str:
        return f"{self._rng.choice(_DETAILS)}, {self._rng.choice(_STYLES)}"


def _article(noun: str) -> str:
    return "An" if noun[0] in "aeiou" else "A"
