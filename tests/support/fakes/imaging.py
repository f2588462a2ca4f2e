"""A fake of image processing, for tests of the use cases."""

from collections.abc import Callable

from app.imaging import (
    AUTOMATIC,
    Cutout,
    CutoutOptions,
    CutoutReport,
    Export,
    ImageInfo,
    InvalidOption,
    Provenance,
    Variant,
    VariantSource,
)
from tests.support.fakes.scripted import Scripted

REPORT = CutoutReport(
    background="#ffffff",
    coverage=0.5,
    softness=1.0,
    holes_kept=1,
    holes_cut=2,
    touches_border=False,
    shadow=False,
    confidence=0.7,
    verdict="check",
    reasons=("enclosed areas may be subject or holes",),
)


class FakeImageProcessor(Scripted):
    """Describes any bytes as `info`, and marks what it cut out."""

    name = "imaging"

    def __init__(self, events: list[str]) -> None:
        super().__init__(events)
        self.info = ImageInfo("png", 1536, 1024)
        self.provenances: list[tuple[Provenance | None, bytes]] = []
        self.options: list[CutoutOptions] = []
        self.sources: list[VariantSource] = []

    def inspect(self, data: bytes) -> ImageInfo:  # noqa: ARG002 - reason: part of the port
        """See ImageProcessor."""
        self.step("inspect")
        return self.info

    def cut_out(
        self,
        data: bytes,
        options: CutoutOptions = AUTOMATIC,
        *,
        provenance: Provenance | None = None,
        previous: bytes = b"",
    ) -> Cutout:
        """See ImageProcessor."""
        self.provenances.append((provenance, previous))
        self.options.append(options)
        self.step("cut_out")
        return Cutout(png=b"cutout of " + data, size=256, report=REPORT)

    def normalize_mask(self, mask: bytes, *, width: int, height: int) -> bytes:
        """See ImageProcessor; the mask names the original's size."""
        self.step("normalize_mask")
        return b"%s for %dx%d" % (mask, width, height)

    def check_edit_mask(self, mask: bytes, *, width: int, height: int) -> None:
        """See ImageProcessor; a mask begins with its size."""
        self.step("check_edit_mask")
        if not mask.startswith(b"%dx%d" % (width, height)):
            raise InvalidOption("mask", "has another size")

    def render_opaque(self, image: bytes, original: bytes, variant: Variant) -> bytes:
        """See ImageProcessor."""
        self.step("render_opaque")
        return image + original + variant.format.encode()

    def lay_on_white(self, data: bytes) -> bytes:
        """See ImageProcessor; a transparent image says that it is."""
        self.step("lay_on_white")
        return b"on white: " + data if data.startswith(b"transparent") else data

    def reduce_to_jpeg(self, data: bytes) -> bytes:
        """See ImageProcessor."""
        self.step("reduce_to_jpeg")
        return b"small " + data

    def preview(self, data: bytes, options: CutoutOptions = AUTOMATIC) -> bytes | None:
        """See ImageProcessor."""
        self.options.append(options)
        self.step("preview")
        return b"preview of " + data

    def render_variant(
        self, image: bytes, source: Callable[[], VariantSource], variant: Variant | Export
    ) -> bytes:
        """See ImageProcessor."""
        self.step("render_variant")
        if not variant.needs_original:
            return variant.canonical().encode() + b" of " + image
        self.sources.append(source())
        return variant.canonical().encode() + b" of " + self.sources[-1].data
