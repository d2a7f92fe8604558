"""Ranvier's answers to the rows of the tables against PyTorch's."""

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
    """Where PyTorch has no second gradient: ours against differences of the first."""
    call = answers.prepared(rv, case, "float64")
    floats = [x for x in answers.inputs(rv, case, "float64") if x.dtype.is_float]
    others = [x for x in answers.inputs(rv, case, "float64") if not x.dtype.is_float]

    def slope(*xs):
        def total(*xs):
            return answers.weighted(rv, list(answers.flat(call(*xs, *others))), 1.7)

        return rv.grad(total, argnums=tuple(range(len(xs))))(*xs)

    rv.check_gradients(slope, floats)


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
