"""Faults of Redis, which no caller notices."""

from redis import Redis
from requests import Response

from tests.faults.points import KEY
from tests.faults.rig import Rig, fetch
from tests.faults.row import OUTAGES, READY, SUCCESS, ExpectedResponse, Repeat, Row, Topic

_MAX_SECONDS = 25  # for a busy machine; a failure costs 40 ms, twice at most


def _read(how: str) -> Row:
    def cause(rig: Rig) -> None:
        rig.generate_image()
        getattr(rig.parts.redis, how)()

    return Row(
        name=f"Redis {OUTAGES[how]}, and an image is fetched",
        cause=cause,
        send=fetch,
        response=ExpectedResponse(),
        paid=1,
        stored=READY,
        log=("cache is down",),
        check=_comes_soon_and_is_ready,
    )


def _comes_soon_and_is_ready(rig: Rig, response: Response) -> None:
    assert response.elapsed.total_seconds() < _MAX_SECONDS
    ready = rig.service.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["parts"]["cache"] == {"kind": "redis", "up": False, "required": False}


def _poisoned(rig: Rig) -> None:
    rig.generate_image()
    fetch(rig)
    with Redis(host=rig.parts.redis.host, port=rig.parts.redis.port) as redis:
        for name in redis.keys("*"):
            value = bytes(redis.hget(name, "image") or b"")
            redis.hset(name, "image", value[:-1] + bytes([value[-1] ^ 1]))


TOPIC = Topic(
    "Cache",
    (
        *(_read(how) for how in OUTAGES),
        Row(
            name="Redis is down, and an image is generated",
            cause=lambda rig: rig.parts.redis.refuse(),
            send=lambda rig: rig.generate(key=KEY),
            response=SUCCESS,
            paid=1,
            stored=READY,
        ),
        Row(
            name="Redis holds other bytes than were stored",
            cause=_poisoned,
            send=fetch,
            response=ExpectedResponse(),
            paid=1,
            stored=READY,
            repeat=Repeat(ExpectedResponse(), paid=1),
        ),
    ),
)
