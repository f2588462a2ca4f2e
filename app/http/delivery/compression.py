"""Compression of pages, JSON and static files with brotli or gzip.

Images are compressed already, and event streams have to be sent piece by piece. Compressing
secrets beside text that an attacker chooses (BREACH) is no risk here: see SECURITY.md.
"""

from flask import Flask, Request, Response, request
from flask_compress import Compress, DictCache

from app.http.delivery import static_files

_MIMETYPES = frozenset(
    {
        "application/javascript",
        "application/json",
        "image/svg+xml",
        "text/css",
        "text/html",
        "text/javascript",
        "text/plain",
    }
)
_SETTINGS = {
    "COMPRESS_REGISTER": False,
    "COMPRESS_MIMETYPES": list(_MIMETYPES),
    "COMPRESS_ALGORITHM": ["br", "gzip"],
    "COMPRESS_MIN_SIZE": 500,
    "COMPRESS_STREAMS": False,
}


def register(app: Flask) -> None:
    """Compress responses if the client accepts it.

    Static files are compressed once per process. A strong ETag stands for the bytes as they are.
    """
    app.config.update(_SETTINGS)
    dynamic, static = Compress(app), Compress(app)
    static.cache, static.cache_key = DictCache(), _static_file_name

    @app.after_request
    def compress(response: Response) -> Response:
        if response.mimetype not in _MIMETYPES or response.status_code not in {200, 206, 304}:
            return response
        etag, is_weak = response.get_etag()
        if etag and not is_weak:
            return response
        response.vary.add("Accept-Encoding")
        if response.status_code != 200:  # parts of files are not compressed
            return response
        is_static = request.endpoint == static_files.ENDPOINT and not app.debug
        response = (static if is_static else dynamic).after_request(response)
        response.headers.pop("Date", None)  # set by Werkzeug; the server sends its own
        return response


def _static_file_name(static_request: Request) -> str:
    return str((static_request.view_args or {})["filename"])
