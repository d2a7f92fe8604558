"""A picture from anywhere, made to look like those that the network learned from.

Grey, light ink on dark ground, of the data's size. A picture that has that size
already is taken as it is (turned to light on dark). Otherwise the ink is cut out and
fitted into a box, and its centre of mass put in the middle, as was done for MNIST
(LeCun et al., 1998: a box of 20 in 28).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image, ImageOps

from ranvier.data.images import opened
from ranvier.errors import DataError

Array = np.ndarray[Any, Any]
BOX: Final = {"mnist": 20 / 28}
LIGHT: Final = 0.5
FAINT: Final = 0.1


def read_picture(path: Path, shape: tuple[int, int], box: float = 1.0) -> Array:
    """The picture as (height, width) float32, 0 for ground to 1 for ink.

    box: the share of the height and width that the ink may fill.
    Raises FileError: missing, no picture, damaged, absurdly large; DataError: blank.
    """
    ink = ink_of(grey(path), path)
    if ink.shape == shape:
        return ink
    size = max(1, round(box * min(shape)))
    return centred(fitted(cut_out(ink), size), shape)


def grey(path: Path) -> Array:
    """The picture's brightness, 0 to 1; what is transparent is white."""
    with opened(path) as image:
        return brightness(ImageOps.exif_transpose(image))


def brightness(image: Any) -> Array:
    """Any mode of Pillow as float32, 0 to 1."""
    if image.mode.startswith("I") or image.mode == "F":
        deep = np.asarray(image, np.float32)
        return deep / max(float(deep.max()), 1.0)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image)
    return np.asarray(image.convert("L"), np.float32) / 255


def ink_of(light: Array, path: Path) -> Array:
    """Turned so that ink is light on a dark ground, told by the border."""
    border = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    if np.median(border) > LIGHT:
        light = 1 - light
    if light.max() - light.min() < FAINT:
        raise DataError(f"{path}: nothing can be seen; the picture is of one colour.")
    return light


def cut_out(ink: Array) -> Array:
    """The smallest rectangle with all the ink in it."""
    ground = float(np.median(ink[[0, -1]]))
    ink = np.clip((ink - ground) / max(float(ink.max()) - ground, FAINT), 0, 1)
    rows = np.flatnonzero((ink > FAINT).any(1))
    columns = np.flatnonzero((ink > FAINT).any(0))
    if not rows.size:
        return ink
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fitted(ink: Array, size: int) -> Array:
    """The ink with its longer side `size` pixels long, smoothly made smaller."""
    height, width = ink.shape
    factor = size / max(height, width)
    new = (max(1, round(width * factor)), max(1, round(height * factor)))
    resized = Image.fromarray(ink).resize(new, Image.Resampling.BOX, reducing_gap=None)
    return np.clip(np.asarray(resized, np.float32), 0, 1)


def centred(ink: Array, shape: tuple[int, int]) -> Array:
    """The ink on an empty ground, its centre of mass in the middle."""
    picture = np.zeros(shape, np.float32)
    start = [first_place(ink.sum(1 - axis), shape[axis]) for axis in (0, 1)]
    stop = [start[axis] + ink.shape[axis] for axis in (0, 1)]
    picture[start[0] : stop[0], start[1] : stop[1]] = ink
    return picture


def first_place(mass: Array, room: int) -> int:
    """Where to begin, so that the centre of mass lies in the middle of the room."""
    centre = float((mass * np.arange(len(mass))).sum() / max(float(mass.sum()), 1e-9))
    return int(np.clip(round((room - 1) / 2 - centre), 0, room - len(mass)))
