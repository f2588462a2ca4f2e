from hypothesis import given
from hypothesis import strategies as st

from app.http.content_negotiation import preferred
from tests.support.tables import each_row

AVIF, WEBP, PNG = TYPES = ("image/avif", "image/webp", "image/png")


@each_row(
    "accept, type_",
    [
        ("", PNG),
        ("*/*", PNG),
        ("image/*", PNG),
        ("text/html", PNG),
        ("image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", AVIF),
        ("image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", WEBP),
        ("IMAGE/WEBP", WEBP),
        ("image/png, image/webp, image/avif", AVIF),
        ("image/avif;q=0.5, image/webp;q=0.9, image/png;q=0.7", WEBP),
        ("image/webp;q=0.5,*/*;q=0.8", PNG),
        ("image/webp;q=0.5,image/*;q=0.4,*/*", WEBP),
        ("image/webp;q=0.5,image/png;q=0.1,image/*", WEBP),
        ("image/avif;q=0,image/webp;q=0.001", WEBP),
        ("image/avif;q=0", PNG),
        ("image/avif; q=1.000 , image/webp", AVIF),
        ("image/avif;v=b3;q=0.2,image/webp;q=0.3", WEBP),
        ("image/avif;q=2,image/webp;q=0.1", WEBP),
        ("image/avif;q=nan,image/webp;q=0.1", WEBP),
        ("image/avif;q=1e0,image/webp;q=0.1", WEBP),
        (",;,;q=,image/webp;", WEBP),
    ],
)
def test_highest_weight_wins_then_smallest_format(accept: str, type_: str) -> None:
    """The highest weight wins, then the smaller format; wildcards alone mean PNG."""
    assert preferred(accept, TYPES) == type_


@given(st.text(alphabet="imageavifwbpn/*;q=0.15, \x00é", max_size=60) | st.text(max_size=2000))
def test_any_header_selects_a_format(accept: str) -> None:
    """Even a malformed header selects one of the formats."""
    assert preferred(accept, TYPES) in TYPES
