"""What goes wrong at Redis: nobody notices."""

from redis import Redis
from requests import Response

from tests.faults.row import HOW, MADE, READY, Again, Answer, Row, Topic
from tests.faults.stage import KEY, Stage, fetch

_SOON = 2.0  # seconds, for a busy machine; a failure costs two times 40 ms at most


def _read(how: str) -> Row:
    def given(stage: Stage) -> None:
        stage.draw()
        getattr(stage.parts.redis, how)()

    return Row(
        what=f"Redis {HOW[how]}, and an image is fetched",
        given=given,
        asks=fetch,
        answer=Answer(),
        paid=1,
        kept=READY,
        log=("cache is down",),
        also=_comes_soon_and_is_ready,
    )


def _comes_soon_and_is_ready(stage: Stage, answer: Response) -> None:
    assert answer.elapsed.total_seconds() < _SOON
    ready = stage.service.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["parts"]["cache"] == {"kind": "redis", "up": False, "required": False}


def _poisoned(stage: Stage) -> None:
    stage.draw()
    fetch(stage)
    with Redis(host=stage.parts.redis.host, port=stage.parts.redis.port) as redis:
        for name in redis.keys("*"):
            value = bytes(redis.hget(name, "image") or b"")
            redis.hset(name, "image", value[:-1] + bytes([value[-1] ^ 1]))


TOPIC = Topic(
    "Cache",
    (
        *(_read(how) for how in HOW),
        Row(
            what="Redis is down, and an image is generated",
            given=lambda stage: stage.parts.redis.refuse(),
            asks=lambda stage: stage.generate(key=KEY),
            answer=MADE,
            paid=1,
            kept=READY,
        ),
        Row(
            what="Redis holds something else than was put there",
            given=_poisoned,
            asks=fetch,
            answer=Answer(),
            paid=1,
            kept=READY,
            again=Again(Answer(), paid=1),
        ),
    ),
)
