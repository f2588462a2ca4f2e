"""The Cursor port: a place in a long run, in a file."""

import os
from pathlib import Path

from app.errors import StorageUnavailable
from app.models import object_keys
from app.services.files.permissions import make_folder, open_new


class FileCursor:
    """Keeps an image's id in a file, which is replaced as a whole.

    A crash keeps this id or the one before, so at most one image is checked again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> str:
        """See Cursor. A damaged file counts as none."""
        try:
            text = self._path.read_bytes().decode(errors="replace").strip()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise _unavailable(error) from None
        return text if object_keys.is_id(text) else ""

    def save(self, image_id: str) -> None:
        """See Cursor."""
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}.tmp")
        try:
            make_folder(self._path.parent)
            temporary.unlink(missing_ok=True)
            with os.fdopen(open_new(temporary), "wb") as file:
                file.write(image_id.encode())
            temporary.replace(self._path)
        except OSError as error:
            raise _unavailable(error) from None

    def clear(self) -> None:
        """See Cursor."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise _unavailable(error) from None


def _unavailable(error: OSError) -> StorageUnavailable:
    return StorageUnavailable(f"files: {type(error).__name__} (errno {error.errno})")
