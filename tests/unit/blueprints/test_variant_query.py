import contextlib
import hashlib
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.blueprints.variant_query import read_variant_request
from app.errors import InvalidRequest
from app.imaging import Filter, HoleChoice, Variant
from tests.support.tables import each_row


def variant_of(query: str) -> Variant:
    """Return the single variant that the query selects."""
    (option,) = read_variant_request(query).options
    return option.variant


def problems(query: str) -> dict[str, str]:
    """Return the error messages for the query by parameter."""
    with pytest.raises(InvalidRequest) as caught:
        read_variant_request(query)
    assert all(part in caught.value.message for part in ("not valid", "."))
    return {problem["field"]: problem["message"] for problem in caught.value.errors}


@each_row(
    "query, fields",
    [
        ("w=512", {"width": 512, "height": 512}),
        ("h=100", {"width": 100, "height": 100}),
        ("w=300&h=200&fit=cover", {"width": 300, "height": 200, "fit": "cover"}),
        ("dpr=2", {"width": 512, "height": 512}),
        ("w=101&dpr=1.5", {"width": 152, "height": 152}),
        ("format=jpeg&quality=70", {"format": "jpeg", "quality": 70}),
        ("background=%23ff8000", {"background": (255, 128, 0)}),
        ("background=FF8000", {"background": (255, 128, 0)}),
        ("background=f80", {"background": (255, 136, 0)}),
        ("background=transparent", {}),
        ("padding=10&dpr=2&w=200", {"width": 400, "height": 400, "padding": 20}),
        (
            "brightness=1.5&contrast=0&saturation=2",
            {"brightness": 1.5, "contrast": 0, "saturation": 2},
        ),
        ("hue=-90&gamma=2.2&sharpness=3", {"hue": -90, "gamma": 2.2, "sharpness": 3}),
        ("filter=sepia&filter=blur:3", {"filters": (Filter("sepia"), Filter("blur", (3,)))}),
        ("filter=blur:3&dpr=2&w=128", {"filters": (Filter("blur", (6,)),)}),
        ("rotate=90&flip=h", {"rotate": 90, "flip": "h"}),
        ("outline=4,%23ff0000", {"outline": (4, (255, 0, 0))}),
        ("outline=4&dpr=2&w=128", {"outline": (8, (255, 255, 255))}),
        ("shadow=1,2,3", {"shadow": (1, 2, 3, (0, 0, 0), 0.5)}),
        ("shadow=-1,2,3,123456,0.25&dpr=2&w=128", {"shadow": (-2, 4, 6, (18, 52, 86), 0.25)}),
        ("holes=cut", {"holes": HoleChoice("cut")}),
        ("holes=cut:1;keep:5,2", {"holes": HoleChoice(keep=(2, 5), cut=(1,))}),
        ("expires=4102444800&sig=abc", {}),
        ("w=&format=&filter=&sig=", {}),
    ],
)
def test_query_selects_a_variant(query: str, fields: dict[str, Any]) -> None:
    """Each parameter sets its field; `dpr` multiplies all lengths and nothing else."""
    assert variant_of(query) == Variant(**fields)


