"""Pinned requirements, and the container files as far as checks need no container engine."""

import re
from collections import defaultdict
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from app.config import Settings
from app.usecases.generation.deadlines import Deadlines
from tests.pins.requirements import HASHED, UNHASHED, Pin, read_pins

ROOT = Path(__file__).resolve().parents[3]
FIELDS = {name.upper() for name in Settings.model_fields}
NOT_OURS = {"PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "MALLOC_ARENA_MAX"}
# Of a backport, which newer versions can't install.
_MARKER = re.compile(r'( python_(full_)?version < "3\.\d+(\.\d+)?")?')
_ENVIRONMENTS = [
    {
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "python_full_version": f"{version}.0",
        "python_version": version,
        "sys_platform": sys_platform,
        "platform_system": system,
        "platform_machine": machine,
    }
    for version in ("3.11", "3.12", "3.13", "3.14")
    for sys_platform, system in (("linux", "Linux"), ("darwin", "Darwin"))
    for machine in ("x86_64", "aarch64", "arm64")
]


def test_dockerfile_sets_settings_that_exist() -> None:
    """Every variable that the image sets is one of the Settings, or known to Python or malloc."""
    (block,) = re.findall(r"^ENV (.*?)(?<!\\)$", (ROOT / "Dockerfile").read_text(), re.M | re.S)
    names = set(re.findall(r"(\w+)=", block))
    assert names - NOT_OURS <= FIELDS
    assert {"HOST", "DATA_DIR"} <= names


def test_dockerfile_copies_what_there_is_and_what_is_let_through() -> None:
    """Every file that the image copies is in the checkout and not held back by .dockerignore."""
    allowed = (ROOT / ".dockerignore").read_text().split()
    for names in re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.M):
        for name in names.split():
            assert (ROOT / name).exists()
            assert f"!{name}" in allowed


def test_compose_sets_settings_that_exist_and_names_its_own_parts() -> None:
    """The app's settings exist, and each address in them is that of a service or this machine."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    settings = services["app"]["environment"]
    assert set(settings) <= FIELDS
    for value in settings.values():
        for host in re.findall(r"://([^:/]+)", value):
            assert host in {*services, "localhost"}
    assert set(services["app"]["depends_on"]) <= set(services)


def test_compose_passes_on_what_the_operator_has_set() -> None:
    """All of .env counts, but for what would be about another machine than the container."""
    app = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["app"]
    assert app["env_file"] == [{"path": ".env", "required": False}]
    fixed = {name: app["environment"][name] for name in ("HOST", "PORT", "DATA_DIR")}
    assert fixed == {"HOST": "0.0.0.0", "PORT": "${PORT:-5000}", "DATA_DIR": "/data"}  # noqa: S104 - reason: within the container
    assert app["ports"] == ["127.0.0.1:${PORT:-5000}:${PORT:-5000}"]


def test_container_is_given_no_more_than_it_needs() -> None:
    """It runs as an ordinary user on a read-only system, who can gain no rights."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    (user,) = re.findall(r"^USER (\d+)$", dockerfile, re.M)
    assert int(user) > 0
    assert f"--uid {user} " in dockerfile
    assert "--owner service --mode 0700 /data" in dockerfile
    app = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["app"]
    assert (app["read_only"], app["cap_drop"]) == (True, ["ALL"])
    assert app["security_opt"] == ["no-new-privileges:true"]
    assert app["tmpfs"] == ["/tmp"]  # noqa: S108 - reason: a path in the container
    assert "data:/data" in app["volumes"]
    assert not {"user", "privileged", "cap_add"} & set(app)


def test_no_command_line_has_a_secret() -> None:
    """What starts a process in the container files or the Makefile names no secret setting."""
    secrets = {name for name in FIELDS if re.search("KEY|SECRET|URI|PASSWORD|REDIS_URL", name)}
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    parts = ("command", "entrypoint", "healthcheck")
    lines = [str(service.get(part)) for service in services.values() for part in parts]
    lines += re.findall(r"^\s*(?:CMD|ENTRYPOINT|RUN) .*$", (ROOT / "Dockerfile").read_text(), re.M)
    lines += re.findall(r"^\t.*$", (ROOT / "Makefile").read_text(), re.M)
    assert not [line for line in lines if any(name in line for name in secrets)]


