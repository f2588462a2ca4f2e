"""Parameters that others add to the URL of an image: mail programs, networks, cache busters."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.http.variant_requests import CountingImaging, error_of, store_image
from tests.support.service import Service, serving, settings_for

FOREIGN = [
    "fbclid=IwAR0x",
    "gclid=Cj0K&gclid=EAIa",
    "utm_source=news&utm_medium=email&utm_campaign=a%20b",
    "mc_cid=1&mc_eid=UNIQUE",
    "msclkid=1&_ga=2.1&ref",
    "v=3&t=1700000000",
    "%FF=%00&=&;",
    "w=&fbclid=1",
    "utm_source=" + "x" * 600,
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Serve variants that have to be signed."""
    settings = settings_for(
        data_dir=tmp_path_factory.mktemp("data"), variant_signing_keys="secret-" * 5
    )
    with serving(settings, image_processor=CountingImaging()) as running:
        yield running


@pytest.fixture(scope="module")
def path(service: Service) -> str:
    """Return the path of a stored image."""
    return store_image(service)


@pytest.mark.parametrize("query", FOREIGN)
@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-"}], ids=["middleware", "view"])
def test_foreign_parameters_are_ignored(
    service: Service, path: str, query: str, headers: dict[str, str]
) -> None:
    """The response is that of the image itself, with its ETag and its cache policy."""
    plain, found = (service.get(url, headers=headers) for url in (path, f"{path}?{query}"))
    assert (found.status_code, found.content) == (plain.status_code, plain.content)
    for name in ("ETag", "Cache-Control", "Content-Type", "Last-Modified"):
        assert found.headers[name] == plain.headers[name]


@pytest.mark.parametrize("query", FOREIGN[:3])
def test_foreign_parameters_are_revalidated_as_the_image(
    service: Service, path: str, query: str
) -> None:
    """A cache that has the image under one URL needs no bytes for another."""
    etag = service.get(path).headers["ETag"]
    response = service.get(f"{path}?{query}", headers={"If-None-Match": etag})
    assert (response.status_code, response.content) == (304, b"")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("w=64&fbclid=1", "fbclid"),
        ("utm_source=a&format=webp", "utm_source"),
        ("sig=abc&gclid=1", "gclid"),
        ("expires=99999999999&fbclid=1", "fbclid"),
        ("filter=sepia&ref=x", "ref"),
        ("width=64", "width"),
        ("W=64", "W"),
        ("%20w=64", " w"),
        ("w[]=64", "w[]"),
        ("blur=2", "blur"),
        ("sepia", None),
    ],
)
def test_parameters_of_a_variant_are_strict(
    service: Service, path: str, query: str, field: str | None
) -> None:
    """Next to variant parameters, unknown ones are 400, and so are names that resemble them."""
    response = service.get(f"{path}?{query}")
    if field is None:  # an empty value counts as absent
        assert response.status_code == 200
        return
    assert error_of(response) == (400, "invalid_request")
    assert [problem["field"] for problem in response.json()["errors"]] == [field]


def test_foreign_parameters_give_no_variant_without_a_signature(
    service: Service, path: str
) -> None:
    """Signatures are checked whenever a variant is asked for."""
    assert error_of(service.get(f"{path}?w=64")) == (403, "signature_required")
    assert service.get(f"{path}?fbclid=64").status_code == 200


def test_a_missing_image_stays_missing(tmp_path: Path) -> None:
    """An image that is missing is 404 with foreign parameters, too."""
    with serving(settings_for(data_dir=tmp_path)) as service:
        absent = "/images/00000000-0000-4000-8000-000000000000.png"
        assert error_of(service.get(f"{absent}?fbclid=1")) == (404, "image_not_found")