@each_row(
    "query, name, message",
    [
        ("w=0", "w", "1 to 2048"),
        ("w=2049", "w", "1 to 2048"),
        ("scale_from=255", "scale_from", "256 to 2048"),
        ("scale_from=300.5", "scale_from", "256 to 2048"),
        ("w=512&scale_from=256&outline=65", "outline", "0 to 64"),
        ("w=1024&scale_from=512&padding=256", "padding", "half of the shorter side"),
        ("h=-5", "h", "1 to 2048"),
        ("w=1.5", "w", "1 to 2048"),
        ("w=1e3", "w", "1 to 2048"),
        ("w=0x10", "w", "1 to 2048"),
        ("w=%201", "w", "1 to 2048"),
        ("w=+1", "w", "1 to 2048"),
        ("w=1_000", "w", "1 to 2048"),
        ("w=%D9%A1", "w", "1 to 2048"),
        ("w=%F1", "w", "1 to 2048"),
        ("w=1%00", "w", "1 to 2048"),
        ("w=1;h=2", "w", "1 to 2048"),
        ("brightness=nan", "brightness", "0 to 4"),
        ("brightness=inf", "brightness", "0 to 4"),
        ("contrast=4.01", "contrast", "0 to 4"),
        ("saturation=.5", "saturation", "0 to 4"),
        ("gamma=0", "gamma", "0.1 to 4"),
        ("hue=181", "hue", "-180 to 180"),
        ("sharpness=1,5", "sharpness", "0 to 4"),
        ("quality=101", "quality", "1 to 100"),
        ("padding=513", "padding", "0 to 512"),
        ("dpr=0.5", "dpr", "1 to 4"),
        ("dpr=5", "dpr", "1 to 4"),
        ("fit=inside", "fit", "'contain', 'cover' or 'fill'"),
        ("format=gif", "format", "'avif'"),
        ("format=PNG", "format", "'png'"),
        ("rotate=45", "rotate", "'270'"),
        ("flip=x", "flip", "'hv'"),
        ("holes=all", "holes", "keep:2,5;cut:1"),
        ("background=red", "background", "#rrggbb"),
        ("background=%23ff00", "background", "#rrggbb"),
        ("format=jpeg&background=transparent", "background", "JPEG has no transparency"),
        ("format=ico&w=47", "w", "at least 48 for an ICO"),
        ("format=ico&w=64&h=65", "h", "equal to w for an ICO"),
        ("recolor=f00:0f0,00f:fff", "recolor", "such as ff0000:00aa44"),
        ("recolor=f00:0f0&recolor=ff0000:00f", "recolor", "a color twice"),
        ("&".join(f"recolor=00{n}:fff" for n in range(9)), "recolor", "at most 8"),
        ("filter=vignette", "filter", "grayscale"),
        ("filter=blur:99", "filter", "0.1 to 64"),
        ("filter=blur:40&dpr=2", "filter", "multiplied by dpr"),
        ("&".join(["filter=sepia"] * 9), "filter", "8"),
        ("outline=65", "outline", "0 to 64"),
        ("outline=1,2,3", "outline", "such as 4,#ffffff"),
        ("shadow=1,2", "shadow", "such as 0,8,6,#000000,0.5"),
        ("shadow=1,2,3,000,2", "shadow", "0 to 1"),
        ("shadow=1,2,3,000,1,1", "shadow", "such as"),
        ("expires=0", "expires", "1"),
        ("expires=soon", "expires", "integer"),
        ("sig=" + "a" * 101, "sig", "100"),
        ("width=5", "width", "Unknown"),
        ("W=5", "W", "Unknown"),
        ("w%20=5", "w ", "Unknown"),
        ("w=1&w=2", "w", "Must not be repeated"),
        ("w=&w=2", "w", "Must not be repeated"),
        ("w=1&%77=1", "w", "Must not be repeated"),
        ("padding=128", "padding", "half of the shorter side"),
    ],
)
def test_errors_name_the_parameter_and_its_range(query: str, name: str, message: str) -> None:
    """The error for an invalid, unknown or repeated parameter names it and what is allowed."""
    assert message in problems(query)[name]


def test_error_for_a_side_too_large_after_dpr_names_both() -> None:
    """If a side is too large only because of `dpr`, the explicit sides and `dpr` are named."""
    assert set(problems("w=1024&h=10&dpr=2.5")) == {"w", "h", "dpr"}
    assert set(problems("h=600&dpr=4")) == {"h", "dpr"}
    assert "2048" in problems("h=600&dpr=4")["dpr"]


