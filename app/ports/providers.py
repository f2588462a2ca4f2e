"""Ports for providers and for image processing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from app.imaging import (
    AUTOMATIC,
    Cutout,
    CutoutOptions,
    Export,
    ImageInfo,
    Provenance,
    Variant,
    VariantSource,
)
from app.models import (
    EnhancedPrompt,
    GeneratedImage,
    ImageRequest,
    InputRole,
    InventedPrompts,
    UpstreamRequest,
)
from app.models.object_keys import ImageFormat

OnPartial = Callable[[int, bytes], object]
"""Receives the index, from 0, and the bytes of a partial image.

It must not raise or block, because the final image can be next in the same stream."""


OnLimits = Callable[[Mapping[str, int]], object]
"""Receives what remains of the provider's limits a minute: images, requests and tokens.

It must not raise."""


@dataclass(frozen=True, kw_only=True)
class InputFile:
    """An input of an edit, as it is sent.

    Attributes:
        file: its bytes on this server's disk, which may be read several times from the beginning.
    """

    role: InputRole
    format: ImageFormat
    file: BinaryIO


class ImageGenerator(Protocol):
    """Draws images, possibly for money."""

    @property
    def provider(self) -> str:
        """Short name for responses and logs, such as `openai`."""

    @property
    def model(self) -> str:
        """The name of the image model."""

    @property
    def costs_money(self) -> bool:
        """Whether an image is charged for."""

    @property
    def transparent(self) -> bool:
        """Whether to request a transparent background from the model."""

    def describe(self, request: ImageRequest) -> UpstreamRequest | None:
        """Return the request that `draw` would send; None if it sends none."""

    def draw(
        self,
        request: ImageRequest,
        *,
        inputs: Sequence[InputFile] = (),
        on_partial: OnPartial | None = None,
    ) -> GeneratedImage:
        """Draw one image; at most one is charged.

        Args:
            request: the completed request.
            inputs: the files of the request's inputs, in the same order.
            on_partial: receives the partial images, in this thread.

        Raises:
            PromptRejected: the model refuses the prompt.
            EditsUnsupported: the request has inputs, and the server or model can't edit.
            TransparencyRefused: the model can't draw this request on a transparent background.
                Nothing was charged. A request for a white background never raises it.
            ProviderBadResponse: the response is not usable; the error carries it as evidence.
            AppError: another of PROVIDER_FAILURES, with `charged` set.
        """


class Moderator(Protocol):
    """Decides whether a prompt may be drawn, and an image be edited."""

    def check(self, prompt: str) -> None:
        """Return if the prompt is acceptable.

        Raises:
            PromptRejected: it may not be drawn.
            AppError: another of PROVIDER_FAILURES.
        """

    def check_image(self, jpeg: bytes, *, sha256: str) -> None:
        """Return if the image is acceptable.

        Args:
            jpeg: a small copy of it.
            sha256: of the image itself.

        Raises:
            PromptRejected: it may not be edited.
            AppError: another of PROVIDER_FAILURES.
        """


class PromptWriter(Protocol):
    """Writes prompts, possibly for money."""

    @property
    def model(self) -> str:
        """The name of the text model."""

    @property
    def costs_money(self) -> bool:
        """Whether a prompt is charged for."""

    def describe(self, prompt: str) -> UpstreamRequest | None:
        """Return the request that `enhance` would send; None if it sends none."""

    def invent(self, count: int, *, theme: str) -> InventedPrompts:
        """Return about `count` prompts that vary between calls.

        The subject of all is `theme`; "" for any.

        Raises:
            AppError: one of PROVIDER_FAILURES.
        """

    def enhance(self, prompt: str) -> EnhancedPrompt:
        """Return the prompt with richer detail and the same subject.

        Raises:
            PromptRejected: the model refuses the prompt.
            AppError: another of PROVIDER_FAILURES.
        """


class ImageProcessor(Protocol):
    """Inspects images, cuts them out and renders variants."""

    def inspect(self, data: bytes) -> ImageInfo:
        """Read format and size from the header, without decoding.

        Raises:
            UnusableImage: not a PNG, WEBP or JPEG, or too large to decode.
        """

    def cut_out(
        self,
        data: bytes,
        options: CutoutOptions = AUTOMATIC,
        *,
        provenance: Provenance | None = None,
        previous: bytes = b"",
    ) -> Cutout:
        """Return the 256x256 image with a transparent background.

        Args:
            data: the original.
            options: what the caller decides, and what the image shows.
            provenance: what the file states about its origin; None to state nothing.
            previous: an earlier file of this image, whose provenance is kept instead.

        Raises:
            UnusableImage: the image can't be decoded.
        """

    def normalize_mask(self, mask: bytes, *, width: int, height: int) -> bytes:
        """Return a caller's mask in the form that cutouts take and records keep.

        Args:
            mask: a PNG file.
            width: of the original, in pixels.
            height: of the original, in pixels.

        Raises:
            InvalidOption: the mask can't be used.
        """

    def check_edit_mask(self, mask: bytes, *, width: int, height: int) -> None:
        """Check a mask whose transparent pixels say where an image model redraws an image.

        Args:
            mask: a PNG file.
            width: of the image, in pixels.
            height: of the image, in pixels.

        Raises:
            InvalidOption: the mask can't be used.
        """

    def lay_on_white(self, data: bytes) -> bytes:
        """Return an image on white, as a PNG; the same bytes if it is opaque.

        Raises:
            UnusableImage: the image can't be decoded.
        """

    def reduce_to_jpeg(self, data: bytes) -> bytes:
        """Return a small copy of an image, on white, for moderation.

        Raises:
            UnusableImage: the image can't be decoded.
        """

    def preview(self, data: bytes, options: CutoutOptions = AUTOMATIC) -> bytes | None:
        """Cut out a partial image, with the options of the final one.

        Returns a WebP of SIDE x SIDE pixels; None if the image can't be decoded or the processor is
        busy.
        """

    def render_opaque(self, image: bytes, original: bytes, variant: Variant) -> bytes:
        """Render an original on white, with the provenance of its stored cutout.

        Raises:
            UnusableImage: the original can't be decoded.
        """

    def render_variant(
        self, image: bytes, source: Callable[[], VariantSource], variant: Variant | Export
    ) -> bytes:
        """Render a variant of a stored image, keeping its provenance.

        Args:
            image: the stored cutout.
            source: returns the original and the image's options; called only if the original is
                needed.
            variant: size, format and filters, or another file to make.

        Raises:
            InvalidVariant: the variant names an area that the image doesn't have.
            UnusableImage: the cutout or the original can't be decoded.
        """
