"""Groups of candidates in the list, and the deletion of those that were not chosen."""

import uuid

import requests

from app.models import Scope
from tests.attacks import Observe, attack
from tests.support.http.authenticated_service import AuthenticatedService
from tests.support.service import Service
from tests.support.tables import each_row

ABSENT = str(uuid.UUID(int=0))


def generate(service: Service, n: int = 3) -> tuple[str, list[str]]:
    """Generate candidates; return their group and file names."""
    body = service.generate(n=n).json()
    return body["group"], [image["filename"] for image in body["images"]]


def listed(service: Service, query: str = "") -> set[str]:
    """Return the file names in the list."""
    images = service.get(f"/images{query}").json()["images"]
    return {image["filename"] for image in images}


def delete(service: Service, query: str) -> requests.Response:
    """Delete images of a group."""
    return service.call("DELETE", f"/images?{query}")


def test_the_list_shows_and_narrows_groups(service: Service) -> None:
    """Each candidate has its group in list and metadata; a single image has none."""
    group, names = generate(service)
    single = service.generate().json()
    assert single["group"] is None
    assert listed(service, f"?group={group}") == set(names)
    assert listed(service) == {*names, single["filename"]}
    for image in service.get(f"/images?group={group}").json()["images"]:
        assert image["group"] == group
        metadata = service.get(f"/images/{image['filename']}/metadata").json()
        assert metadata["group"] == group


def test_the_rest_of_a_group_is_deleted(service: Service) -> None:
    """Only images of the group are, and the response names them; a repetition deletes none."""
    group, names = generate(service)
    other = service.generate().json()["filename"]
    response = delete(service, f"group={group}&except={names[1]}")
    assert (response.status_code, set(response.json()["deleted"])) == (200, {names[0], names[2]})
    assert listed(service) == {names[1], other}
    assert service.get(f"/images/{names[0]}").status_code == 404
    assert delete(service, f"group={group}&except={names[1]}").json()["deleted"] == []
    assert delete(service, f"group={group}").json()["deleted"] == [names[1]]
    assert delete(service, f"group={group}").status_code == 404
    assert listed(service) == {other}


def test_several_images_are_kept(embedded: Service) -> None:
    """They are separated by commas or repeated."""
    for form in ("{}&except={}", "{},{}", "{}%2C+{}"):
        group, names = generate(embedded)
        kept = form.format(*names[:2])
        assert delete(embedded, f"group={group}&except={kept}").json()["deleted"] == [names[2]]


@each_row(
    "query",
    [
        *("", "except={name}", "group=", "group=x", "group={group}&except=x.png"),
        *("group={group}&except=", "group={group}&except={name},", "group={group}&except=,"),
        *("group={group}&except={name}&q=fox", "group={group}&group={group}"),
        f"group={{group}}&except={ABSENT}.png",
        f"group={{group}}&except={{name}}&except={ABSENT}.png",
    ],
)
def test_a_doubtful_deletion_deletes_nothing(shared_embedded: Service, query: str) -> None:
    """A missing group, an empty `except` and an image that is not in the group are 400."""
    group, names = generate(shared_embedded, 2)
    response = delete(shared_embedded, query.format(group=group, name=names[0]))
    assert (response.status_code, response.json()["code"]) == (400, "invalid_request")
    assert set(names) <= listed(shared_embedded, f"?group={group}")


@attack("Another caller's group of candidates: list and deletion", expect="404 image_not_found")
def test_a_foreign_group_looks_absent(auth_service: AuthenticatedService, observe: Observe) -> None:
    """It lists nothing and is deleted as an absent one is: with 404, and nothing changes."""
    alice, bob = (auth_service.create_key(name, frozenset(Scope)) for name in ("alice", "bob"))
    body = {"prompt": "A red fox", "n": 2}
    made = auth_service.call("POST", "/generate-image", alice, json=body).json()
    group, headers = made["group"], {"X-Request-ID": "same"}
    assert auth_service.get(f"/images?group={group}", bob).json()["images"] == []
    for suffix in ("", f"&except={made['images'][0]['filename']}"):
        foreign, absent = (
            auth_service.call("DELETE", f"/images?group={one}{suffix}", bob, headers=headers)
            for one in (group, ABSENT)
        )
        observe(foreign)
        assert foreign.content == absent.content
    assert auth_service.get(f"/images?group={group}", alice).json()["total_images"] == 2
    reader = auth_service.create_key("reader", frozenset({Scope.READ}))
    assert auth_service.call("DELETE", f"/images?group={group}", reader).status_code == 403


@attack("The idempotency key of another caller's candidates", expect="200")
def test_a_foreign_key_replays_nothing(
    auth_service: AuthenticatedService, observe: Observe
) -> None:
    """The same key of two callers is two groups."""
    body, headers = {"prompt": "A red fox", "n": 2}, {"Idempotency-Key": "one"}
    groups = set()
    for name in ("alice", "bob"):
        key = auth_service.create_key(name)
        response = auth_service.call("POST", "/generate-image", key, json=body, headers=headers)
        assert "Idempotency-Replayed" not in response.headers
        groups.add(response.json()["group"])
    observe(response)
    assert len(groups) == 2


def test_rebuilt_records_keep_their_group(embedded: Service) -> None:
    """After all records are lost and rebuilt from the sidecars, the group is what it was."""
    group, names = generate(embedded, 2)
    records = embedded.ports.records
    for record in records.scan(limit=9):
        records.delete(record.id)
    assert listed(embedded, f"?group={group}") == set()
    command = ["images", "reconcile", "--fix", "--json"]
    assert embedded.app.test_cli_runner().invoke(args=command).exit_code == 0
    assert listed(embedded, f"?group={group}") == set(names)
