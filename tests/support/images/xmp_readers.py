"""Reads what images tell of where they come from, with parsers that aren't ours."""

import io
from xml.etree import ElementTree

from PIL import Image

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_SHORT = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
}
TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def opened(file: bytes) -> Image.Image:
    """Return the image, read by Pillow."""
    image = Image.open(io.BytesIO(file))
    image.load()
    return image


def raw(file: bytes) -> bytes:
    """Return the packet that Pillow finds in the file, or b""."""
    return bytes(opened(file).info.get("xmp", b""))


def without(png: bytes) -> bytes:
    """Return the file of an image as it were if it told nothing."""
    behind = 33 + (12 + 22 + len(raw(png)) if raw(png) else 0)  # header; chunk and keyword
    return png[:33] + png[behind:]


def parsed(packet: bytes) -> dict[str, str]:
    """Return the properties of a packet, named as the standards do."""
    root = ElementTree.fromstring(packet)  # noqa: S314 - reason: it reads what this service wrote
    assert root.tag == "{adobe:ns:meta/}xmpmeta"
    (description,) = root.iter(f"{_RDF}Description")
    found = {}
    for each in description:
        space, _, name = each.tag[1:].partition("}")
        found[f"{_SHORT[space]}:{name}"] = each.text or ""
    assert len(found) == len(description)
    return found


def reported(file: bytes) -> dict[str, str]:
    """Return what the file tells, or nothing."""
    packet = raw(file)
    return parsed(packet) if packet else {}