def test_compose_gives_generations_time_to_finish() -> None:
    """Compose waits longer before it kills than gunicorn waits for running generations."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    minutes = int(services["app"]["stop_grace_period"].removesuffix("m"))
    default = Settings.model_fields["openai_image_model"].default
    slowest = 2 * Deadlines(default).longest_seconds + 30
    assert minutes * 60 > slowest


@pytest.mark.parametrize("path", [*HASHED, *UNHASHED], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_package_is_pinned_exactly(path: Path) -> None:
    """Each line names one package and one version: no ranges, addresses or options."""
    pins = read_pins(path.read_text(encoding="utf-8"))
    assert pins
    assert [pin.text for pin in pins if not _MARKER.fullmatch(pin.text.partition(";")[2])] == []


@pytest.mark.parametrize("path", HASHED, ids=lambda path: path.name)
def test_every_pin_has_hashes(path: Path) -> None:
    """Only the files that the index had when the version was pinned are installed."""
    pins = read_pins(path.read_text(encoding="utf-8"))
    assert [pin.text for pin in pins if not pin.hashes] == []


def test_everything_that_a_pinned_package_needs_is_pinned() -> None:
    """Otherwise pip refuses to install: on Linux and macOS, with every supported Python."""
    pins = _pins("requirements.txt") + _pins("requirements-dev.txt")
    pinned = {pin.name for pin in pins}
    needed = {need for pin in pins for need in _needs(pin.text)}
    assert sorted(needed - pinned) == []


def test_every_package_has_one_version() -> None:
    """A package that several requirement files pin has the same version in all."""
    versions = defaultdict(set)
    for path in (*HASHED, *UNHASHED):
        for pin in read_pins(path.read_text(encoding="utf-8")):
            versions[pin.name].add(pin.version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_packages_installed_together_are_pinned_once() -> None:
    """Each package of the development environment has its version in one place."""
    names = [pin.name for pin in _pins("requirements.txt") + _pins("requirements-dev.txt")]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", ["Makefile", "Dockerfile", "README.md", "requirements-otel.txt"])
def test_every_installation_requires_hashes(name: str) -> None:
    """No command installs a requirement file without comparing hashes."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    text = text.replace("$(INSTALL)", "install --require-hashes")
    commands = re.findall(r"\binstall (?=.*-r )(.*)", text)
    assert [command for command in commands if "--require-hashes" not in command] == []
    assert commands or name == "README.md"


def test_base_image_is_pinned_by_digest() -> None:
    """All stages begin with one image, which its digest identifies."""
    images = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.M)
    assert re.fullmatch(r"python:3\.\d+-slim@sha256:[0-9a-f]{64}", images[0])
    assert set(images[1:]) == {"base"}


def test_dependabot_updates_all_pins() -> None:
    """Packages of Python and npm, the base image and the images of compose.yaml are updated."""
    updates = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())["updates"]
    folders = {
        (update["package-ecosystem"], folder.strip("/"))
        for update in updates
        for folder in update.get("directories", [update.get("directory")])
    }
    python = {("pip", str(path.parent.relative_to(ROOT)).strip(".")) for path in HASHED + UNHASHED}
    npm = {("npm", "bench/compatibility"), ("npm", "tests/node")}
    assert folders == {("docker", ""), ("docker-compose", "")} | npm | python
    assert all((ROOT / folder / "package-lock.json").exists() for _, folder in npm)


def _pins(name: str) -> list[Pin]:
    return read_pins((ROOT / name).read_text(encoding="utf-8"))


def _needs(pin: str) -> set[str]:
    """Return the packages that a package needs in one of the environments, if it is installed."""
    package = Requirement(pin)
    if package.marker and not package.marker.evaluate():
        return set()
    needs = map(Requirement, metadata.requires(package.name) or [])
    return {
        canonicalize_name(need.name)
        for need in needs
        for environment in _ENVIRONMENTS
        for extra in ("", *package.extras)
        if need.marker is None or need.marker.evaluate(environment | {"extra": extra})
    }
