"""Pinned requirements, and the container files as far as checks need no container engine."""

import re
from pathlib import Path

import pytest
import yaml

from app.config import Settings
from app.usecases.generation.deadlines import Deadlines

ROOT = Path(__file__).resolve().parents[3]
FIELDS = {name.upper() for name in Settings.model_fields}
NOT_OURS = {"PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "MALLOC_ARENA_MAX"}
REQUIREMENTS = sorted(path.name for path in ROOT.glob("requirements*.txt"))
_PIN = re.compile(
    r"[a-z0-9][a-z0-9-]*(\[[a-z0-9,]+\])?==[0-9][0-9a-z.]*"
    r'(; python_version < "3\.\d+")?',  # of a backport, which newer versions can't install
    re.ASCII,
)


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


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_package_is_pinned_exactly(name: str) -> None:
    """Each line names one package and one version: no ranges, addresses or options."""
    assert [line for line in _pins(name) if not _PIN.fullmatch(line)] == []


def test_packages_installed_together_are_pinned_once() -> None:
    """Each package of the development environment has its version in one place."""
    together = [re.split(r"[\[=]", line)[0] for line in _pins("requirements.txt")]
    together += [re.split(r"[\[=]", line)[0] for line in _pins("requirements-dev.txt")]
    assert len(together) == len(set(together))


def _pins(name: str) -> list[str]:
    """Return the lines of a file that name a package."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-r "))]
