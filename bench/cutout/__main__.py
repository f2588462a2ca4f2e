"""Compare the cutout with other methods; print tables, draw a sheet: `make bench-cutout`."""

import argparse
import json
import os
import sys
import time
import warnings
from pathlib import Path

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "VIPS_CONCURRENCY")
_ROWS = 10  # of the contact sheet


def main() -> None:
    """Measure what the command line selects."""
    started = time.monotonic()
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))  # read when the libraries are loaded
    import cv2

    from bench.cutout import artwork, degrade, methods, run, sheet, table

    cv2.setNumThreads(1)
    options = _parse_options(degrade.KINDS, tuple(methods.METHODS))
    print(table.licenses(), end="\n\n", flush=True)
    _log("rendering what is not cached, compiling what runs for the first time")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the peers, about themselves
        artworks = artwork.load_artworks()
        cuts, missing = run.load(options.methods)
        results = run.run(
            artworks, cuts, kinds=options.kinds, every=options.every, repeat=options.repeat
        )
        _log(f"\r{len(results.seconds['Pillow floor'])} images measured, composing the sheet")
        path = artwork.CACHE / "sheet.png"
        sheet.draw(sheet.examples(artworks, options.kinds, _ROWS), cuts, path)
    print(table.methods(results, missing), end="\n\n")
    for part in (table.by_kind, table.by_set, table.floors):
        print(part(results), end="\n\n")
    if options.json:
        options.json.write_text(json.dumps({"rows": results.rows, "seconds": results.seconds}))
    print(f"{os.path.relpath(path)} written, {time.monotonic() - started:.0f} s in all")


def _parse_options(kinds: tuple[str, ...], methods: tuple[str, ...]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.cutout", description=__doc__)
    parser.add_argument("--every", type=_positive, default=1, metavar="N", help="every N-th image")
    parser.add_argument(
        "--repeat", type=_positive, default=1, metavar="N", help="fastest of N runs"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write each image's numbers")
    for name, known in (("kinds", kinds), ("methods", methods)):
        parser.add_argument(f"--{name}", default=",".join(known), help="any of %(default)s")
    options = parser.parse_args()
    for name, known in (("kinds", kinds), ("methods", methods)):
        words = getattr(options, name).split(",")
        if not set(words) <= set(known):
            parser.error(f"--{name} takes any of {','.join(known)}")
        setattr(options, name, [word for word in known if word in words])
    return options


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
