"""What is stored for an image while another deletes it."""

from app.models import State
from app.ports import Ports


def take_back_if_deleted(ports: Ports, image_id: str, keys: tuple[str, ...]) -> None:
    """Remove what was just stored if its image was deleted meanwhile.

    A deletion changes the row first and removes objects afterwards: if the row is still ready
    now, a later deletion will find these objects.
    """
    row = ports.records.get(image_id)
    if row is None or row.state is State.DELETED:
        for key in keys:
            ports.store.delete(key)
