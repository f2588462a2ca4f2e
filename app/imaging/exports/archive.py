"""Write ZIP files that depend on their content alone."""

import io
import zipfile
from collections.abc import Mapping

_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first time that a ZIP file can state
_MODE = 0o644 << 16
_UNIX = 3


def zip_files(files: Mapping[str, bytes]) -> bytes:
    """Return a ZIP file with these files in order, without compression and times."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path, _EARLIEST)
            entry.create_system, entry.external_attr = _UNIX, _MODE  # on all systems
            archive.writestr(entry, data)
    return out.getvalue()
