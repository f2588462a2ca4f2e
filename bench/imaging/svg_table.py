"""Print the fidelity and size of SVG files: `python -m bench.imaging.svg_table [FOLDER]`.

Icons are those of `make bench-cutout`, fetched by npm once, on white; art is the offline painter's
own. FOLDER has images as models draw them, for the third kind; without it there are two.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from PIL import Image

from app import imaging
from app.imaging import NotVectorizable, Variant
from app.painter import paint
from bench.cutout.artwork import load_artworks

PROMPTS = (
    "a red fox, an owl reading a book, a glazed doughnut, a green cactus, a blue rocket, "
    "a yellow robot, a penguin, a cup of coffee, a castle, a guitar, a cat, a tree, a house, "
    "a bicycle"
).split(", ")
PER_KIND = 14


def main() -> None:
    """Print a row for each image and a summary for each kind."""
    print("| kind | image | dB | SVG bytes | PNG bytes | result |")
    print("|---|---|---|---|---|---|")
    for kind, images in kinds().items():
        rows = [row(name, data) for name, data in images]
        for name, fidelity, size, png, result in rows:
            print(f"| {kind} | {name} | {fidelity:.1f} | {size} | {png} | {result} |")
        made = [each for each in rows if each[4] == "made"]
        if made:
            _, fidelities, svg_sizes, png_sizes, _ = zip(*made, strict=True)
            print(
                f"| {kind} | **median of {len(made)} of {len(rows)}** | {median(fidelities):.1f} "
                f"| {median(svg_sizes):.0f} | {median(png_sizes):.0f} | |"
            )


def kinds() -> dict[str, Iterator[tuple[str, bytes]]]:
    """Return the originals of each kind, by name."""
    found = {"icon": _icons(), "painter": ((each, paint(each)) for each in PROMPTS[:PER_KIND])}
    if sys.argv[1:]:
        files = sorted(Path(sys.argv[1]).iterdir())
        step = max(1, len(files) // PER_KIND)
        chosen = files[::step][:PER_KIND]
        found["model"] = ((file.stem, file.read_bytes()) for file in chosen)
    return found


def row(name: str, original: bytes) -> tuple[str, float, int, int, str]:
    """Return name, fidelity in dB, bytes of the SVG and of the PNG at 512 px, and the result."""
    image = imaging.cutout(original).png
    source = imaging.VariantSource(original)
    png = imaging.render_variant(image, lambda: source, Variant(width=512, height=512))
    try:
        made = imaging.render_variant(image, lambda: source, Variant(format="svg"))
    except NotVectorizable as error:
        return name, error.fidelity, 0, len(png), str(error)
    fidelity = float(made.partition(b'data-fidelity="')[2].partition(b'"')[0])
    return name, fidelity, len(made), len(png), "made"


def _icons() -> Iterator[tuple[str, bytes]]:
    artworks = load_artworks()
    for artwork in artworks[:: max(1, len(artworks) // PER_KIND)][:PER_KIND]:
        white = Image.new("RGB", artwork.pixels.shape[1::-1], "white")
        white.paste(Image.fromarray(artwork.pixels), mask=Image.fromarray(artwork.pixels[..., 3]))
        out = io.BytesIO()
        white.save(out, "PNG")
        yield f"{artwork.source} {artwork.name}", out.getvalue()


if __name__ == "__main__":
    main()
