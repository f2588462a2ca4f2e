"""Faults of Redis, which no caller notices."""

from redis import Redis
from requests import Response

from tests.faults.row import OUTAGES, READY, SUCCESS, Again, ExpectedResponse, Row, Topic
from tests.faults.stage import KEY, Stage, fetch

_SOON = 2.0  # seconds, for a busy machine; a failure costs two times 40 ms at most


def _read(how: str) -> Row:
    def given(stage: Stage) -> None:
        stage.generate_image()
        getattr(stage.parts.redis, how)()

    return Row(
        what=f"Redis {OUTAGES[how]}, and an image is fetched",
        given=given,
        asks=fetch,
        response=ExpectedResponse(),
        paid=1,
        kept=READY,
        log=("cache is down",),
        also=_comes_soon_and_is_ready,
    )


def _comes_soon_and_is_ready(stage: Stage, response: Response) -> None:
    assert response.elapsed.total_seconds() < _SOON
    ready = stage.service.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["parts"]["cache"] == {"kind": "redis", "up": False, "required": False}


def _poisoned(stage: Stage) -> None:
    stage.generate_image()
    fetch(stage)
    with Redis(host=stage.parts.redis.host, port=stage.parts.redis.port) as redis:
        for name in redis.keys("*"):
            value = bytes(redis.hget(name, "image") or b"")
            redis.hset(name, "image", value[:-1] + bytes([value[-1] ^ 1]))


TOPIC = Topic(
    "Cache",
    (
        *(_read(how) for how in OUTAGES),
        Row(
            what="Redis is down, and an image is generated",
            given=lambda stage: stage.parts.redis.refuse(),
            asks=lambda stage: stage.generate(key=KEY),
            response=SUCCESS,
            paid=1,
            kept=READY,
        ),
        Row(
            what="Redis holds other bytes than were stored",
            given=_poisoned,
            asks=fetch,
            response=ExpectedResponse(),
            paid=1,
            kept=READY,
            again=Again(ExpectedResponse(), paid=1),
        ),
    ),
)
