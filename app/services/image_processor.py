"""The Imaging port on `app.imaging`, with a cap on how many images are worked on at once."""

import threading
from collections.abc import Callable

from app import imaging


class LocalImageProcessor:
    """Makes cutouts, `at_once` at a time, and one variant at a time beside them.

    Decoding and cutting takes tens of milliseconds of processor time. Dozens of threads doing so
    together starve each other and everything else in the process (health checks waited three
    seconds); one after the other finishes just as soon with half the memory. Variants have a queue
    of their own, so that no image that was paid for waits behind them.
    """

    def __init__(self, *, at_once: int) -> None:
        self._slots = threading.Semaphore(at_once)
        self._variants = threading.Semaphore(1)

    def inspect(self, data: bytes) -> imaging.ImageInfo:
        """See Imaging."""
        return imaging.inspect(data)

    def cut_out(
        self, data: bytes, origin: imaging.Provenance | None = None, earlier: bytes = b""
    ) -> imaging.Cutout:
        """See Imaging."""
        with self._slots:
            return imaging.cutout(data, provenance=origin, previous=earlier)

    def preview(self, data: bytes) -> bytes | None:
        """See Imaging."""
        if not self._slots.acquire(blocking=False):  # a paid image comes first
            return None
        try:
            return imaging.preview(data)
        except imaging.UnusableImage:
            return None
        finally:
            self._slots.release()

    def render_variant(
        self, image: bytes, original: Callable[[], bytes], variant: imaging.Variant
    ) -> bytes:
        """See Imaging."""
        # Fetched ahead of the queue, so that nobody waits there for another's slow store.
        fetched = original() if variant.needs_original else b""
        with self._variants:
            return imaging.render_variant(image, lambda: fetched, variant)
