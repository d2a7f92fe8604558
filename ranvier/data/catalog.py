"""The data sets that have a name: what they are, where they lie, under what licence."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, NamedTuple

from ranvier.data.listed import LISTED
from ranvier.errors import UnknownNameError, nearest

PACKAGED: Final = Path(__file__).parent / "files"


class Source(NamedTuple):
    """One data set: its files and its facts.

    `files` are images and labels of the training part, then of the test part, `sha256`
    their checksums once unpacked. A set without test files of its own keeps its last
    `held_out` rows apart as the test.
    """

    name: str
    title: str
    licence: str
    by: str
    files: tuple[str, ...]
    sha256: tuple[str, ...]
    shape: tuple[int, ...]  # of one image: channels, height, width
    top: int  # the pixel value that becomes 1.0
    classes: tuple[str, ...]
    places: tuple[Path, ...] = ()  # searched after RANVIER_DATA
    remedy: str = ""
    held_out: int = 0


DIGITS: Final = tuple("0123456789")
PUBLISHED: Final = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)

# fmt: off
MNIST: Final = Source(
    name="mnist",
    title="handwritten digits, 28x28, 60,000 to learn from and 10,000 to test",
    licence="CC BY-SA 3.0",
    by="Yann LeCun, Corinna Cortes, Christopher J. C. Burges",
    files=PUBLISHED,
    sha256=(
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
    shape=(1, 28, 28), top=255, classes=DIGITS,
    places=(PACKAGED / "mnist",),
    remedy="It belongs to the package; install Ranvier again.",
)

SMALL_DIGITS: Final = Source(
    name="digits",
    title="handwritten digits, 8x8, 1,437 to learn from and 360 to test",
    licence="CC BY 4.0",
    by="E. Alpaydin, C. Kaynak (UCI Machine Learning Repository)",
    files=("digits-images-idx3-ubyte", "digits-labels-idx1-ubyte"),
    sha256=(
        "359cd13f0f514122884198b78a131df597421cbf5e93a76678fa96fc548f0d96",
        "ce71631c1f31ce56fa54f31d1d498fafacff59b001e6c30c4a5e29508aa277ad",
    ),
    shape=(1, 8, 8), top=16, classes=DIGITS,
    places=(PACKAGED / "digits",),
    remedy="It belongs to the package; install Ranvier again.",
    held_out=360,
)

FASHION: Final = Source(
    name="fashion-mnist",
    title="pictures of clothing, 28x28, 60,000 to learn from and 10,000 to test",
    licence="MIT",
    by="Zalando SE (Han Xiao, Kashif Rasul, Roland Vollgraf)",
    files=PUBLISHED,
    sha256=(
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
    shape=(1, 28, 28), top=255,
    classes=("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
             "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    places=(Path("/usr/share/datasets/fashion-mnist"),),
    remedy="On Debian: apt install dataset-fashion-mnist. Elsewhere: put the four .gz "
           "files of github.com/zalandoresearch/fashion-mnist into a folder "
           "fashion-mnist, and set RANVIER_DATA to the folder that holds it.",
)
# fmt: on

CATALOG: Final = {source.name: source for source in (MNIST, SMALL_DIGITS, FASHION)}


def find(name: str) -> Path | None:
    """The folder that `load(name)` reads, or the file of a table, a text or an archive
    (`ranvier data` lists them); None where the set is not on this machine.
    """
    if name in LISTED:
        return LISTED[name].find()
    found = (place for place in places(source_of(name)) if place.is_dir())
    return next(found, None)


def source_of(name: str) -> Source:
    """The entry of the catalogue, or an error with the nearest name."""
    if name in LISTED:
        place = LISTED[name].find()
        use = (
            LISTED[name].remedy
            if place is None
            else LISTED[name].use.format(str(place))
        )
        raise UnknownNameError(
            f"{name!r} is no set of labelled pictures that load() makes a Dataset of: "
            f"{LISTED[name].title}. {'Read it: ' * (place is not None)}{use}"
        )
    if name not in CATALOG:
        hint = nearest(str(name), CATALOG) or "."
        raise UnknownNameError(
            f"no data set is called {name!r}{hint} There are: {', '.join(CATALOG)}. "
            "Data of your own: pass (inputs, targets) instead."
        )
    return CATALOG[name]


def places(source: Source) -> list[Path]:
    """Where to look, in order."""
    folder = os.environ.get("RANVIER_DATA")
    own = [Path(folder).expanduser() / source.name] if folder else []
    return [*own, *source.places]
