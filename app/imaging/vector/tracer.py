"""Trace flat images with vtracer, in a process of its own.

vtracer and resvg hold Python's lock while they work, which would stop all threads of a worker, and
vtracer takes seconds for images that aren't flat. Their process is killed after a time limit.
"""

import re
import struct
import subprocess
import sys
from dataclasses import dataclass

from app.imaging.errors import TracingTimeout

TIMEOUT_SECONDS = 20.0
_PROGRAM = """
import struct, sys, vtracer
from resvg import render, usvg
svg = vtracer.convert_raw_image_to_svg(
    sys.stdin.buffer.read(), img_format="png", colormode="color", hierarchical="stacked",
    mode="spline", filter_speckle=5, color_precision=8, layer_difference=0, corner_threshold=45,
    length_threshold=8.0, max_iterations=2, splice_threshold=15, path_precision=1,
)
width, height, shown_width, shown_height = sys.argv[1:]
shown = svg.replace(
    f'width="{width}" height="{height}"',
    f'width="{shown_width}" height="{shown_height}" viewBox="0 0 {width} {height}"', 1,
)
png = render(usvg.Tree.from_str(shown, usvg.Options.default()), (1, 0, 0, 0, 1, 0))
sys.stdout.buffer.write(struct.pack(">I", len(svg.encode())) + svg.encode() + png)
"""
# Chosen by size and PSNR on flat art: curves are split often, so that they stay near the edge.
_PATH = re.compile(
    r'<path d="([MCLZ0-9 .,-]+)" fill="#([0-9A-Fa-f]{6})"'
    r' transform="translate\((-?[0-9.]+),(-?[0-9.]+)\)"/>'
)


@dataclass(frozen=True)
class TracedPath:
    """A closed shape of one color: path data, color as rrggbb, and offset in pixels."""

    data: str
    color: str
    left: str
    top: str


def trace(
    png: bytes, size: tuple[int, int], shown: tuple[int, int], *, timeout: float = TIMEOUT_SECONDS
) -> tuple[list[TracedPath], bytes]:
    """Return the shapes of an image from the bottom up, and the PNG that resvg renders of them.

    Equal images give equal shapes.

    Args:
        png: the image, in flat colors.
        size: its width and height, in pixels.
        shown: the width and height of the rendered PNG.
        timeout: in seconds.

    Raises:
        TracingTimeout: it took longer.
        RuntimeError: vtracer failed.
    """
    numbers = [str(number) for number in (*size, *shown)]
    try:
        # The program is constant, and vtracer gets pixels that were decoded here.
        done = subprocess.run(  # noqa: S603 - reason: see above
            [sys.executable, "-P", "-c", _PROGRAM, *numbers],
            input=png,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TracingTimeout("tracing took too long") from None
    if done.returncode:
        raise RuntimeError(f"vtracer ended with status {done.returncode}")
    (length,) = struct.unpack_from(">I", done.stdout)
    svg = done.stdout[4 : 4 + length].decode()
    return [TracedPath(*found) for found in _PATH.findall(svg)], done.stdout[4 + length :]
