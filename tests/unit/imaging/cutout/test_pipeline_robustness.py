"""Any input gives a result: complete, deterministic, with little memory, without blocking.

CUTOUT_EXAMPLES raises the number of random images; 10000 take some minutes.
"""

import faulthandler
import functools
import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageFilter

from app import imaging
from tests.support.concurrency.interpreter_lock import QUEUED, longest_hold, make_holder
from tests.support.concurrency.threads import in_threads
from tests.support.images.odd_images import OddImage, noise, odd_images
from tests.support.images.sample_images import choose, encoded, owl, pixels
from tests.support.servers import python_process

EXAMPLES = int(os.environ.get("CUTOUT_EXAMPLES", "100"))
LARGEST = 3840, 2160
DIGEST = """
import hashlib, pathlib, sys
from app import imaging
for name in sys.argv[1:]:
    cutout = imaging.cutout(pathlib.Path(name).read_bytes())
    print(hashlib.sha256(cutout.png + repr(cutout.report).encode()).hexdigest())
"""
MEMORY = """
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
    """Disable faulthandler's timeout: dumping a running thread can crash Python 3.11."""
    faulthandler.cancel_dump_traceback_later()


@pytest.mark.usefixtures("no_timeout")
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(odd=odd_images(), holes=st.sampled_from(("auto", "keep", "cut")))
def test_every_image_gives_a_cutout_and_a_report(odd: OddImage, holes: str) -> None:
    """Any image gives a square RGBA PNG and a complete report within 10 s of processor time."""
    began = time.thread_time()
    result = imaging.cutout(odd.file(), size=128 if odd.seed % 4 else 256, options=choose(holes))
    assert time.thread_time() - began < 10
    alpha = pixels(result.png)[..., 3]
    assert alpha.shape == (result.size, result.size)
    report = result.report
    assert 0 <= report.confidence <= 1
    assert report.verdict in {"good", "check", "bad"}
    assert report.reasons or report.verdict == "good"
    assert report.coverage == pytest.approx(alpha.mean() / 255, abs=0.0002)
    assert report.holes_kept >= 0
    assert report.holes_cut >= 0


@functools.cache
def samples() -> tuple[bytes, ...]:
    """Return images that take different paths through the code."""
    rng = np.random.default_rng(5)
    transparent = owl(300, 200, "RGBA")
    transparent.putalpha(Image.linear_gradient("L").resize((300, 200)))
    return (
        encoded(owl()),
        encoded(owl(700, 500), "JPEG", quality=60),
        encoded(owl(), "WEBP", quality=80),
        encoded(transparent),
        encoded(Image.fromarray(noise(rng, 200, 200))),
    )


def digest(data: bytes) -> str:
    """Return a hash of the cutout's file and report."""
    cutout = imaging.cutout(data)
    return hashlib.sha256(cutout.png + repr(cutout.report).encode()).hexdigest()


def test_another_process_gives_the_same_bytes(tmp_path: Path) -> None:
    """The result depends on the image alone, not on a process's hash seed."""
    files = [tmp_path / str(n) for n in range(len(samples()))]
    for file, data in zip(files, samples(), strict=True):
        file.write_bytes(data)
    child = python_process.start(DIGEST, *files, env={"PYTHONHASHSEED": "77"})
    expected = [digest(data) for data in samples()]
    assert python_process.finish(child).split() == expected


def test_ten_threads_give_the_same_bytes() -> None:
    """Concurrent cutouts do not affect each other."""
    images = samples()
    expected = [digest(data) for data in images]

    def work(number: int) -> list[str]:
        rotated = images[number % 5 :] + images[: number % 5]
        done = [digest(data) for data in rotated]
        return done[5 - number % 5 :] + done[: 5 - number % 5]

    assert all(found == expected for found in in_threads(10, work))


def largest_image(kind: str) -> bytes:
    """Return a file of the largest accepted size, of a kind that needs much memory."""
    tile = noise(np.random.default_rng(0), LARGEST[0] // 8, LARGEST[1] // 8)
    image = Image.fromarray(np.tile(tile, (8, 8, 1)))
    if kind == "rgba":
        image.putalpha(image.getchannel(0))
    return encoded(image, compress_level=0)


@pytest.mark.parametrize("kind", ["rgb", "rgba"])
def test_the_largest_image_needs_little_memory(kind: str, tmp_path: Path) -> None:
    """Cutting out 3840x2160 pixels of noise takes less than 250 MB."""
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(encoded(owl()))
    large.write_bytes(largest_image(kind))
    assert int(python_process.run(MEMORY, small, large)) < 250


def shadowed() -> Image.Image:
    """Return an owl that casts a soft shadow on its background."""
    blurred = owl(1024, 1024, "L").filter(ImageFilter.GaussianBlur(25))
    shadow = blurred.point(lambda v: 155 + v * 100 // 255)
    return ImageChops.darker(owl(1024, 1024), ImageChops.offset(shadow, 0, 30).convert("RGB"))


@pytest.mark.skipif(not QUEUED.exists(), reason="only Linux reports how long a thread was queued")
@pytest.mark.parametrize("name", ["drawing", "gray", "jpeg", "shadow"])
def test_other_threads_keep_running(name: str) -> None:
    """No step of a cutout holds the interpreter lock for a quarter of the cutout's time.

    Time is the processor time of the working thread, so neither load nor speed of the machine
    matters. Noise differs from run to run, while a step that holds the lock does so in each: one
    of nine runs without such a hold proves that there is no such step.
    """
    data = {
        "drawing": encoded(owl(1024, 1024)),
        "gray": encoded(owl(1024, 1024, "L")),
        "jpeg": encoded(owl(1536, 1024), "JPEG", quality=90),
        "shadow": encoded(shadowed()),
    }[name]
    imaging.cutout(data)
    assert any(_held_share(lambda: imaging.cutout(data)) <= 0.25 for _ in range(9))


@pytest.mark.skipif(not QUEUED.exists(), reason="only Linux reports how long a thread was queued")
def test_a_hold_of_the_lock_is_detected() -> None:
    """The measurement finds a hold on purpose, after a cutout, in one of five runs."""
    data, hold = encoded(owl(1024, 1024)), make_holder(0.02)
    shares = (_held_share(hold, before=lambda: imaging.cutout(data)) for _ in range(5))
    assert any(share > 0.7 for share in shares)


def _held_share(work: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
    """Return the longest hold of the lock as a share of the work's processor time."""
    spent = 0.0

    def run() -> None:
        nonlocal spent
        before()
        began = time.thread_time()
        work()
        spent = 1000 * (time.thread_time() - began)

    return longest_hold(run) / spent
