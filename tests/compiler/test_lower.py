"""What the text and the machine code promise: no spills in the tiles, equal kernels
once, few barriers.
"""

import re

import numpy as np
import pytest
from harness import WIDTHS, holes_for, run_native

import ranvier as rv
from ranvier import dtypes, nn, ops
from ranvier.compiler.fuse.fuse import fuse
from ranvier.compiler.fuse.target import AVX2, AVX512, NEON, SSE2
from ranvier.compiler.lower.program import lower
from ranvier.compiler.lower.table import Part, Pointer
from ranvier.compiler.run.jit import assembly
from ranvier.graph import Graph, hole

pytestmark = pytest.mark.usefixtures("one_thread")

# mlp-m at batch 64: the three products forward, and those of the gradients.
PRODUCTS = [
    (64, 784, 256, ""),
    (64, 256, 128, ""),
    (64, 128, 10, ""),
    (64, 128, 256, "right"),
    (64, 10, 128, "right"),
    (784, 64, 256, "left"),
    (256, 64, 128, "left"),
    (128, 64, 10, "left"),
]
MACHINES = {"haswell": AVX2, "skylake-avx512": AVX512, "znver4": AVX512}


def product(m, k, n, transposed):
    a = hole(0, (k, m) if transposed == "left" else (m, k), dtypes.float32)
    b = hole(1, (n, k) if transposed == "right" else (k, n), dtypes.float32)
    y = ops.matmul(
        ops.swap(a) if transposed == "left" else a,
        ops.swap(b) if transposed == "right" else b,
    )
    return Graph([a, b], [y])


def module_of(graph, target):
    schedule = fuse(graph, target)
    count = len(graph.inputs) + len(graph.outputs)
    inputs = tuple(range(len(graph.inputs)))
    outputs = tuple(range(len(graph.inputs), count))
    return schedule, lower(
        [Part(schedule, inputs, outputs)], [Pointer()] * count, target
    )


def hot_loops(text):
    """The loops of the assembly that hold multiply-adds: from label to jump back."""
    lines = text.splitlines()
    labels = {
        m[1]: i for i, line in enumerate(lines) if (m := re.match(r"(\S+):", line))
    }
    for i, line in enumerate(lines):
        jump = re.match(r"\s+j\w+\s+(\S+)", line)
        if jump and labels.get(jump[1], i) < i:
            body = lines[labels[jump[1]] : i]
            inner = any(re.match(r"\s+j\w+\s", b) for b in body)
            if not inner and any("vfmadd" in b for b in body):
                yield body


@pytest.mark.parametrize("cpu", MACHINES)
@pytest.mark.parametrize("sizes", PRODUCTS, ids=str)
def test_the_tile_stays_in_registers(sizes, cpu):
    target = MACHINES[cpu]
    _schedule, module = module_of(product(*sizes), target)
    loops = list(
        hot_loops(assembly(module.text, target, "x86_64-unknown-linux-gnu", cpu))
    )
    assert loops, "the product has a loop over the inner dimension"
    for body in loops:
        spills = [line for line in body if re.search(r"vmov\w+.*\(%r[sb]p\)", line)]
        assert not spills, "\n".join(spills[:3])


