"""The packages of clients/ as they are published."""

import ast
import io
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

MAX_LINES = 600
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


@pytest.mark.parametrize("folder", ["python"])
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
