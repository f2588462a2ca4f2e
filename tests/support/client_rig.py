"""A service for the clients of clients/, whose connections and responses can be broken."""

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.fake_openai import FakeOpenAI
from tests.support.images.sample_images import encoded, owl
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.service import Service, openai_settings, serving, settings_for

HTML = ("text/html", b"<h1>A page of a proxy</h1>")


@dataclass
class Gateway:
    """WSGI middleware that responds to requests as scripted, like a proxy in front of a service."""

    app: Any
    script: deque[tuple[str, dict[str, str]]] = field(default_factory=deque)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Respond as scripted, or let the service respond."""
        if not self.script:
            return self.app(environ, start_response)
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        status, headers = self.script.popleft()
        content_type, body = HTML
        start_response(status, [("Content-Type", content_type), *headers.items()])
        return [body]


@dataclass
class Rig:
    """A service on a fake OpenAI server, behind a proxy and a gateway."""

    service: Service
    fake: FakeOpenAI
    proxy: FaultProxy
    gateway: Gateway

    @property
    def url(self) -> str:
        """The address of the proxy."""
        return f"http://{self.proxy.host}:{self.proxy.port}"

    def cut_when_held(self, pattern: bytes, *, forward: bool) -> None:
        """Reset the first connection whose request has the pattern, see FaultProxy.hold_at."""
        self.proxy.hold_at(pattern, forward=forward)
        self.afterwards(self.proxy.wait_until_held, self.proxy.pass_through)

    def afterwards(self, *steps: Callable[[], object]) -> None:
        """Run steps one after the other in a thread."""
        threading.Thread(target=lambda: [step() for step in steps], daemon=True).start()


@contextlib.contextmanager
def client_rig(fake: FakeOpenAI, data_dir: Path) -> Iterator[Rig]:
    """Serve on embedded parts and a fake OpenAI server, behind a proxy and a gateway."""
    fake.reset()
    fake.image = encoded(owl(256, 256))
    with serving(settings_for(data_dir=data_dir, **openai_settings(fake))) as service:
        host, _, port = service.url.removeprefix("http://").partition(":")
        gateway = Gateway(service.app.wsgi_app)
        service.app.wsgi_app = gateway  # type: ignore[method-assign]  # reason: as middleware is set
        with FaultProxy(host, int(port)) as proxy:
            yield Rig(service, fake, proxy, gateway)
    fake.reset()
