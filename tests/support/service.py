"""Whole services for tests: the app on embedded or real parts, behind a real socket."""

import contextlib
import io
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import requests
from flask import Flask
from werkzeug.serving import make_server

from app import create_app
from app.blueprints.dependencies import dependencies_of
from app.config import Settings
from app.container import build_ports
from app.models import GeneratedImage, ImageRequest
from app.ports import Clock, ImageProcessor, Ports
from app.ports.providers import OnPartial
from app.services.offline.provider import OfflineGenerator
from tests.support.fake_openai import FakeOpenAI
from tests.support.servers.databases import MongoServer, RedisServer, S3Server
from tests.support.servers.fault_proxy import FaultProxy

NO_LIMITS = {
    "rate_limit_generate": "off",
    "rate_limit_prompts": "off",
    "rate_limit_default": "off",
}
"""For tests that send more requests than one caller may."""


@dataclass
class Service:
    """A running service and, for the test's eyes only, the ports behind it."""

    url: str
    app: Flask
    ports: Ports
    data_dir: Path
    log: io.StringIO = field(default_factory=io.StringIO)
    session: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request and return the answer, whatever its status."""
        return self.session.request(method, self.url + path, timeout=60, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        """Send a GET."""
        return self.call("GET", path, **options)

    def generate(self, prompt: str = "A red fox", **fields: Any) -> requests.Response:
        """Ask for an image."""
        return self.call("POST", "/generate-image", json={"prompt": prompt, **fields})

    def images(self) -> list[dict[str, Any]]:
        """Return what the list shows on its first page."""
        listed: list[dict[str, Any]] = self.get("/images?limit=100").json()["images"]
        return listed


class FastGenerator(OfflineGenerator):
    """Paints each image once in a process: that is most of the time that a generation takes."""

    def draw(self, request: ImageRequest, *, on_partial: OnPartial | None = None) -> GeneratedImage:
        """See ImageGenerator; a request for partial images is never answered from memory."""
        if request.partial_images:
            return super().draw(request, on_partial=on_partial)
        return _painted(request)


@cache
def _painted(request: ImageRequest) -> GeneratedImage:
    return OfflineGenerator().draw(request)


def settings_for(**values: Any) -> Settings:
    """Make settings from these values only, whatever the environment says."""
    return Settings(_env_file=None, **({"log_format": "text"} | NO_LIMITS | values))


@contextlib.contextmanager
def serving(
    settings: Settings, clock: Clock | None = None, imaging: ImageProcessor | None = None
) -> Iterator[Service]:
    """Serve the app from this process, on a free port, a thread a request."""
    ports = build_ports(settings)
    ports = replace(ports, clock=clock or ports.clock, imaging=imaging or ports.imaging)
    if isinstance(ports.generator, OfflineGenerator):
        ports = replace(ports, generator=FastGenerator())
    app = create_app(settings, ports)
    server = make_server("127.0.0.1", 0, app, threaded=True)
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
        _wait_for_work(app)
        close(ports)


def _wait_for_work(app: Flask) -> None:
    """Wait for generations whose callers have left: they need the ports until their end."""
    ended = threading.Event()
    dependencies_of(app).concurrency_limit.call_when_idle(ended.set)
    assert ended.wait(30)


def close(ports: Ports) -> None:
    """Let go of the connections of these ports, so that none is left open after a test."""
    for part in [ports.store, *vars(ports).values(), *vars(ports.store).values()]:
        getattr(part, "close", lambda: None)()


def openai_settings(fake: FakeOpenAI) -> dict[str, Any]:
    """Settings that draw with the fake of OpenAI."""
    return {
        "openai_api_key": fake.api_key,
        "openai_base_url": fake.base_url,
        "openai_timeout_seconds": 10,
    }


@dataclass
class Parts:
    """The real parts, each behind a proxy that can make it fail."""

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
    """Put proxies before the servers, and give the settings that go through them."""
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
            "redis_url": f"redis://{redis_proxy.host}:{redis_proxy.port}/0",
        }
        yield Parts(s3_proxy, mongo_proxy, redis_proxy, fake, settings)
