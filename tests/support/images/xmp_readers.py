"""Read the XMP packet of images with independent parsers: Pillow and ElementTree."""

import io
from xml.etree import ElementTree

from PIL import Image

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
}
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def open_image(file: bytes) -> Image.Image:
    """Return the decoded image."""
    image = Image.open(io.BytesIO(file))
    image.load()
    return image


def read_packet(file: bytes) -> bytes:
    """Return the packet that Pillow finds in the file, or b""."""
    return bytes(open_image(file).info.get("xmp", b""))


def strip_packet(png: bytes) -> bytes:
    """Return the file of a stored image without its packet."""
    packet = read_packet(png)
    end = 33 + (12 + 22 + len(packet) if packet else 0)  # header; chunk and keyword
    return png[:33] + png[end:]


def parse_packet(packet: bytes) -> dict[str, str]:
    """Return the properties of a packet by their standard names."""
    return _properties(ElementTree.fromstring(packet))  # noqa: S314 - reason: this service's own


def read_svg_properties(svg: bytes) -> dict[str, str]:
    """Return the properties that the metadata of an SVG file states."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - reason: this service's own
    (packet,) = root.iter("{adobe:ns:meta/}xmpmeta")
    return _properties(packet)


def _properties(root: ElementTree.Element) -> dict[str, str]:
    assert root.tag == "{adobe:ns:meta/}xmpmeta"
    (description,) = root.iter(f"{_RDF}Description")
    properties = {}
    for each in description:
        namespace, _, name = each.tag[1:].partition("}")
        properties[f"{_PREFIXES[namespace]}:{name}"] = "".join(each.itertext())
    assert len(properties) == len(description)
    return properties


def read_properties(file: bytes) -> dict[str, str]:
    """Return the properties that the file's packet states, or none."""
    packet = read_packet(file)
    return parse_packet(packet) if packet else {}
