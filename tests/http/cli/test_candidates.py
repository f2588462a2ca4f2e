"""`flask images generate --n`."""

import json

from tests.support.service import Service


def test_candidates_of_prompts_are_generated_and_completed(embedded: Service) -> None:
    """Each prompt gets a group; a second run with --resume draws nothing and names the same."""
    runner = embedded.app.test_cli_runner()
    options = ["images", "generate", "A red fox", "A castle", "--n", "2", "--name", "b", "--json"]
    first = json.loads(runner.invoke(args=options).stdout)
    assert (first["prompts"], first["generated"], first["failed"]) == (2, 4, 0)
    places = [(image["number"], image["index"]) for image in first["images"]]
    assert sorted(places) == [(1, 0), (1, 1), (2, 0), (2, 1)]
    groups = {(image["number"], image["group"]) for image in first["images"]}
    assert len(groups) == len({group for _, group in groups}) == 2
    again = json.loads(runner.invoke(args=[*options, "--resume"]).stdout)
    assert (again["generated"], again["already_generated"]) == (0, 4)
    assert again["images"] == first["images"]


def test_one_candidate_is_an_image_as_before(embedded: Service) -> None:
    """Its entry has neither index nor group, and `--n 1` resumes a batch without the option."""
    runner = embedded.app.test_cli_runner()
    options = ["images", "generate", "A red fox", "--name", "b", "--json"]
    (image,) = json.loads(runner.invoke(args=options).stdout)["images"]
    assert image.keys() == {"number", "id", "prompt"}
    again = json.loads(runner.invoke(args=[*options, "--n", "1", "--resume"]).stdout)
    assert (again["already_generated"], again["images"]) == (1, [image])
