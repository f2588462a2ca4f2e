"""`python -m bench.cutout.row`: draw the row of the contact sheet in docs/cutout.md.

The drawing is under the MIT license, and the judgment of enclosed areas was not trained on it.
"""

from pathlib import Path

from bench.cutout import artwork, degrade, methods, run, sheet
from bench.cutout.metrics import measure

SOURCE, NAME, KIND = "fluent-emoji-flat", "cooking", "soft"
OUT = Path(__file__).parents[2] / "docs" / "cutout-row.png"


def main() -> None:
    """Write the image, and print what each method scores on it."""
    (image,) = degrade.images(artwork.drawing(SOURCE, NAME), (KIND,))
    cuts, missing = run.load(methods.METHODS)
    for name, cut in cuts.items():
        found = measure(cut(image.data), image.truth)
        shown = "  ".join(f"{key} {value or 0:.1f}" for key, value in found.items())
        print(f"{methods.METHODS[name].label:<22}{shown}")
    for name, reason in missing.items():
        print(f"{methods.METHODS[name].label:<22}not drawn: {reason}")
    sheet.draw_row(image, cuts, OUT)
    print(f"{OUT.name} drawn, {OUT.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
