"""The lectures' experiments: each runs, draws its picture and checks its own claim.

A row of the course is a file in a chapter's folder, `e3_xor_bpnn.py`, with a function
`experiment(e)`, and beside it `e3_xor_bpnn.toml` with all that it says in English and
Chinese. `catalog` finds the rows, `Experiment` is what a row's function is given,
`play` runs one, `drawing` holds the style of the pictures.

>>> import ranvier as rv
>>> result = rv.course.run("A3", say=None)
>>> result.holds
True
"""

from typing import TYPE_CHECKING

from ranvier import lazy

if TYPE_CHECKING:
    from ranvier.course.catalog import Row as Row
    from ranvier.course.catalog import copy as copy
    from ranvier.course.catalog import find as find
    from ranvier.course.catalog import rows as rows
    from ranvier.course.play import Result as Result
    from ranvier.course.play import run as run
    from ranvier.course.play import show as show

lazy.install(
    __name__,
    {
        "catalog": "Row copy find rows",
        "play": "Result run show",
    },
)
