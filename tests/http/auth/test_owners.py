"""Callers with API keys can list, read and delete their own images only."""

import uuid

from app.models import Scope
from tests.attacks import Observe, attack
from tests.support.http.authenticated_service import AuthenticatedService

ABSENT = f"/images/{uuid.UUID(int=0)}.png"


def create_image(auth_service: AuthenticatedService, key: str) -> str:
    """Generate an image at a time of its own and return its path."""
    auth_service.clock.advance(1)
    return auth_service.create_image(key)


def test_cursor_of_another_caller_reveals_nothing(auth_service: AuthenticatedService) -> None:
    """A cursor is a position in time; used by another caller, it continues in their own list."""
    alice, bob = auth_service.create_key("alice"), auth_service.create_key("bob")
    create_image(auth_service, bob)
    of_bob = create_image(auth_service, bob)
    for _ in range(2):
        create_image(auth_service, alice)
    cursor = auth_service.get("/images?limit=1", alice).json()["next_cursor"]
    images = auth_service.get(f"/images?limit=1&cursor={cursor}", bob).json()["images"]
    assert [f"/images/{image['filename']}" for image in images] == [of_bob]


@attack(
    "Another caller's image: metadata, files, tags, cutout, edit, lineage, restore and deletion",
    expect="404 image_not_found",
)
def test_foreign_image_looks_absent(auth_service: AuthenticatedService, observe: Observe) -> None:
    """Every request responds as for an absent image, with all scopes; nothing is changed."""
    alice, bob = auth_service.create_key("alice"), auth_service.create_key("bob", frozenset(Scope))
    image = auth_service.create_image(alice)
    headers = {"X-Request-ID": "same"}
    cutout = {"holes": "keep", "replace": True}
    for method, suffix, body in (
        ("GET", "/metadata", None),
        ("GET", "/original", None),
        ("GET", "/mask", None),
        ("POST", "/cutouts", cutout),
        ("POST", "/edits", {"prompt": "Make it blue"}),
        ("GET", "/lineage", None),
        ("PATCH", "", {"tags": ["mine"], "starred": True}),
        ("POST", "/restore", None),
        ("DELETE", "", None),
    ):
        foreign = auth_service.call(method, image + suffix, bob, headers=headers, json=body)
        absent = auth_service.call(method, ABSENT + suffix, bob, headers=headers, json=body)
        observe(foreign)
        assert foreign.content == absent.content
    assert auth_service.get(f"{image}/metadata", alice).json()["tags"] == []
    assert auth_service.get(image).status_code == 200
    assert auth_service.call("DELETE", image, alice).status_code == 204
    assert auth_service.get(f"{image}/metadata", alice).status_code == 404


def test_list_contains_the_callers_own_images_only(auth_service: AuthenticatedService) -> None:
    """Records, totals, search and cursors cover the caller's own images, also if cached."""
    alice, bob, carol = (auth_service.create_key(name) for name in ("alice", "bob", "carol"))
    of_alice, of_bob = (
        sorted(auth_service.create_image(alice) for _ in range(3)),
        [auth_service.create_image(bob)],
    )
    (bob_id,) = [key.id for key in auth_service.api_keys.list() if key.name == "bob"]

    def listed(key: str, query: str = "") -> tuple[list[str], int]:
        body = auth_service.get(f"/images{query}", key).json()
        paths = sorted(f"/images/{image['filename']}" for image in body["images"])
        return paths, body["total_images"]

    for _ in range(2):
        for query in ("", "?q=fox"):
            assert listed(alice, query) == (of_alice, 3)
            assert listed(bob, query) == (of_bob, 1)
            assert listed(carol, query) == ([], 0)
        assert listed(alice, f"?q=owner:{bob_id}") == ([], 0)
    cursor = auth_service.get("/images?limit=1", alice).json()["next_cursor"]
    assert listed(bob, f"?cursor={cursor}")[1] == 1
    assert not set(listed(bob, f"?cursor={cursor}")[0]) & set(of_alice)


def test_rebuilt_records_keep_their_owner(
    auth_service: AuthenticatedService,
) -> None:
    """After all records are lost and rebuilt, each caller has their own images again."""
    alice, bob = auth_service.create_key("alice"), auth_service.create_key("bob")
    of_alice, of_bob = create_image(auth_service, alice), create_image(auth_service, bob)
    records = auth_service.service.ports.records
    for record in records.scan(limit=9):
        records.delete(record.id)
    assert auth_service.get("/images", alice).json()["total_images"] == 0
    command = ["images", "reconcile", "--fix", "--json"]
    assert auth_service.service.app.test_cli_runner().invoke(args=command).exit_code == 0
    for key, own, others in ((alice, of_alice, of_bob), (bob, of_bob, of_alice)):
        body = auth_service.get("/images", key).json()
        assert [f"/images/{image['filename']}" for image in body["images"]] == [own]
        assert body["total_images"] == 1
        assert auth_service.get(f"{own}/metadata", key).status_code == 200
        assert auth_service.get(f"{others}/metadata", key).status_code == 404


@attack("Another caller's image as reference or mask of an edit", expect="404 image_not_found")
def test_foreign_inputs_look_absent(auth_service: AuthenticatedService, observe: Observe) -> None:
    """An edit of an own image can't use those of others, and its lineage does not show them."""
    alice, bob = auth_service.create_key("alice"), auth_service.create_key("bob", frozenset(Scope))
    foreign = auth_service.create_image(alice).rpartition("/")[2]
    own = auth_service.create_image(bob)
    headers = {"X-Request-ID": "same"}
    for field in ("images", "mask"):
        found = []
        for name in (foreign, ABSENT.rpartition("/")[2]):
            body = {"prompt": "x", field: [name] if field == "images" else name}
            response = auth_service.call("POST", f"{own}/edits", bob, headers=headers, json=body)
            found.append(response.content)
            observe(response)
        assert found[0] == found[1]
