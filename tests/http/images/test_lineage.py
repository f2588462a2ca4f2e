"""GET /images/<filename>/lineage: the parents of an image, and what was made from it."""

from typing import Any

from tests.http.generation.test_edits import ABSENT, create, edit
from tests.support.service import Service


def lineage(service: Service, name: str, query: str = "") -> dict[str, Any]:
    """Return the lineage of an image."""
    response = service.get(f"/images/{name}/lineage{query}")
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def names(images: list[dict[str, Any]]) -> list[str]:
    """Return the file names of images."""
    return [image["filename"] for image in images]


def test_lineage_leads_up_and_down(service: Service) -> None:
    """Edits and cutouts are children; a page has the newest; deleted parents are left out."""
    first, hat = create(service), create(service, "A hat")
    edited = edit(service, first, images=[hat]).json()["filename"]
    again = edit(service, edited).json()["filename"]
    cut = service.call("POST", f"/images/{first}/cutouts", json={"holes": "keep"}).json()
    assert cut["parents"] == [first]
    top = lineage(service, first)
    assert names(top["images"]) == [cut["filename"], edited]
    assert (top["parents"], top["root"], top["total_images"]) == ([], None, 2)
    older = lineage(
        service, first, f"?limit=1&cursor={lineage(service, first, '?limit=1')['next_cursor']}"
    )
    assert names(older["images"]) == names(lineage(service, first, "?limit=1&page=2")["images"])
    assert names(older["images"]) == [edited]
    assert names(lineage(service, hat)["images"]) == [edited]
    middle = lineage(service, edited)
    assert (names(middle["parents"]), names(middle["images"])) == ([first, hat], [again])
    listed = service.get(f"/images?root={first}").json()
    assert names(listed["images"]) == [cut["filename"], again, edited]
    assert service.call("DELETE", f"/images/{first}").status_code == 204
    kept = lineage(service, edited)
    assert (kept["root"], names(kept["parents"])) == (first, [hat])
    assert service.get(f"/images/{edited}/metadata").json()["parents"] == [first, hat]
    assert service.get(f"/images/{first}/lineage").status_code == 404
    assert service.get(f"/images/{ABSENT}/lineage").status_code == 404


def test_lineage_is_rebuilt_from_the_sidecars(embedded: Service) -> None:
    """A lost record gets its parents and root back, and is listed as a child again."""
    first = create(embedded)
    edited = edit(embedded, first).json()["filename"]
    embedded.ports.records.delete(edited.removesuffix(".png"))
    assert lineage(embedded, first)["images"] == []
    result = embedded.app.test_cli_runner().invoke(args=["images", "reconcile", "--fix"])
    assert result.exit_code == 0, result.output
    rebuilt = lineage(embedded, edited)
    assert (rebuilt["root"], names(rebuilt["parents"])) == (first, [first])
    assert names(lineage(embedded, first)["images"]) == [edited]
