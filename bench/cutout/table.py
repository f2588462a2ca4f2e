"""Format the results as tables."""

import statistics
from collections.abc import Iterable, Mapping, Sequence

from bench.cutout.artwork import SETS
from bench.cutout.degrade import HEADLINE, KINDS
from bench.cutout.methods import METHODS
from bench.cutout.run import Results, Row

_NAME = 22
_QUALITY = ("psnr", "sure", "halo", "left", "eaten")
_HEADS = ("n", "PSNR", "(ours)", "sure", "halo", "left %", "eaten %", "shadow", "KB", "ms")


def licenses() -> str:
    """List the icon sets and their licenses."""
    lines = [
        f"  {icons.package + '@' + icons.version:<38}{icons.license:<14}{icons.style}"
        for icons in SETS
    ]
    return "\n".join(["Artwork, fetched from npm and never committed:", *lines])


def methods(results: Results, missing: Mapping[str, str]) -> str:
    """Compare the methods: quality of the headline's kinds, of shadows, and time."""
    head = "".join(f"{name:>8}" for name in _HEADS)
    lines = [f"{'method':<{_NAME}}{head}{'/Pillow':>8}{'/fast':>8}"]
    for name in METHODS:
        if name in missing:
            lines.append(f"{METHODS[name].label:<{_NAME}}  not measured: {missing[name]}")
        elif results.seconds.get(name):
            lines.append(f"{METHODS[name].label:<{_NAME}}{_cells(results, name)}")
    return "\n".join(lines)


def by_kind(results: Results) -> str:
    """Show the PSNR of each kind of image."""
    return _split(results, "kind", KINDS, KINDS)


def by_set(results: Results) -> str:
    """Show the PSNR of each set of icons, shadows left out."""
    return _split(results, "set", [icons.name for icons in SETS], HEADLINE)


def floors(results: Results) -> str:
    """Show the time of the floors and the parts of the fastest one."""
    lines = [
        f"{name:<{_NAME}}{results.median_ms(name):>6.1f} ms"
        for name in results.seconds
        if name not in METHODS
    ]
    lines.append("Parts of the fastest floor (with the ms of all alternatives):")
    for step, spent in results.fastest.tried.items():
        alternatives = ", ".join(f"{name} {ms:.1f}" for name, ms in spent.items())
        lines.append(f"  {step:<{_NAME - 2}}{results.fastest.chosen[step]} ({alternatives})")
    return "\n".join(lines)


def _cells(results: Results, name: str) -> str:
    rows = [row for row in results.rows if row["method"] == name]
    same = results.seconds[name].keys()
    ours = [row for row in results.rows if row["method"] == "ours" and row["image"] in same]
    psnr, *others = (_mean(_of_kinds(rows, HEADLINE), column) for column in _QUALITY)
    others.append(_mean([row for row in rows if row["kind"] == "shadow"], "sure"))
    ms = results.median_ms(name)
    ratios = (ms / results.median_ms(floor, name) for floor in ("Pillow floor", "fastest floor"))
    size = statistics.mean(row["bytes"] for row in rows) / 1000
    cells = [f"{len(rows):>8}", psnr, _mean(_of_kinds(ours, HEADLINE), "psnr"), *others]
    cells += [f"{size:>8.1f}", f"{ms:>8.1f}", *(f"{ratio:>8.2f}" for ratio in ratios)]
    return "".join(cells)


def _split(results: Results, by: str, columns: Sequence[str], kinds: Sequence[str]) -> str:
    width = max(map(len, columns)) + 2
    lines = [f"{'PSNR by ' + by:<{_NAME}}" + "".join(f"{name:>{width}}" for name in columns)]
    for method in METHODS:
        rows = [row for row in _of_kinds(results.rows, kinds) if row["method"] == method]
        if rows:
            cells = (
                _mean([row for row in rows if row[by] == column], "psnr", width)
                for column in columns
            )
            lines.append(f"{METHODS[method].label:<{_NAME}}" + "".join(cells))
    return "\n".join(lines)


def _of_kinds(rows: Iterable[Row], kinds: Sequence[str]) -> list[Row]:
    return [row for row in rows if row["kind"] in kinds]


def _mean(rows: Iterable[Row], column: str, width: int = 8) -> str:
    values = [row[column] for row in rows if row[column] is not None]
    return f"{statistics.mean(values):>{width}.2f}" if values else f"{'-':>{width}}"
