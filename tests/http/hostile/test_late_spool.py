"""A server that returns with a spool after its image was deleted."""

from pathlib import Path
from typing import Any

from app.blueprints.dependencies import dependencies_of
from tests.attacks import Observe, attack
from tests.support.servers.databases import S3Server
from tests.support.servers.s3_filter import S3Filter
from tests.support.servers.s3_refusals import Refusal, is_put
from tests.support.service import Parts, Service, serving, settings_for

_NO_SIDECARS = Refusal(lambda request: is_put(request) and ".json" in request.target, 503)


@attack(
    "An image is finished and deleted on one server, while it is in the spool of another",
    expect="404 image_not_found; spool and bucket empty; paid and booked once",
)
def test_deleted_image_does_not_return(
    s3_server: S3Server, parts: Parts, tmp_path: Path, observe: Observe
) -> None:
    """Two servers share MongoDB and the bucket; the second finishes and deletes the image."""
    with S3Filter(s3_server.host, s3_server.port) as proxy:
        first_settings = parts.settings | {"s3_endpoint_url": proxy.url}
        with (
            serving(settings_for(data_dir=tmp_path / "first", **first_settings)) as first,
            serving(settings_for(data_dir=tmp_path / "second", **parts.settings)) as second,
        ):
            assert first.get("/readyz").status_code == 200
            proxy.refusals = (_NO_SIDECARS,)
            assert first.generate().json()["charged"] == "yes"
            assert list(first.ports.spool.keys("originals/"))
            dependencies_of(second.app).maintenance()
            (made,) = second.images()
            path = f"/images/{made['filename']}"
            assert second.call("DELETE", path).status_code == 204
            spent = second.usage()
            proxy.refusals = ()
            dependencies_of(first.app).maintenance()
            observe(_found(first, path, spent, parts.fake.paid))


def _found(service: Service, path: str, spent: dict[str, Any], paid: int) -> str:
    response = service.get(path)
    ports = service.ports
    left = [*ports.spool.keys("originals/"), *ports.store.keys("originals/")]
    left += ports.store.keys("images/")
    is_booked_once = service.usage() == spent and paid == 1
    return (
        f"{response.status_code} {response.json().get('code') if not response.ok else ''}; "
        f"spool and bucket {'not ' if left else ''}empty; "
        f"paid and booked {'once' if is_booked_once else 'again'}"
    )
