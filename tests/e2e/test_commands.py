"""The commands that start the service."""

import socket
import subprocess
import sys
from pathlib import Path

import requests

from tests.support.concurrency.threads import wait_until
from tests.support.servers.gunicorn import ROOT, TIMEOUT_SECONDS, environment


def test_invalid_settings_are_all_reported(tmp_path: Path) -> None:
    """The server does not start, and names every invalid setting without its value."""
    secret = "redis-password-123"
    wrong = {"port": "70000", "redis_url": f"http://:{secret}@x", "image_provider": "openai"}
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--config", ROOT / "gunicorn.conf.py", "wsgi:app"],
        cwd=tmp_path,
        env=environment(wrong) | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    text = (done.stdout + done.stderr).decode()
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
    done = subprocess.run(
        [sys.executable, "-m", "app.cli.demo", "--output", tmp_path / "out"],
        cwd=ROOT,
        env=environment({"data_dir": tmp_path / "data", "openai_api_key": "sk-test-00000000000"}),
        capture_output=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    (image,) = (tmp_path / "out").iterdir()
    assert image.read_bytes().startswith(b"\x89PNG")
    assert str(image) in done.stdout.decode()


def test_flask_run_serves_the_application(tmp_path: Path) -> None:
    """`flask run` serves the application too."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "run", "--port", str(port)],
        cwd=ROOT,
        env=environment({"data_dir": tmp_path}),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: _is_healthy(port))
    finally:
        process.terminate()
        process.wait()


def _is_healthy(port: int) -> bool:
    try:
        response = requests.get(f"http://127.0.0.1:{port}/healthz", timeout=TIMEOUT_SECONDS)
    except requests.ConnectionError:
        return False
    return bool(response.json() == {"status": "success"})
