"""The service's own ports, with an offline painter that paints each image once in a process."""

from dataclasses import replace
from functools import cache

from app.config import Settings
from app.container import build_ports
from app.models import GeneratedImage, ImageRequest
from app.ports import Ports
from app.ports.providers import OnPartial
from app.services.offline.provider import OfflineGenerator
from app.services.replay.fault_injection import FaultInjectingGenerator


class CachingGenerator(OfflineGenerator):
    """Paints each image once, as painting takes most of the time of a generation."""

    def draw(self, request: ImageRequest, *, on_partial: OnPartial | None = None) -> GeneratedImage:
        """See ImageGenerator; requests for partial images are not cached."""
        if request.partial_images:
            return super().draw(request, on_partial=on_partial)
        return GeneratedImage(
            data=_paint(request.subject, request.size, transparent=request.transparent),
            model=self.model,
        )


@cache
def _paint(subject: str, size: str, *, transparent: bool) -> bytes:
    request = ImageRequest(
        first_prompt="", prompt="", subject=subject, size=size, transparent=transparent
    )
    return OfflineGenerator().draw(request).data


def ports_for(settings: Settings) -> Ports:
    """Build the ports; if the offline painter draws, it paints each image once."""
    ports = build_ports(settings)
    if ports.generator.provider != OfflineGenerator.provider:
        return ports
    painter = CachingGenerator(transparent=ports.generator.transparent)
    return replace(ports, generator=FaultInjectingGenerator(painter))
