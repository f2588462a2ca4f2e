"""Services for tests: the app on embedded or real parts, behind a real socket."""

import contextlib
import io
import json
import logging
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import requests
from click.testing import Result
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app
from app.blueprints.dependencies import dependencies_of
from app.config import Settings
from app.container import close_ports
from app.ports import Clock, ImageProcessor, Ports
from tests.support.cached_images import ports_for
from tests.support.fake_openai import FakeOpenAI
from tests.support.servers.databases import (
    MongoServer,
    RedisServer,
    S3Server,
    new_bucket,
    patient,
    s3_client,
)
from tests.support.servers.fault_proxy import FaultProxy

NO_LIMITS = {
    "rate_limit_generate": "off",
    "rate_limit_prompts": "off",
    "rate_limit_variants": "off",
    "rate_limit_default": "off",
}
"""Settings without rate limits, for tests that send many requests."""

IMAGE_MICROS = 1756 * 30
"""The price of a medium image's output tokens, in millionths of a dollar."""


class _RequestHandler(WSGIRequestHandler):
    """Writes no line for each request, as the service has a log of its own."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing."""


@dataclass
class Service:
    """A running service, and the ports behind it for inspection by tests."""

    url: str
    app: Flask
    ports: Ports
    data_dir: Path
    log: io.StringIO = field(default_factory=io.StringIO)
    session: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request and return the response, whatever its status."""
        return self.session.request(method, self.url + path, timeout=60, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        """Send a GET request."""
        return self.call("GET", path, **options)

    def generate(self, prompt: str = "A red fox", **fields: Any) -> requests.Response:
        """Request an image."""
        return self.call("POST", "/generate-image", json={"prompt": prompt, **fields})

    def usage(self, query: str = "") -> dict[str, Any]:
        """Return the body of GET /usage."""
        response = self.get(f"/usage{query}")
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body

    def images(self) -> list[dict[str, Any]]:
        """Return the first page of the list of images."""
        images: list[dict[str, Any]] = self.get("/images?limit=100").json()["images"]
        return images


def micros(dollars: float) -> int:
    """Convert dollars to whole millionths."""
    return round(dollars * 1_000_000)


def settings_for(**values: Any) -> Settings:
    """Return settings with these values, independent of the environment."""
    return Settings(**({"log_format": "text", "trash_days": 0} | NO_LIMITS | values))


@contextlib.contextmanager
def serving(
    settings: Settings,
    clock: Clock | None = None,
    image_processor: ImageProcessor | None = None,
    record_clock: Clock | None = None,
) -> Iterator[Service]:
    """Serve the app from this process, on a free port, with a thread per request."""
    ports = ports_for(settings)
    # Records follow the clock of the test, or else this machine's, without waiting for an hour.
    ports = replace(ports, clock=clock or ports.clock, record_clock=record_clock)
    ports = replace(ports, image_processor=image_processor or ports.image_processor)
    app = create_app(settings, ports)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_RequestHandler)
    service = Service(f"http://127.0.0.1:{server.port}", app, ports, settings.data_dir)
    for handler in logging.getLogger("app").handlers:
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(service.log)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        with service.session:
            yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        _wait_until_idle(app)
        close_ports(ports)


def _wait_until_idle(app: Flask) -> None:
    """Wait for generations whose clients disconnected, which still use the ports."""
    idle = threading.Event()
    dependencies_of(app).concurrency_limit.call_when_idle(idle.set)
    assert idle.wait(60)


class CommandLine:
    """A service without a socket, and its `flask images` commands."""

    def __init__(self, folder: Path) -> None:
        settings = settings_for(data_dir=folder)
        self.ports: Ports = ports_for(settings)
        self.app: Flask = create_app(settings, self.ports)

    def __call__(self, *arguments: str | Path, stdin: str = "") -> Result:
        """Run `flask images ...` with this input."""
        words = ["images", *map(str, arguments)]
        result = self.app.test_cli_runner().invoke(args=words, input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    def listed(self) -> list[dict[str, object]]:
        """Return the output of `list --json`."""
        return [json.loads(line) for line in self("list", "--json").stdout.splitlines()]

    def image(self, image_id: object) -> bytes:
        """Return the bytes of a stored image."""
        return self.ports.store.get(f"images/{image_id}.png").data


def openai_settings(fake: FakeOpenAI) -> dict[str, Any]:
    """Return settings that use the fake OpenAI server."""
    return {
        "openai_api_key": fake.api_key,
        "openai_base_url": fake.base_url,
        "openai_timeout_seconds": 60,
    }


def patient_settings(fake: FakeOpenAI) -> dict[str, Any]:
    """Return the same for tests that hold a response while a browser does several things."""
    return openai_settings(fake) | {"openai_timeout_seconds": 900}


@dataclass
class Parts:
    """Real servers, each behind a proxy that can make it fail, and settings to use them."""

    s3: FaultProxy
    mongo: FaultProxy
    redis: FaultProxy
    fake: FakeOpenAI
    settings: dict[str, Any]


@contextlib.contextmanager
def real_parts(
    s3: S3Server,
    bucket: str,
    mongo: MongoServer,
    database: str,
    redis: RedisServer,
    fake: FakeOpenAI,
) -> Iterator[Parts]:
    """Start proxies in front of the servers and yield settings that connect through them."""
    s3_host, _, s3_port = s3.endpoint_url.removeprefix("http://").rpartition(":")
    with (
        FaultProxy(s3_host, int(s3_port)) as s3_proxy,
        FaultProxy(mongo.host, mongo.port) as mongo_proxy,
        FaultProxy(redis.host, redis.port) as redis_proxy,
    ):
        settings = openai_settings(fake) | {
            "aws_access_key_id": s3.access_key,
            "aws_secret_access_key": s3.secret_key,
            "aws_region": s3.region,
            "s3_bucket_name": bucket,
            "s3_endpoint_url": f"http://{s3_proxy.host}:{s3_proxy.port}",
            "mongodb_uri": f"mongodb://{mongo_proxy.host}:{mongo_proxy.port}/?directConnection=true",
            "mongodb_database": database,
            # Long enough for a busy machine, and short enough to wait for when Redis is silent.
            "redis_url": patient(f"redis://{redis_proxy.host}:{redis_proxy.port}/0", seconds=5),
        }
        yield Parts(s3_proxy, mongo_proxy, redis_proxy, fake, settings)


@contextlib.contextmanager
def unused_parts(
    s3: S3Server, mongo: MongoServer, redis: RedisServer, fake: FakeOpenAI
) -> Iterator[Parts]:
    """Start proxies like `real_parts`, with a new bucket and the name of an unused database."""
    fake.reset()
    with contextlib.closing(s3_client(s3)) as client:
        bucket = new_bucket(s3, client)
    database = f"test_{uuid.uuid4().hex}"
    with real_parts(s3, bucket, mongo, database, redis, fake) as parts:
        yield parts
