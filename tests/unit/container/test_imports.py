"""What is imported and connected at start."""

from pathlib import Path

import pytest

from app.config import Settings
from tests.support.servers import python_process

HEAVY = "openai boto3 botocore pymongo redis limits cv2 numpy PIL"
START = f"""
import sys

def refuse(event, args):
    if event in {{"socket.connect", "socket.getaddrinfo"}}:
        print(event)

sys.addaudithook(refuse)
import app.factory
before = set(sys.modules)
app.create_app()
for name in "{HEAVY}".split():
    if name in sys.modules:
        print(name, "by importing the factory" if name in before else "by create_app()")
"""

PRELOADED = f"""
import sys
from app.config import Settings
from app.container import preload
preload(Settings.load())
print(*(name for name in "{HEAVY}".split() if name in sys.modules))
"""

FIRST_IMAGES = """
import sys
import cv2, numpy
from app import imaging
from app.config import Settings
from app.container import preload
preload(Settings.load())
pixels = numpy.full((64, 64, 3), 255, numpy.uint8)
pixels[16:48, 16:48] = 40
original = cv2.imencode(".png", pixels)[1].tobytes()
before = set(sys.modules)
image = imaging.cutout(original).png
for format in ("png", "webp", "avif", "jpeg"):
    variant = imaging.Variant(width=512, height=512, format=format)
    imaging.render_variant(image, lambda: imaging.VariantSource(original), variant)
print(*sorted(set(sys.modules) - before))
"""


@pytest.mark.usefixtures("nothing_set")
def test_default_service_starts_without_heavy_packages(tmp_path: Path) -> None:
    """Neither importing the factory nor creating an app imports an SDK or an imaging library."""
    assert python_process.run(START, cwd=tmp_path, env={"DATA_DIR": str(tmp_path / "data")}) == ""


@pytest.mark.usefixtures("nothing_set")
def test_starting_opens_no_connection(tmp_path: Path) -> None:
    """Each SDK's client is created once, but connects to nothing and resolves no name."""
    nowhere = "127.0.0.1:9"
    env = {
        "OPENAI_API_KEY": "sk-none",
        "OPENAI_BASE_URL": f"http://{nowhere}/v1",
        "S3_BUCKET_NAME": "bucket",
        "S3_ENDPOINT_URL": f"http://{nowhere}",
        "MONGODB_URI": "mongodb+srv://nowhere.example.com/images",
        "REDIS_URL": f"redis://{nowhere}",
        "DATA_DIR": str(tmp_path / "data"),
    }
    assert set(env) <= {name.upper() for name in Settings.model_fields}
    lines = python_process.run(START, cwd=tmp_path, env=env).splitlines()
    assert lines == [
        f"{sdk} by create_app()" for sdk in "openai boto3 botocore pymongo redis".split()
    ]


@pytest.mark.usefixtures("nothing_set")
def test_preload_imports_what_the_settings_need(tmp_path: Path) -> None:
    """`preload` imports the packages in use, and no other, before the workers are forked."""
    env = {"OPENAI_API_KEY": "sk-none", "S3_BUCKET_NAME": "b-1", "DATA_DIR": str(tmp_path)}
    assert python_process.run(PRELOADED, cwd=tmp_path, env=env).split() == [
        *("openai", "boto3", "botocore", "limits", "cv2", "numpy", "PIL")
    ]


@pytest.mark.usefixtures("nothing_set")
def test_first_images_import_nothing(tmp_path: Path) -> None:
    """A worker's first requests don't hold up its health checks by importing modules."""
    found = python_process.run(FIRST_IMAGES, cwd=tmp_path, env={"DATA_DIR": str(tmp_path)})
    assert found.split() == []
