"""What draws, judges and writes."""

from collections.abc import Callable
from typing import Protocol

from app.imaging import Cutout, ImageInfo, Provenance, Variant
from app.models import (
    EnhancedPrompt,
    GeneratedImage,
    ImageRequest,
    InventedPrompts,
    UpstreamRequest,
)

OnPartial = Callable[[int, bytes], object]
"""Takes an image that is not finished yet: its number from 0, and its bytes. It must not fail, and
must not take long: the image itself may be waiting behind it."""


class ImageGenerator(Protocol):
    """Draws images, perhaps for money."""

    @property
    def provider(self) -> str:
        """Short name for answers and logs, such as `openai`."""

    @property
    def model(self) -> str:
        """The model that is asked to draw."""

    @property
    def costs_money(self) -> bool:
        """Whether a drawn image is charged for."""

    @property
    def transparent(self) -> bool:
        """Whether images are asked for that have a transparent background already."""

    def describe(self, request: ImageRequest) -> UpstreamRequest | None:
        """Return the request that `draw` would send; None if it sends none."""

    def draw(self, request: ImageRequest, *, on_partial: OnPartial | None = None) -> GeneratedImage:
        """Draw one image, and pay for one at most.

        Args:
            request: what to draw; completed.
            on_partial: takes the partial images, in the thread that draws.

        Raises:
            PromptRejected: the model refuses the prompt.
            TransparencyRefused: it can't draw like that; nothing was paid, and `transparent` is
                False from now on.
            ProviderBadResponse: an answer came and can't be used; it carries the evidence.
            AppError: another of the Provider errors, with `charged` set.
        """


class Moderator(Protocol):
    """Decides whether a prompt may be drawn."""

    def check(self, prompt: str) -> None:
        """Let a decent prompt pass.

        Raises:
            PromptRejected: it may not be drawn.
            AppError: one of the Provider errors: nobody can tell.
        """


class PromptWriter(Protocol):
    """Writes prompts, perhaps for money."""

    @property
    def model(self) -> str:
        """The model that is asked to write."""

    @property
    def costs_money(self) -> bool:
        """Whether what is written is charged for."""

    def describe(self, prompt: str) -> UpstreamRequest | None:
        """Return the request that `enhance` would send; None if it sends none."""

    def invent(self, count: int, *, theme: str) -> InventedPrompts:
        """Return about `count` prompts on the theme ("" for any), varied from call to call.

        Raises:
            AppError: one of the Provider errors.
        """

    def enhance(self, prompt: str) -> EnhancedPrompt:
        """Return the prompt with richer detail and the same subject.

        Raises:
            PromptRejected: the model refuses the prompt.
            AppError: one of the Provider errors.
        """


class ImageProcessor(Protocol):
    """Looks into images, and makes cutouts and variants of them."""

    def inspect(self, data: bytes) -> ImageInfo:
        """Read format and size from the header, without decoding.

        Raises:
            UnusableImage: not a PNG, WEBP or JPEG, or too large to decode.
        """

    def cut_out(
        self, data: bytes, origin: Provenance | None = None, earlier: bytes = b""
    ) -> Cutout:
        """Make the 256x256 image with a transparent background.

        Args:
            data: the original.
            origin: what the image's file shall tell of where it comes from; None: nothing.
            earlier: the file as it was stored before; what it tells is told again instead.

        Raises:
            UnusableImage: the image can't be decoded.
        """

    def preview(self, data: bytes) -> bytes | None:
        """Cut out a partial image: a WEBP of SIDE x SIDE px.

        None if it can't be decoded, or if it would have to wait for others, or others for it.
        """

    def render_variant(
        self, image: bytes, original: Callable[[], bytes], variant: Variant
    ) -> bytes:
        """Show a stored image as the variant says; its file tells of its origin what that does.

        Args:
            image: the cutout as it is stored.
            original: fetches what it was cut from; called only if the cutout is not enough.
            variant: what is wanted.

        Raises:
            UnusableImage: one of the two can't be decoded.
        """
