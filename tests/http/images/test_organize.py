"""PATCH /images/<filename>, and lists that are narrowed by tags and stars."""

from pathlib import Path
from typing import Any

from app.models.object_keys import id_of_name, sidecar_key
from app.models.tags import MAX_TAG_CHARS, MAX_TAGS
from app.usecases.generation import sidecar
from tests.support.service import Service, serving, settings_for
from tests.support.tables import each_row

INVALID: dict[str, tuple[dict[str, Any], str]] = {
    "nothing to set": ({}, ""),
    "nulls only": ({"tags": None, "starred": None}, ""),
    "a text instead of a list": ({"tags": "fox"}, "tags"),
    "a number as a tag": ({"tags": [7]}, "tags.0"),
    "a blank tag": ({"tags": ["fox", " "]}, "tags"),
    "a control character": ({"tags": ["a\x07"]}, "tags"),
    "a long tag": ({"tags": ["x" * (MAX_TAG_CHARS + 1)]}, "tags"),
    "too many tags": ({"tags": [f"t{n}" for n in range(MAX_TAGS + 1)]}, "tags"),
    "a text as the star": ({"starred": "yes"}, "starred"),
    "an unknown field": ({"tag": ["fox"]}, "tag"),
}


def patch(service: Service, filename: str, **fields: Any) -> dict[str, Any]:
    """Set tags or the star; return the image."""
    response = service.call("PATCH", f"/images/{filename}", json=fields)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def listed(service: Service, query: str) -> tuple[list[str], int]:
    """Return the file names and the total of a page."""
    body = service.get(f"/images?{query}").json()
    assert body["total_exact"]
    return [image["filename"] for image in body["images"]], body["total_images"]


def test_tags_and_star_are_set_shown_and_kept(service: Service) -> None:
    """Each is set alone or with the other; an equal tag counts once, as it was written first."""
    made = service.generate("A red fox").json()
    assert (made["tags"], made["starred"]) == ([], False)
    name = made["filename"]
    tagged = patch(service, name, tags=[" Fox ", "fox", "série\u0301 2"])
    assert tagged == made | {"tags": ["Fox", "série\u0301 2".replace("e\u0301", "é")]}
    both = patch(service, name, starred=True)
    assert both == tagged | {"starred": True}
    assert service.get(f"/images/{name}/metadata").json() == both
    assert service.images() == [{key: both[key] for key in both if key != "status"}]
    assert patch(service, name, tags=[], starred=False) == made


def test_a_rebuilt_record_has_the_tags(service: Service) -> None:
    """They are in the sidecar, as the list of a lost record is rebuilt from it."""
    name = service.generate().json()["filename"]
    patch(service, name, tags=["Fox"], starred=True)
    stored = service.ports.store.get(sidecar_key(id_of_name(name)))
    rebuilt = sidecar.read("x", stored.data, found_at=stored.modified)
    assert (rebuilt.tags, rebuilt.starred) == (("Fox",), True)


def test_the_list_is_narrowed_by_tags_star_and_words(service: Service) -> None:
    """All that a query names must match; cached pages follow each change."""
    first, second, third = (
        service.generate(prompt).json()["filename"]
        for prompt in ("A red fox", "Foxgloves", "红色的狐狸")
    )
    for name, fields in (
        (first, {"tags": ["Animal", "red"], "starred": True}),
        (second, {"tags": ["red"]}),
        (third, {"tags": ["animal"]}),
    ):
        patch(service, name, **fields)
    for query, names in (
        ("tag=ANIMAL", [third, first]),
        ("tag=red", [second, first]),
        ("tag=red&tag=animal", [first]),
        ("tag=re", []),
        ("starred=true", [first]),
        ("starred=false", [third, second, first]),
        ("q=fox&tag=red", [second, first]),
        ("q=oxg", [second]),
        ("q=fo", [second, first]),
        ("q=狐狸&tag=animal", [third]),
        ("q=色的狐", [third]),
        ("q=%F0%9F%A6%8A", []),
        ("q=%25", []),
        ("q=%22*%22&tag=red", []),
        ("q=+++", [third, second, first]),
        ("trashed=true", []),
        ("tag=red&starred=true&q=red", [first]),
    ):
        assert listed(service, query) == (names, len(names)), query
    verdicts = {image["filename"]: image["cutout"]["verdict"] for image in service.images()}
    for verdict in ("good", "check", "bad"):
        names = [name for name in verdicts if verdicts[name] == verdict]
        assert listed(service, f"verdict={verdict}") == (names, len(names))
        tagged = [name for name in names if name != third]
        assert listed(service, f"verdict={verdict}&tag=red") == (tagged, len(tagged))
    assert "good" in verdicts.values()
    patch(service, first, tags=["owl"], starred=False)
    assert listed(service, "tag=red") == ([second], 1)
    assert listed(service, "starred=true") == ([], 0)


