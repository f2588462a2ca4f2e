"""Addresses of variants as the clients write and sign them."""

import random
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from app.blueprints.variant_query import read_variant_request
from app.http.url_signing import Signer
from app.services.runtime.timing import SystemClock
from tests.support.client_packages import Driver
from tests.support.tables import each_row

KEY, URL = "signing-key-" * 3, "http://localhost:5000"
IMAGE_ID = "500e1665-0b52-4734-9ec8-c7241187276b"
Parameters = dict[str, Any]
KNOWN: list[Parameters] = [
    {},
    {"w": 256, "h": 256, "format": "png", "quality": 90, "brightness": 1, "rotate": 0},
    {"w": 512, "format": "webp", "quality": 85},
    {"h": 100, "dpr": 1.5, "format": "auto"},
    {"format": "auto", "quality": 65},
    {"format": "ico", "quality": 65},
    {"format": "svg", "quality": 65, "w": 512},
    {"w": 300, "h": 200, "fit": "cover", "padding": 10, "dpr": 2},
    {"fit": "cover"},
    {"format": "jpeg", "background": "#FFF", "quality": 84},
    {"format": "jpeg", "background": "#ffcc00"},
    {"background": "transparent"},
    {"flip": "v"},
    {"flip": "hv", "rotate": 180},
    {"flip": "v", "rotate": 90},
    {"hue": -180, "gamma": 0.1, "sharpness": 1.0625, "contrast": 1.0005},
    {"hue": -0.0001, "saturation": 1.0015},
    {"filter": ["sepia", "blur:2.0005", "blur"], "dpr": 3},
    {"filter": "duotone:14E,#ffdc96"},
    {"filter": ["tint:f00", "posterize", "solarize:12", "pixelate", "opacity", "sharpen:0.5"]},
    {"outline": "8", "dpr": 1.25},
    {"outline": "0.0001,ff0000"},
    {"outline": [4, "00f"], "shadow": [0, -8.5, 6]},
    {"shadow": "0,8,12,000000,0.4", "dpr": 2},
    {"shadow": "1,1,1,123,0"},
    {"holes": "cut:3,1,3;keep:2", "cutout_shadow": "keep"},
    {"holes": "auto"},
    {"recolor": ["F00:#0f0", "123:124", "000:000"]},
    {"recolor": "336699:fc0"},
    {"recolor": ["f00:00f", "0f0:fff"]},
    {"recolor": "fff:#FFFFFF"},
    {"holes": "keep"},
    {"scale_from": 512, "w": 1024, "padding": 32, "outline": "8,ffffff", "filter": "blur"},
    {"scale_from": 512, "w": 300, "h": 40, "padding": 34, "shadow": "-3.0005,8,12"},
    {"scale_from": 2048, "w": 32, "filter": ["pixelate", "blur:3"], "outline": "0.001"},
    {"scale_from": 256, "padding": 20, "filter": "blur:2.0005"},
    {"scale_from": 300, "h": 200, "dpr": 1.5, "outline": "5", "shadow": "1,2,3", "padding": 9},
    {"w": 353, "h": 256},
    {"w": 256, "h": 353, "filter": "invert"},
]


def drawn_by_lot(rng: random.Random) -> Parameters:
    """Return parameters, most of them in unusual spellings."""
    color = f"{rng.randrange(1 << 24):06X}"
    every: Parameters = {
        "w": rng.randint(130, 500),
        "h": rng.randint(130, 500),
        "dpr": rng.choice([1, 1.333, 2, 2.5]),
        "scale_from": rng.choice([600, 777, 1024]),
        "fit": rng.choice(["contain", "cover", "fill"]),
        "format": rng.choice(["png", "webp", "avif", "auto"]),
        "quality": rng.randint(1, 100),
        "background": rng.choice(["#fff", color]),
        "padding": rng.randint(0, 60),
        "brightness": rng.randint(0, 64) / 16,
        "contrast": round(rng.uniform(0, 4), 6),
        "hue": round(rng.uniform(-180, 180), 4),
        "filter": rng.choice([["sepia:0.5"], [f"blur:{rng.uniform(1, 9):.5f}", "invert"]]),
        "rotate": rng.choice([0, 90, 180, 270]),
        "flip": rng.choice(["h", "v", "hv"]),
        "outline": f"{rng.uniform(0, 9):.5f},{color}",
        "shadow": f"{rng.randint(-9, 9)},{rng.uniform(-9, 9):.4f},3,{color},{rng.random():.4f}",
        "holes": rng.choice(["cut", "keep:7,2", "cut:9,1;keep:3"]),
    }
    return {name: every[name] for name in rng.sample(sorted(every), rng.randint(1, 9))}


RNG = random.Random(18)
DRAWN = [drawn_by_lot(RNG) for _ in range(100)]


def naive_query(parameters: Parameters) -> str:
    """Return the query with all values as they are given."""
    lists = {"filter", "recolor"}
    pairs = [
        (name, each if name in lists else _joined(each))
        for name, value in parameters.items()
        for each in ([value] if name not in lists or isinstance(value, str) else value)
    ]
    return urlencode([(name, str(text)) for name, text in pairs])


def _joined(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return f"{value:.6f}" if isinstance(value, float) else str(value)


@each_row("parameters", KNOWN + DRAWN)
def test_signature_and_spelling_are_those_of_the_service(
    driver: Driver, parameters: Parameters
) -> None:
    """The service finds the same variant in the client's query, and accepts its signature."""
    url = driver.call(
        URL,
        "variant_url",
        f"{IMAGE_ID}.png",
        client={"signing_key": KEY},
        expires_in=3600,
        **parameters,
    ).value
    address, wanted = urlsplit(url), read_variant_request(naive_query(parameters))
    written = read_variant_request(address.query)
    assert address.path == f"/images/{IMAGE_ID}.png"
    assert written.canonical == wanted.canonical
    if written.is_plain:
        assert not address.query
    else:
        signer = Signer((KEY,), SystemClock())
        remaining = signer.check(IMAGE_ID, wanted.canonical, written.signature)
        assert remaining is not None
        assert 3000 < remaining <= 3600


def test_each_variant_has_one_address(driver: Driver) -> None:
    """Order, spelling and defaults of the parameters make no difference."""
    spellings: list[Parameters] = [
        {"w": 512, "format": "webp", "filter": ["blur:2"]},
        {"filter": "blur", "quality": 85, "format": "webp", "h": 512.0},
        {"w": 256, "dpr": 2, "filter": "blur:1", "format": "webp", "brightness": 1},
    ]
    urls = {driver.call(URL, "variant_url", IMAGE_ID, **each).value for each in spellings}
    assert urls == {f"{URL}/images/{IMAGE_ID}?filter=blur:2&format=webp&h=512&w=512"}


@pytest.mark.parametrize(
    "parameters", [{"width": 64}, {"background": "red"}, {"filter": "glow"}, {"outline": "1,f,2"}]
)
def test_values_of_another_form_are_errors(driver: Driver, parameters: Parameters) -> None:
    """A parameter that can't be written is an error before anything is sent."""
    with pytest.raises((TypeError, ValueError)):
        driver.call(URL, "variant_url", f"{IMAGE_ID}.png", **parameters)
