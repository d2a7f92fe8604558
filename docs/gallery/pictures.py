"""Pictures made small enough to be kept beside the pages.

Stills have at most 256 colours of their own, films fewer, and both the width at which a
page shows them; letters stay sharp, because colours are not mixed from dots.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

from PIL import Image, ImageSequence

WIDTH: Final = 1200  # twice what most pages show, for screens with fine dots
FILM_WIDTH: Final = 900
STILL_BYTES: Final = 120_000
FILM_BYTES: Final = 500_000
LAST: Final = 2500  # ms for which a film's last frame stays
PALETTES: Final = (256, 128, 64, 48, 32, 24)


def small(source: Path, target: Path) -> None:
    """A PNG or GIF under the limit of its kind; the most colours that this allows.

    Raises ValueError: no palette is small enough.
    """
    make = film if source.suffix == ".gif" else still
    limit = FILM_BYTES if source.suffix == ".gif" else STILL_BYTES
    for colours in PALETTES:
        content = make(source, colours)
        if len(content) <= limit:
            target.write_bytes(content)
            return
    raise ValueError(f"{source.name} has {len(content):,} bytes, more than {limit:,}")


def still(source: Path, colours: int) -> bytes:
    with Image.open(source) as picture:
        shown = fitted(picture.convert("RGB"), WIDTH)
    return written(few_colours(shown, colours), "PNG")


def film(source: Path, colours: int) -> bytes:
    """All frames on one palette, so that a frame keeps only what has changed."""
    with Image.open(source) as picture:
        frames, times = [], []
        for frame in ImageSequence.Iterator(picture):
            frames.append(fitted(frame.convert("RGB"), FILM_WIDTH))
            times.append(frame.info["duration"])
    times[-1] = LAST
    first, *others = apart(few_colours(strip(frames), colours), len(frames))
    return written(
        first, "GIF", save_all=True, append_images=others, duration=times, loop=0,
        disposal=1,
    )  # fmt: skip


def strip(frames: list[Image.Image]) -> Image.Image:
    """Frames below one another."""
    width, height = frames[0].size
    whole = Image.new("RGB", (width, height * len(frames)))
    for place, frame in enumerate(frames):
        whole.paste(frame, (0, place * height))
    return whole


def apart(whole: Image.Image, count: int) -> list[Image.Image]:
    """The frames of a strip."""
    height = whole.height // count
    tops = range(0, whole.height, height)
    return [whole.crop((0, top, whole.width, top + height)) for top in tops]


def fitted(picture: Image.Image, width: int) -> Image.Image:
    if picture.width <= width:
        return picture
    height = round(picture.height * width / picture.width)
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def few_colours(picture: Image.Image, colours: int) -> Image.Image:
    """The palette leaves no colour far from its own: lines keep theirs beside a field
    of many shades, where the median cut would give them a neighbour's.
    """
    return picture.quantize(colours, Image.Quantize.MAXCOVERAGE, dither=0)


def written(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, optimize=True, **options)
    return file.getvalue()
