"""Plain loops that never look: no graph piles up, and none is made anew each step."""

import numpy as np

import ranvier as rv
from ranvier.compiler.flush import Seen
from ranvier.compiler.pipeline import evaluator


def test_a_long_chain_of_operations_is_computed():
    x = rv.ones(10)
    for _ in range(9_000):
        x = x * 0.5 + 1
    assert np.allclose(x.numpy(), 2.0)


def test_a_falling_learning_rate_keeps_one_graph(monkeypatch):
    made = []
    start = Seen.__init__

    def counted(self, graph):
        made.append(1)
        start(self, graph)

    monkeypatch.setattr(Seen, "__init__", counted)
    x = rv.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]])
    y = x @ rv.tensor([[1.0], [2.0]])
    w = rv.zeros(2, 1, requires_grad=True)
    for i in range(1500):
        loss = ((x @ w - y) ** 2).mean()
        loss.backward()
        with rv.no_grad():
            w -= 0.02 * 0.9999**i * w.grad
            w.grad.zero_()
    assert np.allclose(w.detach().numpy(), [[1.0], [2.0]], atol=0.1)
    assert len(made) <= 5


def test_an_assigned_parameter_ends_the_step():
    w = rv.zeros(3, requires_grad=True)
    for _ in range(3):
        loss = ((w - 1.0) ** 2).sum()
        loss.backward()
        with rv.no_grad():
            w -= 0.1 * w.grad
            w.grad.zero_()
    before = evaluator.clock
    ((w - 1.0) ** 2).sum()
    assert evaluator.clock == before + 1
