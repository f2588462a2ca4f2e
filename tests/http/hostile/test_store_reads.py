"""An object store that answers reads with something else."""

import gc
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from tests.attacks import Observe, attack
from tests.support.fake_openai import FakeOpenAI
from tests.support.servers.databases import MongoServer, RedisServer, S3Server
from tests.support.servers.s3_filter import S3Filter, S3Reply
from tests.support.servers.s3_lies import CHANGES, Change, mistaking, reading
from tests.support.service import Service, serving, settings_for, unused_parts

# botocore leaves truncated responses open.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

_REFUSED = "503 storage_unavailable, no-store; then the image"
_OBJECTS = {
    "image": ("images/{}.png", ""),
    "image of a variant": ("images/{}.png", "?w=64"),
    "original of a variant": ("originals/{}.png", "?w=512"),
    "sidecar of a variant": ("originals/{}.json", "?w=512"),
}


@dataclass
class Lying:
    """A service whose store can be made to answer incorrectly."""

    service: Service
    proxy: S3Filter
    ids: tuple[str, str]
    true: dict[str, bytes]

    def forget(self) -> None:
        """Empty all caches."""
        for image_id in self.ids:
            self.service.ports.cache.forget(image_id)

    def fetch(self, kind: str, *, which: int = 0) -> requests.Response:
        """Read an image or variant for which the store reads this kind of object."""
        return self.service.get(f"/images/{self.ids[which]}.png{_OBJECTS[kind][1]}")

    def key(self, kind: str, *, which: int = 0) -> str:
        """Return the key of the object."""
        return _OBJECTS[kind][0].format(self.ids[which])


@pytest.fixture(scope="module")
def lying(
    s3_server: S3Server,
    mongo_server: MongoServer,
    redis_server: RedisServer,
    fake_openai_server: FakeOpenAI,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lying]:
    """Serve two images from a store that can lie, through memory and Redis."""
    with (
        unused_parts(s3_server, mongo_server, redis_server, fake_openai_server) as parts,
        S3Filter(*parts.s3.target) as proxy,
    ):
        parts.s3.route_to(proxy.host, proxy.port)
        settings = parts.settings | {"image_provider": "offline"}
        folder = tmp_path_factory.mktemp("lying")
        with serving(settings_for(data_dir=folder, **settings)) as service:
            ids = tuple(
                service.generate(prompt).json()["filename"].removesuffix(".png")
                for prompt in ("A red fox", "A blue owl")
            )
            store = service.ports.store
            keys = [key.format(ids[0]) for key, _ in _OBJECTS.values()]
            yield Lying(
                service, proxy, (ids[0], ids[1]), {key: store.get(key).data for key in keys}
            )
            gc.collect()


def _check(lying: Lying, kind: str) -> str:
    """Return what a read gets while the store lies, and after that."""
    response, key = lying.fetch(kind), lying.key(kind)
    lying.proxy.lies = ()
    found = f"{response.status_code} {response.json()['code']}" if not response.ok else "200"
    found += f", {response.headers['Cache-Control']}; then "
    # Through the caches; rendering each variant again would take most of the time.
    is_true = lying.service.ports.store.get(key).data == lying.true[key]
    if kind == "image":
        is_true = is_true and lying.fetch(kind).content == lying.true[key]
    return found + ("the image" if is_true else "something else")


def _cases() -> Iterator[object]:
    for kind in _OBJECTS:
        for name, change in CHANGES.items():
            mark = attack(f"For the {kind}: {name}", expect=_REFUSED)
            yield pytest.param(kind, change, marks=mark, id=f"{kind}-{name}")


@pytest.mark.parametrize(("kind", "change"), [*_cases()])
def test_nothing_else_is_served_or_cached(
    lying: Lying, kind: str, change: Change, observe: Observe
) -> None:
    """Whatever else the store returns is neither served nor cached; the next read is right."""
    lying.forget()
    lying.proxy.lies = (reading(lying.key(kind), change),)
    observe(_check(lying, kind))


def _another(kind: str) -> object:
    return pytest.param(kind, marks=attack(f"For the {kind}: that of another", expect=_REFUSED))


@pytest.mark.parametrize("kind", [_another(kind) for kind in _OBJECTS])
@pytest.mark.parametrize("headers", ["all", "none"])
def test_another_object_is_not_served(
    lying: Lying, kind: str, headers: str, observe: Observe
) -> None:
    """An object of another image is refused, though it is complete and has the right type."""
    lying.forget()
    stored = lying.service.ports.store.store.get(lying.key(kind, which=1))  # type: ignore[attr-defined]  # reason: past the cache
    kept = {"content-type": stored.content_type, "last-modified": "Sun, 22 Nov 2026 11:00:00 GMT"}
    if headers == "all":
        kept["x-amz-meta-sha256"] = hashlib.sha256(stored.data).hexdigest()
        kept["x-amz-meta-key"] = lying.key(kind, which=1)
    lie = mistaking(lying.key(kind), lambda: S3Reply(200, kept, stored.data))
    lying.proxy.lies = (lie,)
    observe(_check(lying, kind))
