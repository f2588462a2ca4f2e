"""The JavaScript modules that a page's script imports.

A browser finds an import only when it has read the module that has it, so that a chain of four
takes four round trips. A page that names all of them lets the browser load them side by side.
"""

import re
from functools import lru_cache
from pathlib import Path, PurePosixPath

from flask import current_app

from app.http.delivery import static_files

_IMPORT = re.compile(r"""^(?:import|export)\b[^;"]*"(\.\.?/[^"]+)";""", re.MULTILINE)


def module_names(entry: str) -> list[str]:
    """Return the names of a module and all that it imports, as static files, each once.

    Names are relative to the folder of static files, such as `studio/dom.js`. Imports that a module
    runs later, by `import()`, are not among them.
    """
    folder = static_files.folder(current_app)
    return list(_graph(folder, entry)) if current_app.debug else list(_known_graph(folder, entry))


def _graph(folder: Path, entry: str) -> tuple[str, ...]:
    found, waiting = [entry], [entry]
    while waiting:
        name = PurePosixPath(waiting.pop())
        for address in _IMPORT.findall((folder / name).read_text(encoding="utf-8")):
            imported = str(_resolve(name.parent, address))
            if imported not in found:
                found.append(imported)
                waiting.append(imported)
    return tuple(found)


_known_graph = lru_cache(maxsize=64)(_graph)


def _resolve(folder: PurePosixPath, address: str) -> PurePosixPath:
    """Return the path that a relative address leads to from a folder."""
    parts = list(folder.parts)
    for part in PurePosixPath(address).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return PurePosixPath(*parts)
