"""The dashboard and the alerts that are shipped speak of metrics that there are."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.fake_openai import Fault
from tests.support.observability.metrics_page import samples
from tests.support.observability.promql import mentions
from tests.support.service import Parts, Service

DEPLOY = Path(__file__).parents[3] / "deploy"
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
RULES: list[dict[str, Any]] = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"][0][
    "rules"
]
TARGETS = [target for panel in DASHBOARD["panels"] for target in panel["targets"]]
EXPRESSIONS = [
    *(target["expr"].replace("$__rate_interval", "1m") for target in TARGETS),
    *(rule["expr"] for rule in RULES),
]


def test_every_name_and_label_is_in_a_real_scrape(real: Service, parts: Parts) -> None:
    """After traffic of all kinds, each metric that they ask for is told, with those labels."""
    name = real.generate().json()["filename"]
    parts.fake.script("images", Fault.html())
    assert real.generate().status_code == 502
    for path in (f"/images/{name}", f"/images/{name}?w=64", "/nowhere"):
        real.get(path)
    reported: dict[str, set[str]] = {}
    for called, labels in samples(real.get("/metrics").text):
        reported.setdefault(called, set()).update(label for label, _ in labels)
    for expression in EXPRESSIONS:
        for metric, needed in mentions(expression).labels.items():
            assert metric in reported, expression
            assert needed <= reported[metric], expression


def test_what_the_alerts_ask_for_by_value_is_reported(real: Service, parts: Parts) -> None:
    """The route and the levels that expressions compare with are those of the metrics."""
    name = real.generate().json()["filename"]
    real.get(f"/images/{name}")
    assert parts.fake.paid == 1
    page = real.get("/metrics").text
    for wanted in re.findall(r'(?:route|outcome)="([^"]+)"', " ".join(EXPRESSIONS)):
        assert f'"{wanted}"' in page


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    """Each has a severity, a summary, and an action; all in few words."""
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert set(rule["annotations"]) == {"summary", "action"}
    assert all(20 < len(text) < 400 for text in rule["annotations"].values())
    used = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))
    assert used <= set(re.findall(r"\w+", rule["expr"]))


def test_the_dashboard_can_be_imported_anywhere() -> None:
    """Panels have ids and titles of their own and ask the source that is chosen; none overlap."""
    panels = DASHBOARD["panels"]
    assert [item["name"] for item in DASHBOARD["templating"]["list"]] == ["datasource"]
    assert {target["datasource"]["uid"] for target in TARGETS} == {"${datasource}"}
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({panel["title"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        x, y, w, h = (panel["gridPos"][side] for side in "xywh")
        cells = {(column, row) for column in range(x, x + w) for row in range(y, y + h)}
        assert x + w <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_legends_name_labels_that_are_kept() -> None:
    """A legend shows only labels by which its expression sums."""
    for target in TARGETS:
        shown = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
        kept = set(re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", target["expr"]))))
        assert shown <= kept, target["expr"]
