"""Ten thousand random queries: an image or a clear refusal, never a failure of the server."""

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
from tests.support.http.variant_requests import CountingImaging, store_image
from tests.support.service import serving, settings_for

Ask = Callable[[str], tuple[int, dict[str, str], bytes]]

_repeatable = settings(
    derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
_WIRE = {"width": "w", "height": "h"}


def _number(low: float, high: float) -> st.SearchStrategy[str]:
    return st.decimals(str(low), str(high), places=2).map(str)


def _given(name: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, str]]:
    return st.tuples(st.just(name), values)


_COLORS = st.sampled_from(["fff", "#f80", "00ff7f", "#123456"])
_NUMBERS = [
    _given(
        _WIRE.get(name, name),
        st.integers(int(r.low), int(r.high)).map(str) if r.whole else _number(r.low, r.high),
    )
    for name, r in RANGES.items()
]
_OTHERS = [
    _given("dpr", _number(1, 4)),
    _given("fit", st.sampled_from(["contain", "cover", "fill"])),
    _given("format", st.sampled_from(["png", "webp", "avif", "jpeg", "auto"])),
    _given("background", _COLORS | st.just("transparent")),
    _given("filter", st.sampled_from(sorted(FILTERS))),
    _given("filter", st.builds("blur:{}".format, _number(0.1, 64))),
    _given("filter", st.builds("duotone:{},{}".format, _COLORS, _COLORS)),
    _given("rotate", st.sampled_from(["0", "90", "180", "270"])),
    _given("flip", st.sampled_from(["h", "v", "hv", ""])),
    _given("outline", st.builds("{},{}".format, _number(0, 64), _COLORS)),
    _given("shadow", st.builds("{},{},{}".format, *[_number(0, 64)] * 3)),
    _given("holes", st.sampled_from(["auto", "keep", "cut"])),
    _given("expires", st.integers(1, 10**11).map(str)),
]
_ODD = st.one_of(
    st.sampled_from(["nan", "inf", "-inf", "1e3", "-0", "٣", "1_0", "+1", " 1", "9" * 400]),
    st.lists(_number(-999, 9999) | _COLORS, max_size=6).map(",".join),
    st.text(max_size=6),
)
_NAMES = [*(_WIRE.get(name, name) for name in RANGES), *"dpr fit format filter sig x W".split()]
_WRONG = st.tuples(st.sampled_from([*_NAMES, "background", "outline", "shadow"]), _ODD)
_PARTS = st.one_of(
    *(
        pairs.map(lambda pair: f"{pair[0]}={quote(pair[1], errors='replace')}")
        for pairs in (*_NUMBERS, *_OTHERS, _WRONG, _WRONG)
    ),
    st.text(alphabet="wh=&;%#+0519.,:\x00\xff", max_size=20),
)
_SMALL = st.lists(st.one_of(*_NUMBERS[2:], *_OTHERS[1:]), max_size=4).flatmap(
    lambda pairs: st.builds("w={}&h={}".format, st.integers(1, 80), st.integers(1, 80)).map(
        lambda size: "&".join([size, *(f"{name}={quote(text)}" for name, text in pairs)])
    )
)


def runs(parts: list[str]) -> Iterator[str]:
    """Join each part to up to three that follow, in a ring: forty queries of ten parts."""
    ring = parts * 2
    for size in range(1, 5):
        yield from ("&".join(ring[at : at + size]) for at in range(len(parts)))


def asking(app: Flask, path: str) -> Ask:
    """Return what gets this path with a query; a test client would take most of the time."""
    environ = EnvironBuilder(path).get_environ()

    def ask(query: str) -> tuple[int, dict[str, str], bytes]:
        answered: list[Any] = []
        asked = environ | {"QUERY_STRING": query}
        body = app(asked, lambda status, headers, _=None: answered.extend([status, headers]))  # type: ignore[arg-type]  # reason: nobody writes by it
        return int(answered[0][:3]), dict(answered[1]), b"".join(body)

    return ask


@pytest.fixture(scope="module")
def cheap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Ask a service whose imaging computes nothing."""
    folder = tmp_path_factory.mktemp("cheap")
    with serving(
        settings_for(data_dir=folder, log_level="ERROR"), imaging=CountingImaging()
    ) as one:
        yield asking(one.app, store_image(one))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Ask a service with the real imaging."""
    with serving(settings_for(data_dir=tmp_path_factory.mktemp("whole"))) as one:
        yield asking(one.app, store_image(one))


@settings(_repeatable, max_examples=250)
@given(st.lists(_PARTS, min_size=10, max_size=10, unique=True))
def test_ten_thousand_queries_never_break_the_server(cheap: Ask, parts: list[str]) -> None:
    """Whatever is asked, the answer is an image, or 400 in the one shape with names."""
    for query in runs(parts):
        status, _, body = cheap(query)
        assert status in {200, 400}, query
        if status == 400:
            error_of = orjson.loads(body)
            assert (error_of["code"], bool(error_of["errors"])) == ("invalid_request", True)


@settings(_repeatable, max_examples=150)
@given(_SMALL)
def test_what_is_accepted_is_an_image(whole: Ask, query: str) -> None:
    """Every variant that is accepted decodes, in the type that its header says."""
    status, headers, body = whole(query)
    assert status in {200, 400}, query
    if status == 200:
        with Image.open(io.BytesIO(body)) as image:
            image.load()
            assert headers["Content-Type"] == f"image/{image.format}".lower()