@each_row("name", INVALID)
def test_invalid_bodies_change_nothing(shared_embedded: Service, name: str) -> None:
    """The response names the field, and the rule that its value breaks."""
    body, field = INVALID[name]
    path = "/images/500e1665-0b52-4734-9ec8-c7241187276b.png"
    response = shared_embedded.call("PATCH", path, json=body)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_request")
    assert field in {problem["field"] for problem in response.json()["errors"]}


@each_row(
    "query",
    ["tag=%07", "tag=+", "starred=perhaps", "group=x", "root=../x", "trashed=2", "verdict=fine"],
)
def test_invalid_queries_are_refused(shared_embedded: Service, query: str) -> None:
    """A filter that can't match is an error instead of an empty list."""
    response = shared_embedded.get(f"/images?{query}")
    assert (response.status_code, response.json()["code"]) == (400, "invalid_request")
    assert response.json()["errors"][0]["field"] == query.partition("=")[0]


def test_an_absent_image_has_no_tags(service: Service) -> None:
    """A missing image is 404."""
    path = "/images/500e1665-0b52-4734-9ec8-c7241187276b.png"
    response = service.call("PATCH", path, json={"starred": True})
    assert (response.status_code, response.json()["code"]) == (404, "image_not_found")


def test_a_replacement_takes_over_what_was_noted(service: Service) -> None:
    """Another cutout keeps the tags; one that takes the place of its parent also has the star."""
    name = service.generate().json()["filename"]
    patch(service, name, tags=["Fox"], starred=True)
    beside = service.call("POST", f"/images/{name}/cutouts", json={"holes": "keep"}).json()
    assert (beside["tags"], beside["starred"], beside["root"]) == (["Fox"], False, name)
    assert listed(service, f"root={name}") == ([beside["filename"]], 1)
    body = {"holes": "cut", "replace": True}
    instead = service.call("POST", f"/images/{name}/cutouts", json=body).json()
    assert (instead["tags"], instead["starred"]) == (["Fox"], True)
    assert listed(service, "starred=true") == ([instead["filename"]], 1)


def test_commands_tag_trash_and_restore(tmp_path: Path) -> None:
    """They print what they did, and fail for an image that does not exist or an invalid tag."""
    with serving(settings_for(data_dir=tmp_path, trash_days=7)) as service:
        image_id = id_of_name(service.generate().json()["filename"])
        runner = service.app.test_cli_runner()
        for arguments, status, output in (
            (["tag", image_id, "--add", "Fox", "--star"], 0, f"{image_id}  * Fox"),
            (["tag", image_id, "--add", "red", "--remove", "FOX"], 0, f"{image_id}  * red"),
            (["tag", image_id], 2, "Say what to change"),
            (["tag", image_id, "--add", " "], 2, "must not be blank"),
            (["tag", "unknown", "--no-star"], 1, "unknown: "),
            (["trash", image_id, "unknown"], 1, f"{image_id} in the trash"),
            (["list"], 0, ""),
            (["list", "--trashed"], 0, image_id),
            (["restore", image_id], 0, f"{image_id} restored"),
            (["list", "--trashed"], 0, ""),
        ):
            result = runner.invoke(args=["images", *arguments])
            assert result.exit_code == status, result.output
            assert output in result.output
            assert bool(result.output) == bool(output), arguments
