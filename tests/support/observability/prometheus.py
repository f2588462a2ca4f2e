"""Parse the page of /metrics, and PromQL expressions."""

from dataclasses import dataclass, field
from typing import Any

import promql_parser
from prometheus_client.parser import text_string_to_metric_families

GIVEN_BY_PROMETHEUS = {"instance", "job"}

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(page: str) -> Samples:
    """Return the value of each sample by name and labels."""
    families = text_string_to_metric_families(page)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(page: str, name: str, **labels: str) -> float:
    """Return the sum of the samples with this name and these labels, or 0."""
    wanted = frozenset(labels.items())
    found = samples(page).items()
    return sum(number for (called, has), number in found if called == name and wanted <= has)


@dataclass
class Mentions:
    """The metrics of an expression, with the labels that each needs."""

    labels: dict[str, set[str]] = field(default_factory=dict)

    def add(self, name: str, labels: set[str]) -> None:
        """Add labels of a metric."""
        self.labels.setdefault(name, set()).update(labels - GIVEN_BY_PROMETHEUS)


def mentions(expression: str) -> Mentions:
    """Parse the expression and return its metrics and labels.

    Raises:
        ValueError: the expression is no PromQL.
    """
    found = Mentions()
    _collect(promql_parser.parse(expression), found, frozenset())
    return found


def _collect(node: Any, found: Mentions, grouped: frozenset[str]) -> None:
    """Visit the tree, with the labels that the aggregations above group by."""
    if isinstance(node, promql_parser.VectorSelector):
        assert node.name is not None
        found.add(node.name, {matcher.name for matcher in node.matchers.matchers} | grouped)
    if isinstance(node, promql_parser.AggregateExpr) and node.modifier:
        grouped |= frozenset(node.modifier.labels)
    for below in _below(node):
        _collect(below, found, grouped)


def _below(node: Any) -> list[Any]:
    match node:
        case promql_parser.VectorSelector() | promql_parser.NumberLiteral():
            return []
        case promql_parser.MatrixSelector():
            return [node.vector_selector]
        case promql_parser.AggregateExpr() | promql_parser.ParenExpr():
            return [node.expr]
        case promql_parser.BinaryExpr():
            return [node.lhs, node.rhs]
        case promql_parser.Call():
            return list(node.args)
    raise ValueError(f"unsupported node: {type(node).__name__}")
