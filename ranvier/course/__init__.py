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

from ranvier.course.catalog import Row, find, rows
from ranvier.course.play import Result, run, show

__all__ = ["Result", "Row", "find", "rows", "run", "show"]
