"""The shipped dashboard and alerts use existing metrics."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.fake_openai import Fault
from tests.support.images.sample_images import encoded, owl
from tests.support.observability.prometheus import mentions, samples
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


def test_all_metrics_and_labels_exist(real: Service, parts: Parts) -> None:
    """After mixed traffic, /metrics has each metric and label of the expressions."""
    name = real.generate().json()["filename"]
    assert real.generate(n=2).status_code == 200
    parts.fake.script("images", Fault.html())
    assert real.generate().status_code == 502
    for path in (f"/images/{name}", f"/images/{name}?w=64", "/nowhere"):
        real.get(path)
    real.call("POST", "/images", files={"file": ("a.png", encoded(owl(64, 64)))})
    real.call("DELETE", f"/images/{name}")
    labels_by_metric: dict[str, set[str]] = {}
    for metric, labels in samples(real.get("/metrics").text):
        labels_by_metric.setdefault(metric, set()).update(label for label, _ in labels)
    for expression in EXPRESSIONS:
        for metric, needed in mentions(expression).labels.items():
            assert metric in labels_by_metric, expression
            assert needed <= labels_by_metric[metric], expression


def test_compared_label_values_exist(real: Service, parts: Parts) -> None:
    """The routes and outcomes in expressions are values that /metrics reports."""
    name = real.generate().json()["filename"]
    real.get(f"/images/{name}")
    assert parts.fake.paid == 1
    page = real.get("/metrics").text
    for compared in re.findall(r'(?:route|outcome)="([^"]+)"', " ".join(EXPRESSIONS)):
        assert f'"{compared}"' in page


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_has_a_summary_and_an_action(rule: dict[str, Any]) -> None:
    """Each alert has a severity, a summary and an action of reasonable length."""
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert set(rule["annotations"]) == {"summary", "action"}
    assert all(20 < len(text) < 400 for text in rule["annotations"].values())
    used = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))
    assert used <= set(re.findall(r"\w+", rule["expr"]))


def test_dashboard_is_portable() -> None:
    """Panels have unique ids and titles, use the selected data source and don't overlap."""
    panels = DASHBOARD["panels"]
    assert [item["name"] for item in DASHBOARD["templating"]["list"]] == ["datasource"]
    assert {target["datasource"]["uid"] for target in TARGETS} == {"${datasource}"}
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({panel["title"] for panel in panels}) == len(panels)
    occupied: set[tuple[int, int]] = set()
    for panel in panels:
        x, y, w, h = (panel["gridPos"][side] for side in "xywh")
        cells = {(column, line) for column in range(x, x + w) for line in range(y, y + h)}
        assert x + w <= 24
        assert not cells & occupied, panel["title"]
        occupied |= cells


def test_legends_use_grouped_labels() -> None:
    """A legend uses only labels that its expression groups by."""
    for target in TARGETS:
        used_labels = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
        grouped_labels = set(
            re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", target["expr"])))
        )
        assert used_labels <= grouped_labels, target["expr"]
