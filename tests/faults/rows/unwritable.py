"""A folder of the server that can't be written any more while a paid image is drawn."""

from pathlib import Path

from tests.faults.points import Generating
from tests.faults.rig import Rig
from tests.faults.row import FINISHED, ExpectedResponse, Row, StoredState, Topic

_WAITS = ExpectedResponse(503, "storage_unavailable", "yes", {"Retry-After": "5"})
_HELD = StoredState(records=("pending yes",), spool=("original", "sidecar"))


def _while_drawing(rig: Rig, *names: str, s3: bool) -> None:
    """Put a file in the place of these folders of DATA_DIR once an image is being drawn."""
    rig.check_parts()
    drawing = Generating()
    drawing.set_up(rig.parts, rig.released)

    def watch() -> None:
        drawing.wait(rig.parts)
        for name in names:
            _block(rig, rig.service.data_dir / name)
        if s3:
            rig.parts.s3.refuse()
        rig.released.set()

    rig.in_background(watch)


def _block(rig: Rig, folder: Path) -> None:
    away = folder.with_name(f"{folder.name}-away")
    folder.rename(away)
    folder.write_bytes(b"in the way")
    rig.repair_by(lambda: away.rename(folder))
    rig.repair_by(folder.unlink)


TOPIC = Topic(
    "Folders that fail while an image is drawn",
    (
        Row(
            name="S3 fails, and the spool's folder can't be written",
            cause=lambda rig: _while_drawing(rig, "spool", s3=True),
            response=_WAITS,
            paid=1,
            stored=_HELD,
            repeat=FINISHED,
            log=("is held in an open file",),
        ),
        Row(
            name="Without S3, no folder of DATA_DIR can be written",
            cause=lambda rig: _while_drawing(rig, "store", "spool", s3=False),
            response=_WAITS,
            paid=1,
            stored=_HELD,
            repeat=FINISHED,
            settings={"s3_bucket_name": None, "s3_endpoint_url": None, "s3_public_url": None},
            log=("is held in an open file",),
        ),
    ),
)
