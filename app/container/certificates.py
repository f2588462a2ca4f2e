"""The authorities whose certificates all clients trust."""

import atexit
import os
import ssl
import tempfile
from functools import cache
from pathlib import Path

from app.config import Settings


def trusted_certificates(settings: Settings) -> str | None:
    """Return the path of the certificates to trust; None for those of each library.

    The file has the usual authorities too, so that no part loses those that it needs: a private
    store beside a public provider, for example.

    Raises:
        OSError: the temporary folder is not writable.
    """
    bundle = settings.ssl_cert_file
    return None if bundle is None else _combined(bundle)


@cache
def _combined(bundle: Path) -> str:
    """Write the certificates into a temporary file, which this process removes at its end."""
    from botocore.httpsession import get_cert_path

    system = Path(ssl.get_default_verify_paths().openssl_cafile)
    files = (Path(get_cert_path(True)), *((system,) if system.is_file() else ()), bundle)
    with tempfile.NamedTemporaryFile(prefix="certificates-", suffix=".pem", delete=False) as file:
        file.write(b"\n".join(path.read_bytes() for path in files))
    atexit.register(_remove, file.name, os.getpid())
    return file.name


def _remove(path: str, owner: int) -> None:
    if os.getpid() == owner:  # not in workers, which are forked from it
        Path(path).unlink(missing_ok=True)
