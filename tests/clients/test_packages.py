"""The packages of clients/ as they are published."""

import ast
import io
import json
import tarfile
import tokenize
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.support.client_packages import (
    PYTHON_CLIENT,
    ROOT,
    PythonDriver,
    build_python_client,
)
from tests.support.node_client import TYPESCRIPT_CLIENT, NodeDriver, run_tsc

MAX_LINES = 600
UNREACHABLE = "http://127.0.0.1:1"
CONSUMER = """
import { ApiError, ImageClient, type Image } from "flask-image-generator-client";

const client = new ImageClient("http://localhost:5000", { apiKey: "igk" });
const image: Image = await client.generate("A fox", { idempotencyKey: "1" });
const url: string = client.variantUrl(image, { w: 512, filter: ["sepia"] });
const chances: number[] = image.cutout.areas?.map((area) => area.chance) ?? [];
for await (const event of client.stream("A fox")) {
  if (event.name === "progress") console.log(event.data.step.length, url, chances);
}
try {
  await client.upload(new Uint8Array(8), { holes: "keep" });
} catch (error) {
  if (error instanceof ApiError) console.log(error.status, error.body);
}
// @ts-expect-error: an unknown option
await client.generate("A fox", { idempotency_key: "1" });
// @ts-expect-error: an unknown parameter
client.variantUrl(image, { width: 512 });
"""
_LAYOUT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


@pytest.fixture(scope="module")
def python_packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Build the source distribution and the wheel of the Python client."""
    return build_python_client(tmp_path_factory.mktemp("dist"))


def test_python_packages_have_all_files(python_packages: tuple[Path, Path]) -> None:
    """Modules, `py.typed`, README and license; and nothing else is installed."""
    source, wheel = python_packages
    package = PYTHON_CLIENT / "flask_image_generator_client"
    modules = {f"{package.name}/{path.name}" for path in package.iterdir() if path.is_file()}
    assert f"{package.name}/py.typed" in modules
    with zipfile.ZipFile(wheel) as archive:
        installed = {name for name in archive.namelist() if ".dist-info/" not in name}
        (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        described = archive.read(metadata).decode()
    assert installed == modules
    assert "# Python client of the Flask Image Generator API" in described
    with tarfile.open(source) as sources:
        names = {name.partition("/")[2] for name in sources.getnames()}
    assert names >= modules | {"README.md", "LICENSE", "pyproject.toml"}


def test_python_package_is_installed_from_its_source(
    python_packages: tuple[Path, Path], tmp_path: Path
) -> None:
    """What a user without the wheel installs is the same package."""
    with tarfile.open(python_packages[0]) as sources:
        sources.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    (dist := tmp_path / "dist").mkdir()
    _, wheel = build_python_client(dist, folder)
    assert wheel.read_bytes() == python_packages[1].read_bytes()


def test_python_version_is_stated_once(python_client: PythonDriver) -> None:
    """`__version__` is the version of the package."""
    project = tomllib.loads((PYTHON_CLIENT / "pyproject.toml").read_text())["project"]
    assert python_client.package.__version__ == project["version"]


def test_python_client_is_small() -> None:
    """It has fewer than 600 lines of code, blank lines and documentation not counted."""
    modules = (PYTHON_CLIENT / "flask_image_generator_client").glob("*.py")
    assert sum(lines_of_code(path.read_text()) for path in modules) < MAX_LINES


def test_typescript_package_has_modules_and_their_types(typescript_client: NodeDriver) -> None:
    """README, license, and for each source a module and its declarations; nothing else."""
    package = typescript_client.folder / "node_modules/flask-image-generator-client"
    files = {str(path.relative_to(package)) for path in package.rglob("*") if path.is_file()}
    sources = [path.stem for path in (TYPESCRIPT_CLIENT / "src").iterdir()]
    compiled = {f"dist/{name}.{ending}" for name in sources for ending in ("js", "d.ts")}
    assert files == compiled | {"README.md", "LICENSE", "package.json"}


def test_typescript_types_are_those_of_the_api(typescript_client: NodeDriver) -> None:
    """A strict project can use the package, and the compiler rejects what the API does."""
    (typescript_client.folder / "consumer.ts").write_text(CONSUMER)
    options = ["--strict", "--module", "nodenext", "--target", "es2022", "--types", ""]
    run_tsc(typescript_client.folder, "--noEmit", *options, "consumer.ts")


def test_typescript_client_is_small(typescript_client: NodeDriver) -> None:
    """It has fewer than 600 lines of JavaScript, without comments and types."""
    modules = typescript_client.folder.glob("node_modules/*/dist/*.js")
    lines = [line.strip() for path in modules for line in path.read_text().splitlines()]
    code = [line for line in lines if line and not line.startswith(("//", "/*", "*"))]
    assert 300 < len(code) < MAX_LINES


def test_typescript_client_needs_nothing() -> None:
    """It has no dependencies, and the version of the Python client."""
    package = json.loads((TYPESCRIPT_CLIENT / "package.json").read_text())
    project = tomllib.loads((PYTHON_CLIENT / "pyproject.toml").read_text())["project"]
    assert not {"dependencies", "devDependencies", "peerDependencies"} & package.keys()
    assert package["version"] == project["version"]


def test_warnings_contain_no_signature(
    python_client: PythonDriver, caplog: pytest.LogCaptureFixture
) -> None:
    """A repeated download is logged by the path of the image."""
    outcome = python_client.call(
        UNREACHABLE,
        "download",
        "ID.png",
        client={"signing_key": "secret"},
        on_pause=lambda _: False,
        w=512,
    )
    assert outcome.error == "stopped"
    assert "/images/ID.png is repeated" in caplog.text
    assert "sig=" not in caplog.text


@pytest.mark.parametrize("folder", ["python", "typescript"])
def test_license_is_that_of_the_project(folder: str) -> None:
    """Each package has a copy of the license, as registries show it."""
    assert (ROOT / "clients" / folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def lines_of_code(code: str) -> int:
    """Count the lines with code."""
    documented = {
        line
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    coded = {
        line
        for token in tokens
        if token.type not in _LAYOUT
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(coded - documented)
