"""Four thousand random queries get an image or a 400, never a server error."""

import io
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from werkzeug.test import EnvironBuilder

from app.imaging.variants.filters import FILTERS
from app.imaging.variants.variant import RANGES
from tests.support.http.variant_requests import CountingImaging, content_type_of, store_image
from tests.support.service import serving, settings_for

Request = Callable[[str], tuple[int, dict[str, str], bytes]]

_repeatable = settings(
    derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
_WIRE = {"width": "w", "height": "h"}


def _number(low: float, high: float) -> st.SearchStrategy[str]:
    return st.decimals(str(low), str(high), places=2).map(str)


def _parameter(name: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, str]]:
    return st.tuples(st.just(name), values)


_COLORS = st.sampled_from(["fff", "#f80", "00ff7f", "#123456"])
_NUMBERS = [
    _parameter(
        _WIRE.get(name, name),
        st.integers(int(r.low), int(r.high)).map(str) if r.whole else _number(r.low, r.high),
    )
    for name, r in RANGES.items()
]
_OTHERS = [
    _parameter("dpr", _number(1, 4)),
    _parameter("fit", st.sampled_from(["contain", "cover", "fill"])),
    _parameter("format", st.sampled_from(["png", "webp", "avif", "jpeg", "ico", "auto"])),
    _parameter("background", _COLORS | st.just("transparent")),
    _parameter("filter", st.sampled_from(sorted(FILTERS))),
    _parameter("filter", st.builds("blur:{}".format, _number(0.1, 64))),
    _parameter("filter", st.builds("duotone:{},{}".format, _COLORS, _COLORS)),
    _parameter("recolor", st.builds("{}:{}".format, _COLORS, _COLORS)),
    _parameter("rotate", st.sampled_from(["0", "90", "180", "270"])),
    _parameter("flip", st.sampled_from(["h", "v", "hv", ""])),
    _parameter("outline", st.builds("{},{}".format, _number(0, 64), _COLORS)),
    _parameter("shadow", st.builds("{},{},{}".format, *[_number(0, 64)] * 3)),
    _parameter("holes", st.sampled_from(["auto", "keep", "cut", "cut:1", "cut:2;keep:1"])),
    _parameter("cutout_shadow", st.sampled_from(["cut", "keep"])),
    _parameter("expires", st.integers(1, 10**11).map(str)),
]
_ODD = st.one_of(
    st.sampled_from(["nan", "inf", "-inf", "1e3", "-0", "٣", "1_0", "+1", " 1", "9" * 400]),
    st.lists(_number(-999, 9999) | _COLORS, max_size=6).map(",".join),
    st.text(max_size=6),
)
_NAMES = [*(_WIRE.get(name, name) for name in RANGES), *"dpr fit format filter sig x W".split()]
_INVALID = st.tuples(st.sampled_from([*_NAMES, "background", "outline", "shadow", "recolor"]), _ODD)
_PARTS = st.one_of(
    *(
        pairs.map(lambda pair: f"{pair[0]}={quote(pair[1], errors='replace')}")
        for pairs in (*_NUMBERS, *_OTHERS, _INVALID, _INVALID)
    ),
    st.just("format=svg"),
    st.text(alphabet="wh=&;%#+0519.,:\x00\xff", max_size=20),
)
_SMALL = st.lists(st.one_of(*_NUMBERS[2:], *_OTHERS[1:]), max_size=4).flatmap(
    lambda pairs: st.builds("w={}&h={}".format, st.integers(1, 80), st.integers(1, 80)).map(
        lambda size: "&".join([size, *(f"{name}={quote(text)}" for name, text in pairs)])
    )
)


def combinations(parts: list[str]) -> Iterator[str]:
    """Join each part with up to three that follow it, cyclically: ten parts give 40 queries."""
    ring = parts * 2
    for size in range(1, 5):
        yield from ("&".join(ring[start : start + size]) for start in range(len(parts)))


def requester(app: Flask, path: str) -> Request:
    """Return a function that requests the path with a query, faster than a test client."""
    environ = EnvironBuilder(path).get_environ()

    def request(query: str) -> tuple[int, dict[str, str], bytes]:
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
            started.extend([status, headers])

        body = app(environ | {"QUERY_STRING": query}, start_response)
        return int(started[0][:3]), dict(started[1]), b"".join(body)

    return request


@pytest.fixture(scope="module")
def fake_imaging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Request]:
    """Request variants from a service whose image processor computes nothing."""
    folder = tmp_path_factory.mktemp("fake")
    with serving(
        settings_for(data_dir=folder, log_level="ERROR"), image_processor=CountingImaging()
    ) as service:
        yield requester(service.app, store_image(service))


@pytest.fixture(scope="module")
def real_imaging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Request]:
    """Request variants from a service with the real image processor."""
    with serving(settings_for(data_dir=tmp_path_factory.mktemp("real"))) as service:
        yield requester(service.app, store_image(service))


@settings(_repeatable, max_examples=100)
@given(st.lists(_PARTS, min_size=10, max_size=10, unique=True))
def test_random_queries_never_fail_the_server(fake_imaging: Request, parts: list[str]) -> None:
    """Any query gets an image, or a 400 error that names fields."""
    for query in combinations(parts):
        status, _, body = fake_imaging(query)
        assert status in {200, 400}, query
        if status == 400:
            error = orjson.loads(body)
            assert (error["code"], bool(error["errors"])) == ("invalid_request", True)


@settings(_repeatable, max_examples=150)
@given(_SMALL)
def test_accepted_queries_return_an_image(real_imaging: Request, query: str) -> None:
    """Every 200 response decodes as an image of the declared type."""
    status, headers, body = real_imaging(query)
    assert status in {200, 400}, query
    if status == 200:
        with Image.open(io.BytesIO(body)) as image:
            image.load()
            assert headers["Content-Type"] == content_type_of(image)
