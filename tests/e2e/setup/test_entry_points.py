"""How each entry point reads HOST, PORT and the other settings."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.support.servers.forked_python import run
from tests.support.servers.gunicorn import ROOT, SHIPPED, TIMEOUT_SECONDS, environment, gunicorn

PASSWORD = "geheimes-wort"


def health_check() -> list[str]:
    """Return the command of the Dockerfile's health check."""
    (command,) = re.findall(
        r"^HEALTHCHECK [^\[]*CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE
    )
    _, *arguments = json.loads(command)
    return [sys.executable, *arguments]


def test_gunicorn_listens_on_host_and_port_below_a_path(tmp_path: Path) -> None:
    """HOST=:: listens on IPv6 and IPv4, and health checks need not know the path.

    The Dockerfile's health check reads PORT as the service does.
    """
    with gunicorn(tmp_path, host="[::]\n", script_name="/image-api") as server:
        _, port = server.address
        for address in ("127.0.0.1", "[::1]"):
            for path in ("/healthz", "/image-api/healthz"):
                response = requests.get(f"http://{address}:{port}{path}", timeout=TIMEOUT_SECONDS)
                assert response.status_code == 200
            page = requests.get(f"http://{address}:{port}/image-api", timeout=TIMEOUT_SECONDS)
            assert page.url == f"http://{address}:{port}/image-api/"
            assert 'href="/image-api/static/' in page.text
        for written in (port, f' "{port}"\n'):
            settings = environment({"port": written})
            subprocess.run(health_check(), env=settings, check=True, timeout=TIMEOUT_SECONDS)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"port": "5_000", "mongodb_uri": f"mongodb://u:{PASSWORD}/x@h"}, "PORT"),
        ({"redis_url": f"redis://:{PASSWORD}@127.0.0.1/?nonsense=1"}, "REDIS_URL"),
    ],
)
def test_gunicorn_stops_with_the_names_of_unusable_settings(
    settings: dict[str, str], name: str, tmp_path: Path
) -> None:
    """The exit status is 2, and the output is the list of problems alone, without values."""
    stopped = run_gunicorn(settings, tmp_path)
    heading, *problems = stopped.stderr.splitlines()
    assert (stopped.returncode, heading) == (2, "Invalid settings:")
    assert problems[-1].strip().startswith(("PORT", name))
    assert len(problems) == len(settings)
    assert PASSWORD not in stopped.stderr


def test_make_run_starts_gunicorn_with_its_settings() -> None:
    """`make run` sets no address of its own, so that gunicorn.conf.py takes HOST and PORT."""
    (recipe,) = re.findall(r"^run: .*\n\t(.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe == "exec $(BIN) -m gunicorn wsgi:app"


def test_default_worker_refuses_tls(tmp_path: Path) -> None:
    """Instead of taking a TLS handshake for a malformed request."""
    stopped = run_gunicorn({}, tmp_path, "--certfile", "a.pem", "--keyfile", "a.pem")
    assert stopped.returncode == 2
    assert "use a proxy with TLS, or `-k gthread`" in stopped.stderr


def run_gunicorn(
    settings: dict[str, str], directory: Path, *options: str
) -> subprocess.CompletedProcess[str]:
    """Run gunicorn as shipped until it stops by itself."""
    return run(
        "gunicorn",
        ("--config", SHIPPED, *options, "wsgi:app"),
        directory,
        environment(settings) | {"PYTHONPATH": str(ROOT)},
    )
