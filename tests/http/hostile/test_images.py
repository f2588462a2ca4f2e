"""Hostile images from the provider."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.attacks import Observe, attack
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.images.hostile_images import FILES, REFUSED
from tests.support.servers import python_process
from tests.support.service import Service, openai_settings, serving, settings_for

_MAX_MIB = 50
MEASURE = """
import json, pathlib, re
from app import imaging
from tests.support.fake_openai import sample_images
from tests.support.images.hostile_images import FILES

def memory(name):
    status = pathlib.Path("/proc/self/status").read_text()  # ru_maxrss includes the parent's
    return int(re.search(name + r":\\s+(\\d+) kB", status)[1]) // 1024

files = [(name, make()) for name, (make, _) in FILES.items()]
imaging.cutout(sample_images.draw(640, 480, 0))
increases = {}
for name, file in files:
    before = memory("VmHWM")
    try:
        imaging.cutout(file)
    except imaging.UnusableImage:
        pass
    increases[name] = memory("VmHWM") - before
print(json.dumps(increases))
"""


@pytest.fixture
def service_with_model(tmp_path: Path, fake_openai: FakeOpenAI) -> Iterator[Service]:
    """Serve on embedded parts, with a model that can be hostile."""
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
def test_hostile_image_is_rejected_or_decoded_safely(
    service_with_model: Service,
    fake_openai: FakeOpenAI,
    tmp_path: Path,
    observe: Observe,
    name: str,
) -> None:
    """An image that can't be decoded safely is 502, charged and kept as evidence."""
    make, expected = FILES[name]
    file = make()
    fake_openai.script("images", Fault("hostile", paid=True, image=lambda _: file))
    response = service_with_model.generate()
    observe(response)
    assert response.json()["charged"] == "yes"
    assert len(service_with_model.images()) == (expected != REFUSED)
    assert file in [path.read_bytes() for path in tmp_path.glob("store/originals/**/*.*")]


@attack("All of these images in one process", expect=f"less than {_MAX_MIB} MiB of memory each")
def test_hostile_images_need_little_memory(observe: Observe) -> None:
    """In a fresh process, each file increases the peak memory by less than 50 MiB."""
    increases: dict[str, Any] = json.loads(python_process.run(MEASURE))
    highest = max(increases.values())
    observe(f"{'less' if highest < _MAX_MIB else highest} than {_MAX_MIB} MiB of memory each")
