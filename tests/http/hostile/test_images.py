"""Hostile images."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.attacks import Seen, attack
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.images.hostile_images import FILES, REFUSED
from tests.support.servers import python_process
from tests.support.service import Service, openai_settings, serving, settings_for

_MAX_MIB = 50
WEIGH = """
import json, pathlib, re
from app import imaging
from tests.support.fake_openai import sample_images
from tests.support.images.hostile_images import FILES

def memory(name):
    status = pathlib.Path("/proc/self/status").read_text()  # ru_maxrss would start at the parent's
    return int(re.search(name + r":\\s+(\\d+) kB", status)[1]) // 1024

files = [(name, make()) for name, (make, _) in FILES.items()]
imaging.cutout(sample_images.draw(640, 480, 0))
risen = {}
for name, file in files:
    before = memory("VmHWM")
    try:
        imaging.cutout(file)
    except imaging.UnusableImage:
        pass
    risen[name] = memory("VmHWM") - before
print(json.dumps(risen))
"""


@pytest.fixture
def drawing(tmp_path: Path, fake_openai: FakeOpenAI) -> Iterator[Service]:
    """Serve with files and SQLite, but with a model that may be hostile."""
    settings = settings_for(data_dir=tmp_path, **openai_settings(fake_openai))
    with serving(settings) as service:
        yield service


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=attack(name, expect=expected), id=name)
        for name, (_, expected) in FILES.items()
    ],
)
def test_a_hostile_image_is_refused_or_decoded_within_bounds(
    drawing: Service, fake_openai: FakeOpenAI, tmp_path: Path, seen: Seen, name: str
) -> None:
    """What can't be decoded safely is 502, paid, and kept as evidence; the rest is an image."""
    make, expected = FILES[name]
    file = make()
    fake_openai.script("images", Fault("hostile", paid=True, image=lambda _: file))
    answer = drawing.generate()
    seen(answer)
    assert answer.json()["charged"] == "yes"
    assert len(drawing.images()) == (expected != REFUSED)
    assert file in [path.read_bytes() for path in tmp_path.glob("store/originals/**/*.*")]


@attack("All of them, one after the other", expect=f"less than {_MAX_MIB} MiB of memory each")
def test_hostile_images_take_little_memory(seen: Seen) -> None:
    """In a fresh process none of these files makes the memory rise by 50 MiB."""
    risen: dict[str, Any] = json.loads(python_process.run(WEIGH))
    most = max(risen.values())
    seen(f"{'less' if most < _MAX_MIB else most} than {_MAX_MIB} MiB of memory each")
