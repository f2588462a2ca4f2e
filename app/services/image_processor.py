"""The ImageProcessor port on `app.imaging`, with concurrency limits."""

import threading
from collections.abc import Callable

from app import imaging


class LocalImageProcessor:
    """Limits concurrent cutouts, and renders one variant at a time.

    Decoding and cutting out takes tens of milliseconds of processor time. Dozens of threads that do
    so concurrently starve the rest of the process (health checks took three seconds); one after the
    other, they finish as early and need half the memory. Variants have a queue of their own, so
    that no paid image waits for them.
    """

    def __init__(self, *, max_concurrent: int) -> None:
        self._slots = threading.Semaphore(max_concurrent)
        self._variants = threading.Semaphore(1)

    def inspect(self, data: bytes) -> imaging.ImageInfo:
        """See ImageProcessor."""
        return imaging.inspect(data)

    def cut_out(
        self,
        data: bytes,
        options: imaging.CutoutOptions = imaging.AUTOMATIC,
        *,
        provenance: imaging.Provenance | None = None,
        previous: bytes = b"",
    ) -> imaging.Cutout:
        """See ImageProcessor."""
        with self._slots:
            return imaging.cutout(data, options=options, provenance=provenance, previous=previous)

    def normalize_mask(self, mask: bytes, *, width: int, height: int) -> bytes:
        """See ImageProcessor."""
        with self._slots:
            return imaging.normalize_mask(mask, width=width, height=height)

    def check_edit_mask(self, mask: bytes, *, width: int, height: int) -> None:
        """See ImageProcessor."""
        with self._slots:
            imaging.check_edit_mask(mask, width=width, height=height)

    def lay_on_white(self, data: bytes) -> bytes:
        """See ImageProcessor."""
        with self._slots:
            return imaging.lay_on_white(data)

    def reduce_to_jpeg(self, data: bytes) -> bytes:
        """See ImageProcessor."""
        with self._slots:
            return imaging.reduce_to_jpeg(data)

    def preview(
        self, data: bytes, options: imaging.CutoutOptions = imaging.AUTOMATIC
    ) -> bytes | None:
        """See ImageProcessor."""
        if not self._slots.acquire(blocking=False):  # a paid image comes first
            return None
        try:
            return imaging.preview(data, options=options)
        except imaging.UnusableImage:
            return None
        finally:
            self._slots.release()

    def render_opaque(self, image: bytes, original: bytes, variant: imaging.Variant) -> bytes:
        """See ImageProcessor."""
        with self._variants:
            return imaging.render_opaque(image, original, variant)

    def render_variant(
        self,
        image: bytes,
        source: Callable[[], imaging.VariantSource],
        variant: imaging.Variant | imaging.Export,
    ) -> bytes:
        """See ImageProcessor."""
        # Fetched ahead of the queue, so that no other variant waits for a slow store.
        fetched = source() if variant.needs_original else imaging.VariantSource(b"")
        with self._variants:
            return imaging.render_variant(image, lambda: fetched, variant)
