"""Says inside of an image's file where it comes from: an XMP packet that programs read.

XMP: ISO 16684-1. Its place in a PNG: XMP specification, part 3. Properties and source types: IPTC
Photo Metadata 2025.1 and its vocabulary http://cv.iptc.org/newscodes/digitalsourcetype.
"""

import html
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

CHUNK = b"iTXt"
KEYWORD = b"XML:com.adobe.xmp\0\0\0\0\0"  # neither compressed nor in a language

_VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
_HEAD = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    '<rdf:Description rdf:about=""'
    + "".join(f' xmlns:{short}="{name}"' for short, name in _NAMESPACES.items())
    + ">\n"
)
_TAIL = '</rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="r"?>'
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MAX_CHARS = 10_000  # of a text: written out they take up to five bytes each
_MAX_BYTES = 60_000  # of a packet: a JPEG has room for 65 502


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where an image comes from.

    Attributes:
        id: the image's.
        source: of its pixels, in IPTC's words: drawn by an AI model, or by rules that nothing was
            learnt for; None if nobody knows. Cutting out takes pixels away and adds none, so it
            makes no composite of an image.
        created: when it was asked for, in UTC; None if it was made elsewhere.
        model: what drew it; "" if nobody knows.
        prompt: what it was drawn from; "" to tell nobody.
    """

    id: str
    source: Literal["trainedAlgorithmicMedia", "algorithmicMedia"] | None
    created: datetime | None = None
    model: str = ""
    prompt: str = ""


def packet(origin: Provenance) -> bytes:
    """Write the XMP packet: UTF-8, of at most 60 000 bytes, the same for the same origin."""
    lines = (
        f"<{name}>{_escaped(value)}</{name}>\n" for name, value in _properties(origin) if value
    )
    return "".join((_HEAD, *lines, _TAIL)).encode()


def packet_in(png: bytes) -> bytes:
    """Return the packet of a stored image, or b"" if it has none before its pixels."""
    at = 8
    while at + 8 <= len(png):
        length, name = struct.unpack_from(">I4s", png, at)
        if name == b"IDAT":
            break
        if name == CHUNK and length <= _MAX_BYTES and png.startswith(KEYWORD, at + 8):
            return png[at + 8 + len(KEYWORD) : at + 8 + length]
        at += 12 + length
    return b""


def _properties(origin: Provenance) -> Iterator[tuple[str, str]]:
    trained = origin.source == "trainedAlgorithmicMedia"
    yield "dc:identifier", origin.id
    yield "xmpMM:DocumentID", f"uuid:{origin.id}"
    created = origin.created.isoformat(timespec="milliseconds") if origin.created else ""
    yield "xmp:CreateDate", created
    yield "xmp:CreatorTool", origin.model
    yield "Iptc4xmpExt:DigitalSourceType", _VOCABULARY + origin.source if origin.source else ""
    yield "Iptc4xmpExt:AISystemUsed", origin.model if trained else ""
    yield "Iptc4xmpExt:AIPromptInformation", origin.prompt if trained else ""


def _escaped(text: str) -> str:
    """Write a text as XML; what XML has no way to write becomes a replacement character."""
    sound = _NOT_IN_XML.sub("\ufffd", text[:_MAX_CHARS])
    return html.escape(sound, quote=False).replace("\r", "&#13;")
