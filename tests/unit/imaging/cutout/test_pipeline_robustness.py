"""Whatever comes in: an image comes out, the same each time, in little memory, out of the way.

CUTOUT_EXAMPLES raises the number of made-up images: 10000 take some minutes.
"""

import faulthandler
import hashlib
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageFilter

from app import imaging
from app.imaging import Holes
from tests.support.concurrency.interpreter_lock import QUEUED, holder, longest_hold
from tests.support.concurrency.threads import at_once
from tests.support.images.odd_images import Odd, noise, odd_images
from tests.support.images.sample_images import encoded, owl, pixels
from tests.support.servers import python_process

EXAMPLES = int(os.environ.get("CUTOUT_EXAMPLES", "100"))
HUGE = 3840, 2160
DIGEST = """
import hashlib, pathlib, sys
from app import imaging
for name in sys.argv[1:]:
    cutout = imaging.cutout(pathlib.Path(name).read_bytes())
    print(hashlib.sha256(cutout.png + repr(cutout.report).encode()).hexdigest())
"""
WEIGH = """
import pathlib, re, sys
from app import imaging

def memory(kind):
    found = re.search(kind + r":\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())
    return int(found[1]) // 1024

small, large = (pathlib.Path(name).read_bytes() for name in sys.argv[1:])
imaging.cutout(small)
before = memory("VmRSS")
imaging.cutout(large)
print(memory("VmHWM") - before)
"""


@pytest.fixture
def no_timeout() -> None:
    """Let a test run on: faulthandler, asked about a running thread, can crash Python 3.11."""
    faulthandler.cancel_dump_traceback_later()


@pytest.mark.usefixtures("no_timeout")
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(odd=odd_images(), holes=st.sampled_from(("auto", "keep", "cut")))
def test_every_image_gives_a_cutout_and_a_report(odd: Odd, holes: Holes) -> None:
    """Any image ends in a square RGBA PNG and a report that is complete, and soon."""
    began = time.perf_counter()
    result = imaging.cutout(odd.file(), size=128 if odd.seed % 4 else 256, holes=holes)
    assert time.perf_counter() - began < 10
    alpha = pixels(result.png)[..., 3]
    assert alpha.shape == (result.size, result.size)
    report = result.report
    assert 0 <= report.confidence <= 1
    assert report.verdict in {"good", "check", "bad"}
    assert report.reasons or report.verdict == "good"
    assert report.coverage == pytest.approx(alpha.mean() / 255, abs=0.0002)
    assert report.holes_kept >= 0
    assert report.holes_cut >= 0


def samples() -> list[bytes]:
    """Return images that take different ways through the code."""
    rng = np.random.default_rng(5)
    see_through = owl(300, 200, "RGBA")
    see_through.putalpha(Image.linear_gradient("L").resize((300, 200)))
    return [
        encoded(owl()),
        encoded(owl(700, 500), "JPEG", quality=60),
        encoded(owl(), "WEBP", quality=80),
        encoded(see_through),
        encoded(Image.fromarray(noise(rng, 200, 200))),
    ]


def digest(data: bytes) -> str:
    """Return a short form of all that a cutout gives."""
    cutout = imaging.cutout(data)
    return hashlib.sha256(cutout.png + repr(cutout.report).encode()).hexdigest()


def test_another_process_gives_the_same_bytes(tmp_path: Path) -> None:
    """The result depends on the image alone, not on a process's seed of hashes."""
    files = [tmp_path / str(n) for n in range(len(samples()))]
    for file, data in zip(files, samples(), strict=True):
        file.write_bytes(data)
    children = [
        python_process.start(DIGEST, *files, env={"PYTHONHASHSEED": seed}) for seed in ("1", "77")
    ]
    expected = [digest(data) for data in samples()]
    for child in children:
        assert python_process.finish(child).split() == expected


def test_ten_threads_give_the_same_bytes() -> None:
    """Cutouts that are made at the same time do not disturb each other."""
    images = samples()
    alone = [digest(data) for data in images]

    def work(number: int) -> list[str]:
        turned = images[number % 5 :] + images[: number % 5]
        done = [digest(data) for data in turned]
        return done[5 - number % 5 :] + done[: 5 - number % 5]

    assert all(found == alone for found in at_once(10, work))


def huge(kind: str) -> bytes:
    """Return a file of the largest size that is accepted, of a kind that needs much memory."""
    tile = noise(np.random.default_rng(0), HUGE[0] // 8, HUGE[1] // 8)
    image = Image.fromarray(np.tile(tile, (8, 8, 1)))
    if kind == "rgba":
        image.putalpha(image.getchannel(0))
    return encoded(image, compress_level=0)


@pytest.mark.parametrize("kind", ["rgb", "rgba"])
def test_the_largest_image_needs_little_memory(kind: str, tmp_path: Path) -> None:
    """Cutting out 3840x2160 pixels of noise takes less than 250 MB."""
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(encoded(owl()))
    large.write_bytes(huge(kind))
    assert int(python_process.run(WEIGH, small, large)) < 250


@pytest.mark.skipif(not QUEUED.exists(), reason="only Linux tells how long a thread was queued")
@pytest.mark.parametrize("name", ["drawing", "grey", "jpeg", "shadow"])
def test_other_threads_keep_running(name: str) -> None:
    """No step of a cutout keeps other threads from running for more than 5 ms.

    Processor time is counted, and none but that of this process, so load makes no difference: the
    control beside it, a cutout after which the lock is held on purpose, is noticed each time.
    """
    data = {
        "drawing": encoded(owl(1024, 1024)),
        "grey": encoded(owl(1024, 1024, "L")),
        "jpeg": encoded(owl(1536, 1024), "JPEG", quality=90),
        "shadow": encoded(shaded()),
    }[name]
    imaging.cutout(data)
    hold = holder(0.02)
    held = [longest_hold(lambda: imaging.cutout(data)) for _ in range(9)]
    control = [noticed(data, hold) for _ in range(5)]
    assert statistics.median(held) <= 5
    assert statistics.median(control) > 0.7


def noticed(data: bytes, hold: Callable[[], object]) -> float:
    """Return what part of the time that the lock is held on purpose is found, behind a cutout.

    The time is taken as it happens: how fast a processor computes depends on what its other half
    is doing, which may have changed since the holder was made.
    """
    spent = 0.0

    def work() -> None:
        nonlocal spent
        imaging.cutout(data)
        began = time.thread_time()
        hold()
        spent = 1000 * (time.thread_time() - began)

    return longest_hold(work) / spent


def shaded() -> Image.Image:
    """Return an owl that throws a soft shadow on its paper."""
    shadow = (
        owl(1024, 1024, "L")
        .filter(ImageFilter.GaussianBlur(25))
        .point(lambda v: 155 + v * 100 // 255)
    )
    return ImageChops.darker(owl(1024, 1024), ImageChops.offset(shadow, 0, 30).convert("RGB"))
