"""The Imaging port on `app.imaging`, with a cap on how many pictures are worked on at once."""

import threading

from app import imaging


class PillowImaging:
    """Makes cutouts, `at_once` at a time.

    Decoding and cutting takes tens of milliseconds of processor time. Dozens of threads doing so
    together starve each other and everything else in the process (health checks waited three
    seconds); one after the other finishes just as soon with half the memory.
    """

    def __init__(self, *, at_once: int) -> None:
        self._slots = threading.Semaphore(at_once)

    def inspect(self, data: bytes) -> imaging.PictureInfo:
        """See Imaging."""
        return imaging.inspect(data)

    def cut_out(self, data: bytes) -> imaging.Cutout:
        """See Imaging."""
        with self._slots:
            return imaging.cutout(data)