SPELLINGS = {
    "w": ["512", "512.0", "0512"],
    "h": ["300", "300.00"],
    "fit": ["cover"],
    "quality": ["70", "70.0"],
    "format": ["webp"],
    "background": ["#FF8800", "ff8800", "f80", "#F80"],
    "brightness": ["1.5", "1.50", "01.500"],
    "hue": ["-0.5", "-0.500"],
    "contrast": ["1", "1.0", ""],
    "outline": ["4,fff", "4.0,#FFFFFF", "4"],
    "shadow": ["1,2,3", "1,2,3.0,000,0.5"],
    "rotate": ["0", ""],
    "sig": ["", "abc"],
}


@st.composite
def spelled(draw: st.DrawFn) -> str:
    """Return the same query in any order and spelling, but with filters in order."""
    pairs = [(name, draw(st.sampled_from(texts))) for name, texts in SPELLINGS.items()]
    filters = [
        ("filter", draw(st.sampled_from(["blur", "blur:2", "blur:2.0"]))),
        ("filter", "sepia"),
    ]
    mixed = draw(st.permutations([*pairs, None, None]))
    rest = iter(filters)
    ordered = [pair or next(rest) for pair in mixed]
    return "&".join(
        f"{name}={quote(text, safe=draw(st.sampled_from(['', ',:'])))}" for name, text in ordered
    )


@given(spelled())
def test_all_spellings_select_the_same_variant(query: str) -> None:
    """Order, number and color notation, defaults and empty values make no difference."""
    request = read_variant_request(query)
    (option,) = request.options
    assert (
        request.canonical
        == option.canonical
        == (
            "background=ff8800&brightness=1.5&filter=blur:2&filter=sepia:1&fit=cover&format=webp"
            "&h=300&hue=-0.5&outline=4,ffffff&quality=70&shadow=1,2,3,000000,0.5&w=512"
        )
    )


def test_plain_image_has_no_canonical_text() -> None:
    """A query that changes nothing selects the plain image, with its ETag."""
    for query in ("w=256", "h=256&w=256&quality=50", "dpr=2&w=128", "rotate=180&flip=hv"):
        request = read_variant_request(query)
        assert (request.canonical, request.options[0].etag_suffix) == ("", "")


def test_different_variants_have_different_etags() -> None:
    """The ETag's suffix is 16 hex digits of the canonical text's SHA-256."""
    suffixes = {
        read_variant_request(query).options[0].etag_suffix
        for query in ("w=512", "w=513", "filter=sepia", "flip=h")
    }
    assert len(suffixes) == 4
    digest = hashlib.sha256(b"h=512&w=512").hexdigest()
    assert read_variant_request("w=512").options[0].etag_suffix == f"-{digest[:16]}"


def test_auto_has_an_option_per_format_and_one_canonical_text() -> None:
    """`format=auto` offers three formats; its signed text contains the quality for all."""
    request = read_variant_request("format=auto")
    assert [option.variant.format for option in request.options] == ["avif", "webp", "png"]
    texts = {
        read_variant_request(f"format=auto{quality}").canonical
        for quality in ("", "&quality=65", "&quality=85")
    }
    assert len(texts) == 3
    assert not texts & {
        read_variant_request(f"format={name}").canonical for name in ("avif", "webp", "png")
    }


def test_long_queries_are_not_cached() -> None:
    """Short queries are cached, long ones parsed each time, with equal results."""
    short, long = "w=512", "w=512" + "&filter=" * 100
    assert read_variant_request(short) is read_variant_request(short)
    assert read_variant_request(long) == read_variant_request(short)
    assert read_variant_request(long) is not read_variant_request(long)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*SPELLINGS, "filter", "dpr", "padding", "gamma", "expires", "x"]),
            st.one_of(
                st.text(max_size=8),
                st.from_regex(r"-?[0-9]{1,5}(\.[0-9]{1,3})?", fullmatch=True),
                st.sampled_from([text for texts in SPELLINGS.values() for text in texts]),
            ),
        ),
        max_size=5,
    )
)
def test_any_query_is_parsed_or_rejected(pairs: list[tuple[str, str]]) -> None:
    """Any query gives a VariantRequest or raises InvalidRequest."""
    query = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in pairs)
    with contextlib.suppress(InvalidRequest):
        assert read_variant_request(query).options
