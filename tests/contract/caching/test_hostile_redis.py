"""Whatever a cache server or its settings do, the cache is only down: no caller notices."""

import contextlib
from datetime import UTC, datetime

import pytest

from app.models import Rate, StoredImage
from app.services.caching.image_cache import TwoLevelCache
from app.services.caching.redis import RedisCache
from app.services.rate_limiting.backend import redis_backend, sqlite_backend
from app.services.rate_limiting.limiter import SharedRateLimiter
from tests.support.observability.log_capture import log_lines
from tests.support.servers.canned_response import canned_server
from tests.support.servers.databases import RedisServer
from tests.support.tables import each_row

IMAGE = StoredImage(
    data=b"image", content_type="image/png", modified=datetime(2026, 11, 22, 12, tzinfo=UTC)
)
RATE = Rate(amount=5, seconds=60)

REPLIES = {
    "an integer": b":5\r\n",
    "a status": b"+OK\r\n",
    "no list": b"*-1\r\n",
    "an empty list": b"*0\r\n",
    "a shorter list": b"*1\r\n$-1\r\n",
    "integers": b"*2\r\n:1\r\n:2\r\n",
    "lists in a list": b"*2\r\n*0\r\n*1\r\n:1\r\n",
    "an integer for the generation": b"*2\r\n$-1\r\n:7\r\n",
    "a map of RESP3": b"%1\r\n$1\r\na\r\n$1\r\nb\r\n",
    "a null of RESP3": b"_\r\n",
    "a push of RESP3": b">2\r\n$10\r\ninvalidate\r\n*0\r\n",
    "an unknown type": b"?x\r\n",
    "an empty line": b"\r\n",
    "a page of HTML": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x46",
    "an unreadable number": b":five\r\n",
    "an unreadable length": b"$x\r\nab\r\n",
    "a negative length": b"$-7\r\n\r\n",
    "an error in Latin-1": b"-ERR \xe4\xff\r\n",
    "no authentication": b"-NOAUTH Authentication required.\r\n",
    "a wrong password": b"-WRONGPASS invalid username-password pair or user is disabled.\r\n",
    "no permission": b"-NOPERM this user has no permissions\r\n",
    "a value of another type": b"-WRONGTYPE Operation against a key holding the wrong kind\r\n",
    "a replica": b"-READONLY You can't write against a read only replica.\r\n",
    "a server that loads": b"-LOADING Redis is loading the dataset in memory\r\n",
    "another node": b"-MOVED 3999 127.0.0.1:1\r\n",
    "a cluster that is down": b"-CLUSTERDOWN The cluster is down\r\n",
    "too many clients": b"-ERR max number of clients reached\r\n",
    "an unknown command": b"-ERR unknown command 'HMGET'\r\n",
    "a full memory": b"-OOM command not allowed when used memory > 'maxmemory'.\r\n",
    "a busy script": b"-BUSY Redis is busy running a script\r\n",
    "a list that never ends": b"*1\r\n" * 10_000,
}
OPTIONS = (
    "socket_timeout=soon",
    "nonsense=1",
    "protocol=three",
    "max_connections=none",
    "client_name=a%20b",
    "ssl_cert_reqs=bogus",
    "encoding=no-such-codec",
    "retry_on_error=x",
    "parser_class=x",
)
URLS = (
    "redis://127.0.0.1:99999/0",
    "redis://[::1/0",
    "unix:///no/such/socket",
    "rediss://127.0.0.1:1/0?ssl_ca_certs=/no/such/file",
    "memcached://127.0.0.1:1",
    "",
)


def check(url: str) -> None:
    """Use a cache and a rate limit on this server, several times each."""
    with (
        contextlib.closing(RedisCache(url, rest_seconds=0)) as shared,
        contextlib.closing(TwoLevelCache(memory_bytes=0, shared=shared)) as cache,
        contextlib.closing(SharedRateLimiter([redis_backend(url)], sqlite_backend())) as limiter,
    ):
        for _ in range(3):
            assert cache.fetch("id", "image", lambda: IMAGE) == IMAGE
            cache.forget("id")
        shared.put("id", "image", IMAGE, generation=b"")
        assert cache.is_up() in {True, False}
        assert limiter.hit(RATE, "caller").allowed


@each_row("reply", REPLIES)
def test_replies_that_no_cache_sends(reply: str) -> None:
    """They are misses; images come from the store, and requests are counted elsewhere."""
    with canned_server(REPLIES[reply]) as server, log_lines() as lines:
        check(server.address.replace("http", "redis") + "/0?socket_timeout=5")
        assert not any(server.address.rpartition(":")[2] in line for line in lines)


@pytest.mark.parametrize("option", OPTIONS)
def test_options_that_no_client_accepts(redis_flushed: RedisServer, option: str) -> None:
    """A client that can't be created is a cache that is down."""
    check(f"{redis_flushed.url}?{option}")


@each_row("url", URLS)
def test_addresses_of_no_server(url: str) -> None:
    """Neither the address nor a missing file raises an error."""
    check(url)


def test_values_stay_bytes(redis_flushed: RedisServer) -> None:
    """An option that would decode images has no effect."""
    url = f"{redis_flushed.patient_url}&decode_responses=true"
    image = StoredImage(data=b"\x89PNG\xff", content_type="image/png", modified=IMAGE.modified)
    with contextlib.closing(RedisCache(url)) as cache:
        cache.put("id", "image", image, generation=cache.get("id", "image").generation)
        assert cache.get("id", "image").image == image
