"""Enclosed areas in responses, and `holes` with their numbers."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from tests.support.http.variant_requests import decode_image, error_of
from tests.support.service import Service, serving, settings_for

PROMPT = "a bicycle"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Serve on embedded parts, for all tests of this module."""
    with serving(settings_for(data_dir=tmp_path_factory.mktemp("areas"))) as service:
        yield service


@pytest.fixture(scope="module")
def image(served: Service) -> dict[str, Any]:
    """Generate an image that has enclosed areas."""
    response: dict[str, Any] = served.generate(PROMPT).json()
    assert len(response["cutout"]["areas"]) >= 2
    return response


def opacity_of(served: Service, image: dict[str, Any], query: str, number: int) -> int:
    """Return the alpha of a variant at the point that the response calls an area's center."""
    variant = decode_image(served.get(f"/images/{image['filename']}?{query}")).convert("RGBA")
    x, y = image["cutout"]["areas"][number - 1]["center"]
    red_green_blue_alpha = variant.getpixel((int(x * variant.width), int(y * variant.height)))
    assert isinstance(red_green_blue_alpha, tuple)
    return int(red_green_blue_alpha[3])


def test_all_responses_list_the_areas(served: Service, image: dict[str, Any]) -> None:
    """Generation, metadata and list have the same report, as the schema describes it."""
    cutout = image["cutout"]
    numbers = [area["number"] for area in cutout["areas"]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert cutout["source"] == "cutout"
    metadata = served.get(f"/images/{image['filename']}/metadata").json()
    (listed,) = served.images()
    assert metadata["cutout"] == listed["cutout"] == cutout
    document = served.get("/openapi.json").json()
    schema = document["components"]["schemas"]["ImageResponse"]["properties"]["cutout"]
    assert {"areas", "source", "verdict"} <= schema["properties"].keys()
    jsonschema.validate(cutout, schema | {"components": document["components"]})


@pytest.mark.parametrize("side", [256, 600, 1024])
@pytest.mark.parametrize(("decision", "alpha"), [("keep", 255), ("cut", 0)])
def test_a_number_of_the_report_chooses_its_area(
    served: Service, image: dict[str, Any], side: int, decision: str, alpha: int
) -> None:
    """The pixel at the area's center is opaque or transparent as requested, at every size."""
    for area in image["cutout"]["areas"]:
        query = f"w={side}&holes={decision}:{area['number']}"
        assert opacity_of(served, image, query, area["number"]) == alpha
    as_stored = 255 if image["cutout"]["areas"][0]["decision"] == "keep" else 0
    assert opacity_of(served, image, f"w={side}", 1) == as_stored


def test_spellings_of_a_choice_are_one_variant(served: Service, image: dict[str, Any]) -> None:
    """Order and repetition of numbers and lists make no difference to the ETag."""
    path = f"/images/{image['filename']}"
    spellings = ("keep:2;cut:1", "cut:1;keep:2", "cut:1,1;keep:2,2", "cut:1%3Bkeep:2")
    etags = {served.get(f"{path}?holes={text}").headers["ETag"] for text in spellings}
    assert len(etags) == 1
    other = served.get(f"{path}?holes=keep:1").headers["ETag"]
    assert other not in etags


@pytest.mark.parametrize(
    ("holes", "message"),
    [
        ("keep:24", "Names area 24, but this image has "),
        ("keep:25", "Must name areas by numbers from 1 to 24."),
        ("keep:1;cut:1", "Can't both keep and cut area 1."),
        ("keep:", "Must be auto, keep, cut, or lists of areas such as keep:2,5;cut:1."),
        ("keep:1;keep:2", "Must be auto, keep, cut, or lists of areas such as keep:2,5;cut:1."),
    ],
)
def test_an_invalid_choice_is_named(
    served: Service, image: dict[str, Any], holes: str, message: str
) -> None:
    """400 states the form, the range, the contradiction, or which areas there are."""
    path = f"/images/{image['filename']}?holes={holes}"
    response = served.get(path)
    assert error_of(response) == (400, "invalid_request")
    (error,) = response.json()["errors"]
    assert error["field"] == "holes"
    assert error["message"].startswith(message)
    assert served.call("HEAD", path).status_code == 400
