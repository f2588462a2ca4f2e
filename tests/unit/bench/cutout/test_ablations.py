"""Each step that is disabled exists, and can be disabled."""

import numpy as np

from app.imaging import cutout
from app.imaging.cutout import matte
from bench.cutout.ablations import ABLATIONS
from bench.cutout.degrade import encode


def test_each_step_can_be_disabled() -> None:
    """The other steps still make an image, and the step is back afterwards."""
    color = np.full((300, 300, 3), 255, np.float32)
    color[60:240, 60:240] = (20, 80, 200)
    color[120:180, 120:180] = 255
    data = encode(color)
    before = vars(matte)["resolve_strands"]
    whole = cutout(data).png
    results = {ablation.label: ablation.cut(data) for ablation in ABLATIONS}
    assert results["nothing"] == whole != results["opacity: only in or out"]
    assert results["judgment: all kept"] != results["judgment: all cut"]
    assert all(png.startswith(b"\x89PNG") for png in results.values())
    assert vars(matte)["resolve_strands"] is before
