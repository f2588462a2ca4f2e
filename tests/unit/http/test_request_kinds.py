"""Which threads handle a request, by its method and target."""

import pytest

from app.http.request_kinds import RequestKind, kind_of


@pytest.mark.parametrize(
    ("method", "target", "kind"),
    [
        ("GET", "/healthz", RequestKind.HEALTH),
        ("HEAD", "/healthz", RequestKind.HEALTH),
        ("GET", "/healthz?x=/images", RequestKind.HEALTH),
        ("GET", "/images-api/healthz", RequestKind.READINESS),
        ("GET", "/images/healthz", RequestKind.READINESS),
        ("GET", "http://a.test/healthz", RequestKind.READINESS),
        ("GET", "/a/b/readyz", RequestKind.READINESS),
        ("HEAD", "/readyz", RequestKind.READINESS),
        ("POST", "/generate-image", RequestKind.GENERATION),
        ("POST", "/below/generate-image?dry_run=1", RequestKind.GENERATION),
        (
            "POST",
            "/images/0f9b2d6c-4e1a-4f0f-8a54-b0c1f2a3d4e5.png/cutouts",
            RequestKind.GENERATION,
        ),
        ("GET", "/images?q=/healthz", RequestKind.OTHER),
        ("GET", "/generate-prompts", RequestKind.OTHER),
        ("GET", "/generate-image", RequestKind.OTHER),
        ("DELETE", "/healthz", RequestKind.OTHER),
        ("GET", "/healthz/", RequestKind.OTHER),
        ("OPTIONS", "*", RequestKind.OTHER),
        ("", "", RequestKind.OTHER),
    ],
)
def test_kind_follows_from_the_last_segment(method: str, target: str, kind: RequestKind) -> None:
    """Below any path, too; queries don't matter."""
    assert kind_of(method, target) is kind