@pytest.mark.parametrize("cpu", MACHINES)
@pytest.mark.parametrize("sizes", PRODUCTS, ids=str)
def test_the_full_tile_does_its_multiply_adds_and_few_other_vector_instructions(
    sizes, cpu
):
    target = MACHINES[cpu]
    schedule, module = module_of(product(*sizes), target)
    (kernel,) = [k for k in schedule.kernels if k.kind == "matmul"]
    rows, columns = kernel.tile[:2]
    vectors = (
        rows * columns if kernel.lanes == "k" else rows * -(-columns // target.lanes)
    )
    found = []
    for body in hot_loops(
        assembly(module.text, target, "x86_64-unknown-linux-gnu", cpu)
    ):
        found.append(sum("vfmadd" in line for line in body))
    assert any(n % vectors == 0 and n for n in found), (
        f"{found} in a tile of {rows}x{columns}"
    )


@pytest.mark.parametrize("target", [AVX512, AVX2, SSE2, NEON], ids=lambda t: t.name)
def test_code_is_made_for_every_kind_of_processor(target):
    triple = (
        "aarch64-unknown-linux-gnu" if target is NEON else "x86_64-unknown-linux-gnu"
    )
    if target is NEON:
        import llvmlite.binding as llvm

        llvm.initialize_all_targets()
        llvm.initialize_all_asmprinters()
    cpu = {
        "avx512": "skylake-avx512",
        "avx2": "haswell",
        "sse2": "x86-64",
        "neon": "generic",
    }[target.name]
    x = hole(0, (37, 19), dtypes.float32)
    y = (
        ops.softmax(x)
        if hasattr(ops, "softmax")
        else ops.tanh(ops.matmul(x, ops.swap(x)))
    )
    _, module = module_of(Graph([x], [y]), target)
    text = assembly(module.text, target, triple, cpu)
    register = {"avx512": "zmm", "avx2": "ymm", "sse2": "xmm", "neon": ".4s"}[
        target.name
    ]
    assert register in text


def test_equal_kernels_are_one_function():
    arrays = [np.ones((5, 7), np.float32) for _ in range(6)]
    holes = holes_for(arrays, rg=False)
    _, once = module_of(Graph(holes[:1], [ops.tanh(holes[0])]), WIDTHS["host"])
    outputs = []
    for _i, h in enumerate(holes):
        shifted = ops.cut(h, ((0, 5, 1), (0, 7, 1)))
        outputs.append(ops.tanh(shifted))
    _, all_six = module_of(Graph(holes, outputs), WIDTHS["host"])
    assert all_six.kernels == once.kernels
    assert all_six.text.count("call void @k") == 6


def mlp_plan(threads):
    rv.set_num_threads(threads)
    rv.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(784, 256),
        nn.ReLU(),
        nn.Linear(256, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )
    opt = rv.optim.Adam(model.parameters(), lr=0.001)
    loss_function = nn.CrossEntropyLoss()

    def step(x, y):
        opt.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        opt.step()
        return loss

    run = rv.compile(step)
    x, y = np.zeros((128, 784), np.float32), np.arange(128) % 10
    run.over(rv.data.DataLoader((x, y), batch_size=64, shuffle=True))
    return run.last


def test_one_thread_meets_nobody():
    assert mlp_plan(1).module.barriers == 0


def test_threads_meet_at_most_once_a_phase_and_once_for_guards_and_the_end():
    plan = mlp_plan(2)
    schedule = plan.schedules[0]
    assert 0 < plan.module.barriers <= len(schedule.phases) + len(schedule.guards) + 1


def test_nothing_is_allocated_in_the_run():
    text = mlp_plan(1).module.text
    assert not re.search(r"@(malloc|calloc|realloc|free|mmap)\b", text)
    assert "i64 %row_at" not in text or text.count("alloca i64") == 2


def long(shape):
    """The sizes that say in which order elements lie."""
    return [size for size in shape if size != 1]


def test_parameters_and_moments_are_updated_where_they_lie():
    plan = mlp_plan(1)
    schedule = plan.schedules[0]
    graph = plan.derived[0]
    for source, output in graph.updates:
        writers = [
            n
            for n, s in schedule.slots.items()
            if s.where == "input" and s.place == source
        ]
        assert len(writers) == 1
        assert long(writers[0].shape) == long(graph.outputs[output].shape)
    written = {id(n) for n, s in schedule.slots.items() if s.where == "input"}
    large = [
        n
        for k in schedule.kernels
        if k.nodes[0].op == "copy"
        for n in k.stores
        if id(n) in written and len(n.shape) == 2
    ]
    assert not large, "a parameter's new value is copied into place"


@pytest.mark.parametrize("kind", ["int64", "int32", "uint8"])
def test_a_division_by_zero_does_not_end_the_process(kind):
    x = np.array([5, 0, 7], kind)
    holes = holes_for([x, x])
    (got,), _, _ = run_native(Graph(holes, [ops.mod(*holes)]), [x, np.zeros(3, kind)])
    assert got.tolist() == [0, 0, 0]


def test_a_wrong_row_number_reads_and_writes_no_foreign_memory():
    x, i = np.ones((3, 4), np.float32), np.array([0, 2**40, -(2**40)])
    holes = holes_for([x, i], rg=False)
    (got,), _, _ = run_native(Graph(holes, [ops.take(*holes)]), [x, i])
    assert (got == 1).all()
    (got,), _, _ = run_native(Graph(holes, [ops.scatter_add(*holes, 3)]), [x, i])
    assert got.sum() == 12


def test_a_failed_guard_leaves_what_it_looks_at_unwritten():
    """The guard reads the very value that would be written in place."""
    w, x = np.ones(40, np.float32), np.full(40, 5.0, np.float32)
    holes = holes_for([w, x], rg=False)
    new = ops.add(holes[0], holes[1])
    ok = ops.lt(ops.amax(new), ops.like(new, 3.0))
    _, held, failed = run_native(
        Graph(holes, [new, ok], [(0, 0)], [(1, "too large")]), [w, x]
    )
    assert failed == "too large"
    np.testing.assert_array_equal(held[0], w)


def test_an_updated_input_is_read_before_it_is_written_in_the_same_kernel():
    x, w = np.linspace(-1, 1, 20).astype(np.float32), np.arange(20, dtype=np.float32)
    holes = holes_for([x, w], rg=False)
    e = ops.exp(holes[0])
    new, other = ops.mul(e, ops.like(e, 2.0)), ops.add(e, holes[1])
    results, held, _ = run_native(Graph(holes, [new, other], [(1, 0)]), [x, w])
    np.testing.assert_allclose(results[1], np.exp(x) + w, rtol=1e-6)
    np.testing.assert_allclose(held[1], 2 * np.exp(x), rtol=1e-6)
