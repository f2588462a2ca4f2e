"""Requests to GET /usage, and amounts of money."""

from typing import Any

from tests.support.service import Service

IMAGE = 1056 * 30  # millionths of a dollar: the output tokens of a medium image


def usage_of(service: Service, query: str = "") -> dict[str, Any]:
    """Return the body of GET /usage."""
    response = service.get(f"/usage{query}")
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def micros(dollars: float) -> int:
    """Convert dollars to whole millionths."""
    return round(dollars * 1_000_000)
