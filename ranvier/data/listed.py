"""Data sets that are read by name or by path, but are no labelled pictures: tables,
texts, an archive. What they are, where they lie, under what licence, how to read them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, NamedTuple

FILES: Final = Path(__file__).parent / "files"


class Listed(NamedTuple):
    """A file; `file` is its place in the folder RANVIER_DATA, `packaged` in the
    package. `use` is how it is read, with {0} for its path.
    """

    name: str
    title: str
    licence: str
    by: str
    file: str
    use: str
    packaged: str = ""

    @property
    def remedy(self) -> str:
        """Where to put it."""
        return (
            f"Put it into a folder as {self.file}, and set RANVIER_DATA to that folder."
        )

    def find(self) -> Path | None:
        """The file; None where it is not on this machine."""
        folder = os.environ.get("RANVIER_DATA")
        own = [Path(folder).expanduser() / self.file] if folder else []
        ours = [FILES / self.packaged] if self.packaged else []
        return next((place for place in [*own, *ours] if place.is_file()), None)


# fmt: off
LISTED: Final = {one.name: one for one in (
    Listed(
        name="covid-worldwide",
        title="cumulative COVID-19 cases of the world by day, 2020-01-22 to 2022-04-16",
        licence="PDDL 1.0 (public domain dedication)",
        by="Johns Hopkins CSSE; datasets/covid-19 on GitHub",
        file="covid/worldwide-aggregate.csv",
        use="rv.data.read_csv({0!r})",
        packaged="covid/worldwide.csv",
    ),
    Listed(
        name="covid-countries",
        title="cumulative COVID-19 cases of eight countries by day, the same days",
        licence="PDDL 1.0 (public domain dedication)",
        by="Johns Hopkins CSSE; datasets/covid-19 on GitHub",
        file="covid/key-countries-pivoted.csv",
        use="rv.data.read_csv({0!r})",
        packaged="covid/key-countries-pivoted.csv.gz",
    ),
    Listed(
        name="covid-survey",
        title="survey answers of US states on three days, 2,700 rows, to predict the "
              "last column: a first regression",
        licence="not verified; not shipped",
        by="Carnegie Mellon University, Delphi Group; a widely used course homework",
        file="covid/survey-states-train.csv.gz",
        use="rv.data.read_csv({0!r})",
    ),
    Listed(
        name="tinyshakespeare",
        title="40,000 lines of Shakespeare, 1,115,394 characters, for language models",
        licence="text in the public domain",
        by="William Shakespeare; put together by Andrej Karpathy",
        file="text/tinyshakespeare.txt.gz",
        use="rv.data.read_text({0!r})",
    ),
    Listed(
        name="shakespeare",
        title="the first 119,983 characters of tinyshakespeare, shipped with Ranvier",
        licence="text in the public domain",
        by="William Shakespeare; put together by Andrej Karpathy",
        file="text/shakespeare.txt.gz",
        use="rv.data.read_text({0!r})",
        packaged="text/shakespeare.txt.gz",
    ),
    Listed(
        name="tang-poems",
        title="313 poems of the Tang dynasty, in Chinese, UTF-8",
        licence="texts in the public domain by age",
        by="the poets of Three Hundred Tang Poems",
        file="text/tang-poems.txt",
        use="rv.data.read_text({0!r})",
    ),
    Listed(
        name="cifar10",
        title="60,000 colour pictures 32x32 of ten classes, as JPEG in an archive: "
              "unpack it, then it is a folder of pictures",
        licence="none stated; not shipped",
        by="Alex Krizhevsky, Vinod Nair, Geoffrey Hinton",
        file="cifar10/cifar10-jpeg.tar.xz",
        use="mkdir cifar10; tar -xJf {0} -C cifar10; ranvier train cifar10 --model cnn",
    ),
)}
# fmt: on
