"""The service below a path, behind proxies that remove the path and that leave it."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from tests.support.service import Service, serving, settings_for

HOST = {"Host": "proxy.example"}


class Links(HTMLParser):
    """Collects the values of attributes that are URLs."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, _tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Collect the URLs of a tag."""
        names = {"href", "src", "action", "data-description"}
        self.found += [value for name, value in attributes if name in names and value]


@pytest.fixture(
    scope="module",
    params=[
        ({"script_name": "/image-api"}, "/image-api"),
        ({"public_url": "https://proxy.example/a/b"}, "/a/b"),
        ({"public_url": "https://proxy.example", "script_name": "/image-api"}, "/image-api"),
        ({"public_url": "https://proxy.example/images"}, "/images"),
        ({"public_url": "https://proxy.example/docs", "script_name": "/inner"}, "/docs"),
    ],
    ids=lambda param: "-".join(param[0]) + param[1].replace("/", "_"),
)
def below_path(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Service, str, str]]:
    """Serve below a path; return the service, the path, and the base URL that clients see."""
    values, prefix = request.param
    data: dict[str, Any] = {"data_dir": tmp_path_factory.mktemp("data")}
    scheme = "https" if "public_url" in values else "http"
    with serving(settings_for(**values, **data)) as service:
        yield service, prefix, f"{scheme}://proxy.example{prefix}"


def test_links_of_pages_lead_below_the_path(below_path: tuple[Service, str, str]) -> None:
    """Each link of the studio and of the documentation is below the path, and works there."""
    service, prefix, _ = below_path
    tried: set[str] = set()
    for page in ("/", "/gallery", "/docs"):
        response = service.get(f"{prefix}{page}", headers=HOST)
        assert response.status_code == 200
        assert response.text == service.get(page, headers=HOST).text
        links = [urljoin(f"{prefix}{page}", link) for link in Links(response.text).found]
        links = [link for link in links if not link.startswith("data:")]
        assert len(links) > 3
        for link in set(links) - tried:
            assert link.startswith(f"{prefix}/")
            assert service.get(link, headers=HOST).status_code == 200, link
            bare = link.removeprefix(prefix)  # as a proxy sends it that removes the path
            assert service.get(bare, headers=HOST).status_code == 200, bare
        tried.update(links)


def test_scripts_use_relative_urls_only(below_path: tuple[Service, str, str]) -> None:
    """The studio's modules contain no URL that begins at the host's root."""
    service, prefix, _ = below_path
    main = next(
        link
        for link in Links(service.get(f"{prefix}/").text).found
        if link.endswith("create_page.js")
    )
    pending, seen = [main], set()
    while pending:
        link = pending.pop()
        seen.add(link)
        text = service.get(link).text
        assert not re.findall(r"""(?:call|request|fetch|blobOf)\(\s*["'`]/""", text), link
        imports = re.findall(r"""from "(\./[\w.]+)";""", text)
        pending += [url for url in (urljoin(link, one) for one in imports) if url not in seen]
    assert len(seen) > 10


def test_api_works_below_the_path_and_without_it(below_path: tuple[Service, str, str]) -> None:
    """URLs in responses and Location are below the path; both kinds of requests are served."""
    service, prefix, base_url = below_path
    for path in (prefix, ""):
        generated = service.call(
            "POST", f"{path}/generate-image", json={"prompt": f"A fox {path}"}, headers=HOST
        )
        image = generated.json()
        assert image["url"] == f"{base_url}/images/{image['filename']}"
        assert generated.headers["Location"] == image["url"]
        assert (
            service.get(f"{path}/images", headers=HOST).json()["images"][0]["url"] == image["url"]
        )
        fetched = service.get(f"{prefix}{urlsplit(image['url']).path.removeprefix(prefix)}")
        assert fetched.headers["Content-Type"] == "image/png"
        for name in ("/healthz", "/readyz", "/metrics", "/openapi.json"):
            assert service.get(path + name).status_code == 200, path + name
        cutout = service.call(
            "POST",
            f"{path}/images/{image['filename']}/cutouts",
            json={"holes": "cut"},
            headers=HOST,
        )
        assert cutout.headers["Location"].startswith(f"{base_url}/images/")


def test_replaced_image_redirects_below_the_path(below_path: tuple[Service, str, str]) -> None:
    """The redirect to a replacement leads below the path."""
    service, _, base_url = below_path
    name = service.generate("A boat").json()["filename"]
    body = {"shadow": "keep", "replace": True}
    replaced = service.call("POST", f"/images/{name}/cutouts", json=body, headers=HOST)
    assert replaced.status_code == 201, replaced.text
    redirect = service.get(f"/images/{name}", headers=HOST, allow_redirects=False)
    assert redirect.status_code == 308
    assert redirect.headers["Location"] == f"{base_url}/images/{replaced.json()['filename']}"


def test_path_without_a_slash_redirects_to_the_studio(
    below_path: tuple[Service, str, str],
) -> None:
    """The studio's relative URLs need the slash, so the query is kept and it is added."""
    service, prefix, _ = below_path
    redirect = service.get(f"{prefix}?a=1", headers=HOST, allow_redirects=False)
    if prefix in {"/images", "/docs"}:  # these are pages of the service without the path, too
        assert redirect.status_code in {400, 200}
        return
    assert (redirect.status_code, redirect.headers["Location"]) == (308, f"{prefix}/?a=1")


def test_other_paths_are_not_found(below_path: tuple[Service, str, str]) -> None:
    """The path is removed once, and only as whole segments."""
    service, prefix, _ = below_path
    for path in (f"{prefix}x/healthz", f"/x{prefix}/healthz", f"{prefix}{prefix}/healthz"):
        assert service.get(path).status_code == 404, path
