"""The diagram of docs/architecture.md, the folders of app/ and the linted layers are one."""

import re
import tomllib
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[3]
DIAGRAM = re.findall(
    r"^```mermaid\n(.*?)^```$", (ROOT / "docs/architecture.md").read_text(), re.M | re.S
)


def test_the_diagram_has_a_box_for_each_package() -> None:
    """No room is missing in the diagram, and none has gone."""
    assert set(_boxes()) == _packages()


def test_the_layers_are_the_packages() -> None:
    """import-linter's layers name every package of app/ once."""
    rooms = [room for layer in _layers() for room in layer]
    assert sorted(rooms) == sorted(_packages())


def test_the_page_states_the_layers_as_they_are_linted() -> None:
    """The line of layers below the diagram is that of pyproject.toml."""
    text = " ".join((ROOT / "docs/architecture.md").read_text().split())
    assert f"`{' > '.join(' | '.join(layer) for layer in _layers())}`" in text


def test_arrows_are_imports_that_point_downwards() -> None:
    """Each arrow of the diagram is an import that exists, into a lower layer."""
    level = {room: number for number, layer in enumerate(_layers()) for room in layer}
    graph = grimp.build_graph("app")
    arrows = _arrows()
    assert [(a, b) for a, b in arrows if level[a] >= level[b]] == []
    assert [(a, b) for a, b in arrows if not _imports(graph, a, b)] == []


def test_every_room_is_connected() -> None:
    """No box of the diagram stands alone."""
    assert {room for arrow in _arrows() for room in arrow} == _packages()


def _inside() -> str:
    diagram: str = DIAGRAM[0]
    return diagram.partition("subgraph app\n")[2].partition("\n    end")[0]


def _boxes() -> list[str]:
    return re.findall(r"^ +(\w+)\[", _inside(), re.M)


def _arrows() -> list[tuple[str, str]]:
    return [
        (room, below)
        for room, targets in re.findall(r"^ +(\w+)(?:\[.*?\])? --> ([\w &]+)$", _inside(), re.M)
        for below in targets.split(" & ")
    ]


def _packages() -> set[str]:
    return {path.parent.name for path in ROOT.glob("app/*/__init__.py")}


def _layers() -> list[list[str]]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = (each["layers"] for each in contracts["contracts"] if each["type"] == "layers")
    return [layer.split(" | ") for layer in layers]


def _imports(graph: grimp.ImportGraph, room: str, below: str) -> bool:
    return bool(
        graph.direct_import_exists(
            importer=f"app.{room}", imported=f"app.{below}", as_packages=True
        )
    )
