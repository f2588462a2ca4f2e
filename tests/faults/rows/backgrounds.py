"""Faults of models that are asked for a transparent background."""

from collections.abc import Callable

from requests import Response

from tests.faults.rig import Rig
from tests.faults.row import READY, REPLAYED, SUCCESS, Repeat, Row, Topic
from tests.support.fake_openai import Fault


def _refused(name: str, fault: Fault) -> Row:
    return _row(name, fault, _checked("cutout", ["transparent", None]))


def _drawn(name: str, fault: Fault, source: str) -> Row:
    return _row(name, fault, _checked(source, ["transparent"]))


def _row(name: str, fault: Fault, check: Callable[[Rig, Response], None]) -> Row:
    return Row(
        name=name,
        cause=lambda rig: rig.fake.script("images", fault),
        response=SUCCESS,
        paid=1,
        stored=READY,
        repeat=Repeat(REPLAYED, paid=1, stored=READY),
        check=check,
    )


def _checked(source: str, backgrounds: list[str | None]) -> Callable[[Rig, Response], None]:
    def check(rig: Rig, response: Response) -> None:
        sent = [request.body.get("background") for request in rig.fake.requests_to("images")]
        assert (response.json()["cutout"]["source"], sent) == (source, backgrounds)

    return check


TOPIC = Topic(
    "Transparent backgrounds",
    (
        _refused("The model refuses a transparent background", Fault.transparent_refused()),
        _refused("The server does not know the parameter", Fault.background_unknown()),
        _refused("A server refuses in words only", Fault.background_mentioned()),
        _drawn("The model draws on white all the same", Fault.opaque_anyway(), "cutout"),
        _drawn("The model paints a checkerboard", Fault.checkerboard(), "cutout"),
        _drawn("The model leaves a veil in empty and solid parts", Fault.veil(), "model"),
    ),
)
