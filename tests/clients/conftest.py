"""The clients, installed from their built packages, and services for them."""

from collections.abc import Iterator

import pytest

from tests.support.client_packages import Driver, PythonDriver, python_driver
from tests.support.node_client import NodeDriver, node_driver


@pytest.fixture(scope="session")
def python_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PythonDriver]:
    """Install the Python client from its wheel."""
    with python_driver(tmp_path_factory.mktemp("python_client")) as driver:
        yield driver


@pytest.fixture(scope="session")
def typescript_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeDriver]:
    """Install the TypeScript client from its packed file."""
    with node_driver(tmp_path_factory.mktemp("typescript_client")) as driver:
        yield driver


@pytest.fixture(scope="session", params=["python_client", "typescript_client"])
def driver(request: pytest.FixtureRequest) -> Driver:
    """Return each client in turn."""
    result: Driver = request.getfixturevalue(request.param)
    return result
