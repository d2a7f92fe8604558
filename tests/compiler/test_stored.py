"""Programs found again by what their graphs say: the same results, the same stages when
somebody looks, and never a program that was made for something else.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ranvier as rv
from ranvier import ops
from ranvier.compiler import pipeline, sources
from ranvier.compiler.fingerprint import UnknownAttribute, fingerprint
from ranvier.compiler.fuse.target import SSE2
from ranvier.compiler.run import jit, stored
from ranvier.compiler.run.cache import SUFFIX, ObjectCache
from ranvier.dtypes import bool_, float32, float64
from ranvier.graph import Graph, Node, Template, hole, leaf
from ranvier.ops.scan import scan


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, one_thread):
    monkeypatch.setenv("RANVIER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(stored, "cache", ObjectCache())
    return tmp_path / "cache"


@pytest.fixture
def made(monkeypatch):
    """How often the stages between capture and machine code were gone through."""
    calls = []
    plain = pipeline.make

    def counted(wanted):
        calls.append(wanted)
        return plain(wanted)

    monkeypatch.setattr(pipeline, "make", counted)
    return calls


def graph(factor=2.0, message="x. Expected y. Do z.", size=5):
    """factor * w + x in place of w, and w + x; stops unless all of x is below 9."""
    w, x = hole(0, (size,), float32), hole(1, (size,), float32)
    new = ops.add(ops.mul(w, ops.const(factor, float32)), x)
    low = ops.lt(ops.amax(x), ops.const(9.0, float32))
    return Graph([w, x], [new, low, ops.add(w, x)], [(0, 0)], [(1, message)])


def run(program, x=1.0):
    """New w, w + x and the guard that failed, from w = 0 … 4."""
    w, given = np.arange(5, dtype=np.float32), np.full(5, x, np.float32)
    results = [w, given, *(np.zeros(5, np.float32) for _ in range(3))]
    for position, array in enumerate(results):
        program.bind(position, array)
    guard = program.run(1, (1,)).guard
    return w.tolist(), results[4].tolist(), guard


def plan(*graphs, **named):
    return pipeline.plan(graphs or [graph()], single=True, **named)


# ---- a hit -----------------------------------------------------------------------


def test_a_second_plan_goes_through_no_stage(made):
    first, second = plan(), plan()
    assert len(made) == 1
    assert second.program.facts == first.program.facts
    assert second.program.target == first.program.target
    assert run(second.program) == run(first.program)
    assert run(second.program)[0] == [1.0, 3.0, 5.0, 7.0, 9.0]


def test_a_guard_of_a_stored_program_has_its_message(made):
    plan()
    assert run(plan().program, x=9.0)[2] == "x. Expected y. Do z."
    assert len(made) == 1


def test_the_stages_of_a_stored_program_are_made_when_somebody_looks(made):
    first, second = plan(), plan()
    assert second.module == first.module
    assert len(made) == 2
    assert second.module is second.module
    assert len(second.schedules) == len(second.derived) == 1
    assert len(made) == 2


def step():
    """A model of two layers with Adam, and the function that trains it."""
    rv.manual_seed(3)
    model = rv.nn.Sequential(rv.nn.Linear(4, 8), rv.nn.Tanh(), rv.nn.Linear(8, 2))
    optimizer = rv.optim.Adam(model.parameters(), lr=0.01)

    def train(x, y):
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return {"loss": loss, "first": model[0].weight.grad}

    return rv.compile(train), model


def trained():
    train, model = step()
    x = rv.tensor(np.linspace(-1, 1, 24, dtype=np.float32).reshape(6, 4))
    results = [train(x, x[:, :2].clone()) for _ in range(3)]
    numbers = [[r["loss"].numpy(), r["first"].numpy()] for r in results]
    return numbers, [p.detach().numpy() for p in model.parameters()], train


def test_a_stored_step_gives_the_same_bits_and_the_same_text(made):
    numbers, weights, first = trained()
    before = len(made)
    again, moved, second = trained()
    assert len(made) == before > 0
    for a, b in zip(numbers, again, strict=True):
        for p, q in zip(a, b, strict=True):
            np.testing.assert_array_equal(p, q)
    for p, q in zip(weights, moved, strict=True):
        np.testing.assert_array_equal(p, q)
    assert rv.explain(second) == rv.explain(first)
    assert len(made) == before + 1


CODE = """
import sys
import numpy as np
import ranvier as rv
from ranvier.compiler import pipeline

sys.path.insert(0, sys.argv[1])
plain, calls = pipeline.make, []
pipeline.make = lambda wanted: calls.append(1) or plain(wanted)
import test_stored

