"""Says which metrics and labels a PromQL expression speaks of."""

from dataclasses import dataclass, field
from typing import Any

import promql_parser

GIVEN_BY_PROMETHEUS = {"instance", "job"}


@dataclass
class Mentions:
    """The labels that an expression needs, by the metric that should have them."""

    labels: dict[str, set[str]] = field(default_factory=dict)

    def add(self, name: str, labels: set[str]) -> None:
        """Note a metric and some labels of it."""
        self.labels.setdefault(name, set()).update(labels - GIVEN_BY_PROMETHEUS)


def mentions(expression: str) -> Mentions:
    """Parse the expression and collect what it speaks of.

    Raises:
        ValueError: it is no PromQL.
    """
    found = Mentions()
    _collect(promql_parser.parse(expression), found, frozenset())
    return found


def _collect(node: Any, found: Mentions, grouped: frozenset[str]) -> None:
    """Go down the tree with the labels that the sums above are made by."""
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
    raise ValueError(f"not known here: {type(node).__name__}")
