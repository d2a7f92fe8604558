"""One picture from a file, decoded by Pillow only after its header was believed."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from ranvier.errors import FileError, RanvierError

Array = np.ndarray[Any, Any]
FORMATS: Final = ("PNG", "JPEG", "BMP", "GIF", "PPM", "TIFF", "WEBP")
ENDINGS: Final = frozenset(
    (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".ppm", ".pgm", ".tif", ".tiff", ".webp")
)
MOST_PIXELS: Final = 89_000_000
BROKEN: Final = (OSError, SyntaxError, ValueError, EOFError, struct.error, IndexError)


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A picture as Pillow's Image; what is wrong with the file becomes a FileError.

    Raises FileError: missing, no picture, damaged or cut short, more than 89 million
        pixels; of the last nothing is decoded.
    """
    # Pillow costs 30 ms, so it is imported when a picture is read
    from PIL import Image, UnidentifiedImageError

    if not path.is_file():
        raise FileError(f"there is no file {path}.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as image:
                width, height = image.size
                if width * height > MOST_PIXELS:
                    raise too_large(path)
                yield image
    except RanvierError:
        raise
    except Image.DecompressionBombError:
        raise too_large(path) from None
    except UnidentifiedImageError:
        raise FileError(
            f"{path} is not a picture that can be read (PNG, JPEG, …)."
        ) from None
    except BROKEN as error:
        raise FileError(f"{path} is damaged: {error}.") from None


def too_large(path: Path) -> FileError:
    return FileError(
        f"{path}: the picture is too large; at most {MOST_PIXELS // 1_000_000} million "
        "pixels are read. Make it smaller first."
    )


def read_image(path: Path, size: tuple[int, int], channels: int) -> Array:
    """The picture as uint8 (channels, height, width), cut to the form and made to fit.

    channels: 1 for grey, 3 for colour. What is transparent becomes white.
    """
    from PIL import Image, ImageOps

    with opened(path) as image:
        upright = flattened(ImageOps.exif_transpose(image))
        picture = upright.convert("L" if channels == 1 else "RGB")
        if picture.size != size[::-1]:
            picture = ImageOps.fit(picture, size[::-1], Image.Resampling.BILINEAR)
        pixels = np.asarray(picture, np.uint8)
    return pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)


def flattened(image: Any) -> Any:
    """A picture of 8 bits a channel without transparency."""
    from PIL import Image

    if image.mode.startswith("I") or image.mode == "F":
        deep = np.asarray(image, np.float32)
        top = 65535 if image.mode.startswith("I") else max(float(deep.max()), 1.0)
        return Image.fromarray(np.clip(deep * (255 / top), 0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(ground, image)
    return image


def look(path: Path) -> tuple[tuple[int, int], bool]:
    """(height, width) and whether it has colours; only the header is read."""
    with opened(path) as image:
        width, height = image.size
        return (height, width), image.mode not in ("1", "L", "LA", "I", "I;16", "F")
