"""The commands that start the service."""

import signal
from pathlib import Path

import requests

from tests.support.concurrency.threads import wait_until
from tests.support.servers.forked_python import Program, run, start
from tests.support.servers.free_ports import free_port
from tests.support.servers.gunicorn import ROOT, TIMEOUT_SECONDS, environment


def test_invalid_settings_are_all_reported(tmp_path: Path) -> None:
    """The server does not start, and names every invalid setting without its value."""
    secret = "redis-password-123"
    wrong = {"port": "70000", "redis_url": f"http://:{secret}@x", "image_provider": "openai"}
    variables = environment(wrong) | {"PYTHONPATH": str(ROOT)}
    done = run("gunicorn", ("--config", ROOT / "gunicorn.conf.py", "wsgi:app"), tmp_path, variables)
    text = done.stdout + done.stderr
    assert done.returncode != 0
    for name in (
        "PORT:",
        "REDIS_URL:",
        "IMAGE_PROVIDER: openai requires an API key: set OPENAI_API_KEY",
    ):
        assert name in text
    assert secret not in text
    assert "Traceback" not in text


def test_demo_saves_an_image(tmp_path: Path) -> None:
    """`make demo` generates an image over HTTP, offline also with a key, and saves it."""
    settings = {"data_dir": tmp_path / "data", "openai_api_key": "sk-test-00000000000"}
    done = run("app.cli.demo", ("--output", tmp_path / "out"), ROOT, environment(settings))
    assert done.returncode == 0, done.stderr
    (image,) = (tmp_path / "out").iterdir()
    assert image.read_bytes().startswith(b"\x89PNG")
    assert str(image) in done.stdout


def test_flask_run_serves_the_application(tmp_path: Path) -> None:
    """`flask run` serves the application too."""
    port, arguments = free_port(), ("--app", "wsgi", "run", "--port")
    process = start(
        Program(
            "flask",
            (*arguments, str(port)),
            directory=ROOT,
            environment=environment({"data_dir": tmp_path}),
            output=tmp_path / "output",
        )
    )
    try:
        wait_until(lambda: _is_healthy(port))
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _is_healthy(port: int) -> bool:
    try:
        response = requests.get(f"http://127.0.0.1:{port}/healthz", timeout=TIMEOUT_SECONDS)
    except requests.ConnectionError:
        return False
    return bool(response.json() == {"status": "success"})
