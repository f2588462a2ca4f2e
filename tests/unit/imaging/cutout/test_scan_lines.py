"""A JPEG that is small to send, and would take minutes to decode."""

import io

import pytest
from PIL import Image

from app import imaging


def scans(times: int) -> bytes:
    """Make a progressive JPEG whose last scan comes so many times more; each is 42 bytes."""
    out = io.BytesIO()
    Image.new("L", (3840, 2160), 200).save(out, "JPEG", progressive=True, quality=50)
    file = out.getvalue()
    last = file.rfind(b"\xff\xc4", 0, file.rfind(b"\xff\xda"))  # with its table
    return file[:-2] + file[last:-2] * times + b"\xff\xd9"


def test_a_jpeg_of_many_scans_is_refused() -> None:
    """Each scan can cost a pass over all pixels, so there is a limit that no encoder comes near."""
    assert imaging.inspect(scans(20)).format == "jpeg"
    file = scans(2000)
    assert len(file) < 200_000
    with pytest.raises(imaging.UnusableImage):
        imaging.inspect(file)
