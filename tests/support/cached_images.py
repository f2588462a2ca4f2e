"""The service's own ports, which paint and cut out each image once in a process, for speed."""

import hashlib
import struct
import zlib
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import ClassVar

from app import imaging
from app.config import Settings
from app.container import build_ports
from app.imaging.formats.xmp import CHUNK, KEYWORD, build_packet, read_packet
from app.models import GeneratedImage, ImageRequest
from app.ports import Ports
from app.ports.providers import InputFile, OnPartial
from app.services.image_processor import LocalImageProcessor
from app.services.offline.provider import OfflineGenerator
from app.services.replay.fault_injection import FaultInjectingGenerator


class CachingGenerator(OfflineGenerator):
    """Paints each image once, as painting takes most of the time of a generation."""

    def draw(
        self,
        request: ImageRequest,
        *,
        inputs: Sequence[InputFile] = (),
        on_partial: OnPartial | None = None,
    ) -> GeneratedImage:
        """See ImageGenerator; edits are not cached."""
        if request.is_edit:
            return super().draw(request, inputs=inputs, on_partial=on_partial)
        data, drafts = _paint(
            request.subject,
            request.size,
            request.candidate,
            partial_images=request.partial_images if on_partial else 0,
            transparent=request.transparent,
        )
        for index, draft in enumerate(drafts):
            assert on_partial
            on_partial(index, draft)
        return GeneratedImage(data=data, model=self.model)


@cache
def _paint(
    subject: str, size: str, candidate: int, *, partial_images: int, transparent: bool
) -> tuple[bytes, list[bytes]]:
    """Return the image and its partial images."""
    request = ImageRequest(
        first_prompt="",
        prompt="",
        subject=subject,
        size=size,
        candidate=candidate,
        partial_images=partial_images,
        transparent=transparent,
    )
    drafts: list[bytes] = []
    image = OfflineGenerator().draw(request, on_partial=lambda _, draft: drafts.append(draft))
    return image.data, drafts


class CachingImageProcessor(LocalImageProcessor):
    """Cuts each image out once; later cutouts only differ in their metadata."""

    _previews: ClassVar[dict[tuple[bytes, imaging.CutoutOptions], bytes | None]] = {}

    def cut_out(
        self,
        data: bytes,
        options: imaging.CutoutOptions = imaging.AUTOMATIC,
        *,
        provenance: imaging.Provenance | None = None,
        previous: bytes = b"",
    ) -> imaging.Cutout:
        """See ImageProcessor."""
        cutout = _cut_out(data, options)
        packet = read_packet(previous) or (build_packet(provenance) if provenance else b"")
        return replace(cutout, png=_with_packet(cutout.png, packet)) if packet else cutout

    def preview(
        self, data: bytes, options: imaging.CutoutOptions = imaging.AUTOMATIC
    ) -> bytes | None:
        """See ImageProcessor; a preview that was not made for lack of time is not kept."""
        key = (hashlib.sha256(data).digest(), options)
        if (known := self._previews.get(key)) is None:
            known = self._previews[key] = super().preview(data, options)
        return known


@lru_cache(maxsize=128)
def _cut_out(data: bytes, options: imaging.CutoutOptions) -> imaging.Cutout:
    return imaging.cutout(data, options=options)


def _with_packet(png: bytes, packet: bytes) -> bytes:
    """Insert the chunk where the service's own encoder writes it: behind the header."""
    end = 8 + 25  # signature and IHDR
    body = CHUNK + KEYWORD + packet
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:end] + chunk + png[end:]


def ports_for(settings: Settings) -> Ports:
    """Build the ports; images are cut out once, and those of the offline painter painted once."""
    ports = replace(build_ports(settings), image_processor=CachingImageProcessor(max_concurrent=1))
    if ports.generator.provider != OfflineGenerator.provider:
        return ports
    painter = CachingGenerator(transparent=ports.generator.transparent)
    return replace(ports, generator=FaultInjectingGenerator(painter))
