"""Images that are given to an image model: on white, reduced, and as masks."""

import io

import pytest
from PIL import Image

from app import imaging
from tests.support.tables import each_row

Color = tuple[int, ...]


def encoded(mode: str, color: Color, kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    """Return a file whose left half has this color; the right half is opaque black."""
    image = Image.new(mode, size, (0,) * 3 + (255,) * (mode == "RGBA"))
    image.paste(color, (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    image.save(out, kind, **({"lossless": True} if kind == "WEBP" else {}))
    return out.getvalue()


@each_row(
    "data",
    [
        encoded("RGB", (255, 0, 0)),
        encoded("RGB", (255, 0, 0), "JPEG"),
        encoded("RGB", (255, 0, 0), "WEBP"),
        encoded("RGBA", (255, 0, 0, 255)),  # opaque in spite of its alpha channel
    ],
)
def test_opaque_images_stay_as_they_are(data: bytes) -> None:
    """The very same object is returned."""
    assert imaging.lay_on_white(data) is data


@each_row("kind", ["PNG", "WEBP"])
@each_row("alpha, red", [(0, (255, 255, 255)), (51, (255, 204, 204)), (254, (255, 1, 1))])
def test_transparent_images_are_laid_on_white(kind: str, alpha: int, red: Color) -> None:
    """The result is an opaque PNG; hidden colors are gone."""
    with Image.open(
        io.BytesIO(imaging.lay_on_white(encoded("RGBA", (255, 0, 0, alpha), kind)))
    ) as i:
        assert (i.format, i.mode, i.size) == ("PNG", "RGB", (40, 30))
        assert (i.getpixel((0, 0)), i.getpixel((39, 29))) == (red, (0, 0, 0))


@each_row(
    "size, reduced", [((40, 30), (40, 30)), ((2048, 512), (1024, 256)), ((8, 3000), (3, 1024))]
)
def test_copies_for_moderation_are_small(size: tuple[int, int], reduced: tuple[int, int]) -> None:
    """They are JPEGs on white, of at most 1024 pixels on each side."""
    copy = imaging.reduce_to_jpeg(encoded("RGBA", (255, 0, 0, 0), size=size))
    with Image.open(io.BytesIO(copy)) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", reduced)
        pixel = image.getpixel((0, 0))
        assert isinstance(pixel, tuple)
        assert min(pixel) > 240


def test_a_mask_has_the_size_of_the_image_and_transparent_pixels() -> None:
    """A single transparent pixel is enough."""
    imaging.check_edit_mask(encoded("RGBA", (0, 0, 0, 0)), width=40, height=30)
    imaging.check_edit_mask(encoded("RGBA", (0, 0, 0, 0), size=(2, 1)), width=2, height=1)


@each_row(
    "mask, problem",
    [
        (b"", "must be a PNG file"),
        (encoded("RGBA", (0, 0, 0, 0))[:60], "must be a PNG file"),
        (encoded("RGBA", (0, 0, 0, 0), "WEBP"), "must be a PNG file"),
        (encoded("RGBA", (0, 0, 0, 0), size=(30, 40)), "must have the size"),
        (encoded("RGBA", (0, 0, 0, 1)), "must be transparent where"),
        (encoded("RGBA", (0, 0, 0, 255)), "must be transparent where"),
        (encoded("RGB", (0, 0, 0)), "must be transparent where"),
        (encoded("RGBA", (0, 0, 0, 0)) + bytes(4_000_000), "must have less than 4 MB"),
    ],
)
def test_other_masks_are_refused(mask: bytes, problem: str) -> None:
    """The error says what is wrong."""
    with pytest.raises(imaging.InvalidOption, match=problem):
        imaging.check_edit_mask(mask, width=40, height=30)
