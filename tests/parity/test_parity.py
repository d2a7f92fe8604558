"""Ranvier's answers to the rows of the tables against PyTorch's."""

import dataclasses
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import ranvier as rv
from parity import answers, reference
from parity.case import NO_SECOND
from ranvier.errors import RanvierError

TABLES = sorted(p.stem for p in (Path(__file__).parent / "tables").glob("[a-z]*.py"))
F32, F64 = (1.3e-6, 1e-5), (1e-7, 1e-7)  # PyTorch's own, torch.testing.assert_close
EPS = 1e-6
ROWS = [
    pytest.param(table, case, id=f"{table}-{case.name}")
    for table in TABLES
    for case in import_module(f"parity.tables.{table}").CASES
]
TAKEN = [row for row in ROWS if not row.values[1].refused]
NATIVE = [row for row in TAKEN if row.values[1].native is True]
ONCE = [
    pytest.param(case, id=case.name)
    for case in (row.values[1] for row in TAKEN)
    if case.second == NO_SECOND
]
REFUSED = [row for row in ROWS if row.values[1].refused]
REFERENCES = {table: reference.read(table) for table in TABLES}


@pytest.mark.parametrize(("table", "case"), TAKEN)
def test_interpreted(table, case):
    theirs, dtypes = (part[case.name] for part in REFERENCES[table])
    compare(answers.run(rv, case, "float64"), theirs, F64)
    narrow = answers.run(rv, case, "float32")
    assert [a.dtype.name for a in narrow["y"]] == dtypes
    compare(narrow, theirs, bounds(case))


@pytest.mark.parametrize(("table", "case"), NATIVE)
def test_native(table, case):
    call = answers.prepared(rv, case, "float32")
    given = answers.inputs(rv, case, "float32")
    step = rv.compile(lambda *xs: answers.answer(rv, case, call, *xs))
    shapes = answers.leaf_shapes(rv, case, call, given)
    ours = answers.arrays(step(*given), shapes)
    compare(ours, REFERENCES[table][0][case.name], bounds(case))


@pytest.mark.parametrize("case", ONCE)
def test_second_by_differences(case):
    """Where PyTorch has no second gradient: ours against differences of the first, at
    a few places of every input and parameter.
    """
    call = answers.prepared(rv, case, "float64")
    given = answers.inputs(rv, case, "float64")
    leaves = [x for x in given if x.dtype.is_float]
    leaves += list(call.parameters()) if hasattr(call, "parameters") else []
    twice = dataclasses.replace(case, second=True)
    second = answers.answer(rv, twice, call, *given)[2]
    second = [answers.gradient(g, x.shape) for g, x in zip(second, leaves, strict=True)]

    def slope():
        first = answers.answer(rv, case, call, *given)[1]
        return sum(weights(g) @ np.asarray(g).ravel() for g in first if g is not None)

    assert leaves
    for leaf, exact in zip(leaves, second, strict=True):
        values = np.array(leaf.detach())
        some = np.random.default_rng(0).permutation(values.size)[:4]
        for place in some:
            sides = [moved(leaf, values, place, by, slope) for by in (EPS, -EPS)]
            found = (sides[0] - sides[1]) / (2 * EPS)
            assert exact.ravel()[place] == pytest.approx(found, rel=1e-4, abs=1e-4)


def weights(g):
    """Those of the second gradients in `answers`."""
    return np.cos(np.arange(g.numel()) * 2.3) + 1.5


def moved(leaf, values, place, by, slope):
    """The slope where one place of a leaf is another."""
    try:
        leaf.data.copy_(rv.tensor(values + by * (np.arange(values.size) == place)
                                  .reshape(values.shape)))  # fmt: skip
        return slope()
    finally:
        leaf.data.copy_(rv.tensor(values))


@pytest.mark.parametrize(("table", "case"), REFUSED)
def test_refused(table, case):
    with pytest.raises(RanvierError):
        answers.run(rv, case, "float32")


@pytest.mark.parametrize("table", TABLES)
def test_references_are_of_these_rows(table):
    rows = [row.values[1].name for row in ROWS if row.values[0] == table]
    assert rows == list(REFERENCES[table][0]), "run tests/parity/make_references.py"


def bounds(case):
    return case.bounds[:2] if case.bounds else F32


def compare(ours, theirs, within):
    rtol, atol = within
    for kind in ("y", "g", "gg"):
        assert len(ours[kind]) == len(theirs[kind]), kind
        for i, (a, b) in enumerate(zip(ours[kind], theirs[kind], strict=True)):
            assert a.shape == b.shape, (kind, i)
            np.testing.assert_allclose(
                a.astype(np.float64), b, rtol=rtol, atol=atol, err_msg=f"{kind}{i}"
            )