numbers, weights, train = test_stored.trained()
print(len(calls), [p.tolist() for p in weights])
"""


def test_another_process_finds_it():
    """Whatever its hashes of strings are."""
    here = Path(__file__).parent
    said = []
    for seed in ("1", "2"):
        environment = dict(
            os.environ,
            PYTHONPATH=f"{here.parents[1]}{os.pathsep}{here}",
            PYTHONHASHSEED=seed,
        )
        command = [sys.executable, "-c", CODE, str(here)]
        ended = subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True
        )
        said.append(ended.stdout.partition(" "))
    assert int(said[0][0]) > 0
    assert said[1] == ("0", " ", said[0][2])


def test_orders_of_state_come_back(made):
    def convolved():
        rv.manual_seed(0)
        layer = rv.nn.Conv2d(2, 16, 3)
        optimizer = rv.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)

        def train(x):
            optimizer.zero_grad()
            loss = (layer(x) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss

        f = rv.compile(train)
        x = rv.tensor(np.linspace(-1, 1, 2 * 2 * 64, dtype=np.float32))
        losses = [f(x.reshape(2, 2, 8, 8)).item() for _ in range(3)]
        return losses, layer.weight.detach().numpy().copy(), f.last.orders

    losses, weight, orders = convolved()
    before = len(made)
    again, same, found = convolved()
    assert len(made) == before
    assert again == losses and found == orders and orders
    np.testing.assert_array_equal(same, weight)


# ---- everything that a program depends on ----------------------------------------

ONE = jit.host()._replace(threads=1)
OTHER = {
    "a constant": {"graphs": [graph(factor=3.0)]},
    "the sign of a constant": {"graphs": [graph(factor=-2.0)]},
    "a message": {"graphs": [graph(message="other")]},
    "a shape": {"graphs": [graph(size=6)]},
    "the target": {"target": SSE2},
    "the width": {"target": ONE._replace(lanes=2)},
    "threads of the target": {"target": ONE._replace(threads=2)},
    "one step at a time": {"single": False},
    "state": {"state": [0]},
    "rows": {"rows": (3,)},
    "the kind of a pointer": {
        "feed": ([*[("no", 0)] * 4, ("step", 20)], [[0, 1]], [[2, 3, 4]])
    },
    "the order of inputs": {"feed": ([("no", 0)] * 5, [[1, 0]], [[2, 3, 4]])},
    "the order of outputs": {"feed": ([("no", 0)] * 5, [[0, 1]], [[4, 3, 2]])},
    "a watched step": {
        "watched": [graph()],
        "watched_outputs": [[2, 3, 4]],
        "feed": ([("no", 0)] * 5, [[0, 1]], [[2, 3, 4]]),
    },
}
PLAIN = {
    "graphs": [graph()],
    "single": True,
    "target": ONE,
    "feed": ([("no", 0)] * 5, [[0, 1]], [[2, 3, 4]]),
}


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER)
def test_another_program_is_another_key(change, made):
    pipeline.plan(**PLAIN)
    pipeline.plan(**PLAIN)
    assert len(made) == 1
    pipeline.plan(**(PLAIN | change))
    assert len(made) == 2


def test_the_number_of_threads_there_are_is_part_of_the_key(made):
    plan()
    rv.set_num_threads(2)
    plan()
    assert len(made) == 2


def test_another_compiler_is_another_key(made, monkeypatch):
    plan()
    monkeypatch.setattr(pipeline, "COMPILER", ("another",))
    plan()
    assert len(made) == 2


def test_a_changed_source_is_another_compiler(tmp_path):
    for name in ("dtypes.py", "graph.py", "ops/a.py", "compiler/fuse/b.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")
    keys = {sources.sources(tmp_path)}
    (tmp_path / "compiler" / "fuse" / "b.py").write_text("x = 2\n")
    keys.add(sources.sources(tmp_path))
    (tmp_path / "ops" / "c.py").write_text("")
    keys.add(sources.sources(tmp_path))
    assert len(keys) == 3 and "" not in keys
    (tmp_path / "graph.py").unlink()
    assert sources.sources(tmp_path) == ""


def test_without_sources_nothing_is_stored(made, monkeypatch, folder):
    monkeypatch.setattr(pipeline, "COMPILER", ())
    assert run(plan().program) == run(plan().program)
    assert len(made) == 2
    assert not folder.exists()


# ---- fingerprints ----------------------------------------------------------------


def body(factor, name="body"):
    c = hole(0, (3,), float32)
    return Template(name, [c], [ops.mul(c, ops.const(factor, float32))])


def looped(factor, steps=4, name="body"):
    start = hole(0, (3,), float32)
    return Graph([start], scan(body(factor, name), [start], [], [], steps))


def called(factor):
    x = hole(0, (3,), float32)
    return Graph([x], body(factor).call([x]))


def of_one(op, attrs=None, dtype=float32, rg=False):
    x = hole(0, (3,), float32)
    return Graph([x], [Node(op, (x,), attrs, (3,), dtype, rg)])


def number(value, dtype=float64):
    return Graph([], [ops.const(value, dtype)])


def of_two(swapped, shared=True):
    a, b = hole(0, (3,), float32), hole(1, (3,), float32)
    first = ops.sub(b, a) if swapped else ops.sub(a, b)
    second = first if shared else ops.sub(a, b)
    return Graph([a, b], [ops.mul(first, second)])


GRAPHS = {
    "scan": looped(2.0),
    "scan of another body": looped(3.0),
    "scan of another length": looped(2.0, steps=5),
    "scan of another name": looped(2.0, name="other"),
    "call": called(2.0),
    "call of another body": called(3.0),
    "op": of_one("neg"),
    "other op": of_one("exp"),
    "attribute": of_one("reshape", (3,)),
    "other attribute": of_one("reshape", (True,)),
    "type": of_one("neg", dtype=float64),
    "gradient": of_one("neg", rg=True),
    "0": number(0.0),
    "-0": number(-0.0),
    "nan": number(float("nan")),
    "true": number(True, bool_),
    "1": number(1.0),
    "cast": of_one("cast", float64, float64),
    "numpy 1": of_one("neg", np.float32(1)),
    "numpy 2": of_one("neg", np.float32(2)),
    "sub": of_two(False),
    "sub the other way": of_two(True),
    "sub made twice": of_two(False, shared=False),
}


def test_different_graphs_have_different_fingerprints():
    texts = {fingerprint([g]) for g in GRAPHS.values()}
    assert len(texts) == len(GRAPHS)


def test_equal_graphs_made_apart_have_equal_fingerprints():
    for made in (graph, lambda: looped(2.0), lambda: called(2.0), lambda: of_two(True)):
        assert fingerprint([made()]) == fingerprint([made()])


def test_several_graphs_do_not_run_into_each_other():
    a, b = of_one("neg"), of_one("exp")
    assert fingerprint([a, b]) != fingerprint([b, a]) != fingerprint([b])


@pytest.mark.parametrize("attrs", [object(), {1: 2}, (1, [np.zeros(2)])])
def test_an_attribute_without_a_text_has_no_fingerprint(attrs):
    with pytest.raises(UnknownAttribute):
        fingerprint([of_one("neg", attrs)])


def test_an_array_inside_a_graph_has_no_fingerprint():
    with pytest.raises(UnknownAttribute):
        fingerprint([Graph([], [leaf(np.zeros(3, np.float32))])])


def test_a_graph_without_a_fingerprint_is_compiled_and_not_stored(made, folder):
    odd = graph()
    odd.outputs[2].attrs = object()  # add looks at none
    assert run(plan(odd).program)[0] == [1.0, 3.0, 5.0, 7.0, 9.0]
    plan(odd)
    assert len(made) == 2
    assert not folder.exists()


# ---- facts that are not as they were written -------------------------------------

FACTS = stored.Facts(
    arena=64,
    guards=("a", "b"),
    kernels=3,
    barriers=0,
    rows=(32, 7),
    alone=True,
    threads=2,
    cycles=1.5,
    together=False,
    orders=((3, (1, 0, 2)),),
)


def test_facts_come_back():
    assert stored.unpacked(stored.packed(FACTS, b"object")) == (FACTS, b"object")


def changed(**fields):
    return json.dumps(FACTS._asdict() | fields).encode()


WRONG = {
    "no JSON": b"{",
    "no UTF-8": b"\xff\xfe",
    "a list": b"[]",
    "deep": b"[" * 100_000,
    "nothing": b"",
    "a pickle": b"\x80\x04\x95",
    "one field more": changed(more=1),
    "one field less": json.dumps({"arena": 64}).encode(),
    "arena below 0": changed(arena=-1),
    "arena a float": changed(arena=64.0),
    "arena a bool": changed(arena=True),
    "no threads": changed(threads=0),
    "cycles not a number": changed(cycles=float("nan")),
    "cycles without end": changed(cycles=float("inf")),
    "cycles too large": changed().replace(b"1.5", b"1e999"),
    "alone a number": changed(alone=1),
    "guards a text": changed(guards="ab"),
    "a guard a number": changed(guards=[1]),
    "rows below 0": changed(rows=[-1]),
    "an order that is none": changed(orders=[[3, [1, 1, 2]]]),
    "an order of texts": changed(orders=[[3, ["a"]]]),
    "half an order": changed(orders=[[3]]),
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_facts_of_another_form_are_no_facts(text):
    data = stored.LENGTH.pack(len(text)) + text + b"object"
    assert stored.unpacked(data) is None


@pytest.mark.parametrize("length", [2**32 - 1, stored.MOST + 1, 10_000])
def test_a_length_that_cannot_be_is_refused(length):
    assert stored.unpacked(stored.LENGTH.pack(length) + changed()) is None
    assert stored.unpacked(b"\0") is None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "change",
    [
        {"arena": -64},
        {"rows": (1, 2)},
        {"threads": 64},
        {"orders": ((0, (1, 0)),)},  # of what is no state
        None,
    ],
    ids=str,
)
def test_facts_that_do_not_fit_are_made_anew_and_replaced(change, made, folder):
    first = plan()
    (path,) = folder.glob("*" + SUFFIX)
    good, key = path.read_bytes(), bytes.fromhex(path.stem)
    facts, image = stored.load(key)
    if change is None:
        stored.cache.store(key, image)
    else:
        stored.store(key, facts._replace(**change), image)
    assert path.read_bytes() != good
    assert run(plan().program) == run(first.program)
    assert len(made) == 2
    assert path.read_bytes() == good
