"""Adding losses up over a loop, as every tutorial does."""

import copy

import ranvier as rv
from ranvier import nn, optim
from ranvier.compiler.pipeline import evaluator


def trained(steps):
    rv.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.01)
    x = rv.randn(32, 4)
    y = x.sum(1, True)
    total, running, losses = 0, rv.tensor(0.0), []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        total += loss
        running += loss * 2
        losses.append(loss.item())
    return model, total, running, losses


def test_running_sums_are_right_and_no_leaves():
    _, total, running, losses = trained(30)
    assert abs(total.item() - sum(losses)) < 1e-4
    assert abs(running.item() - 2 * sum(losses)) < 1e-4
    assert not running.is_leaf


def test_a_running_sum_makes_no_new_graph_a_step():
    trained(5)
    known = len(evaluator.seen)
    trained(60)
    assert len(evaluator.seen) <= known + 3  # first, second and every later step


def test_a_sum_that_was_looked_at_can_still_be_differentiated():
    w = rv.ones(2, requires_grad=True)
    total = 0
    for _ in range(3):
        total += (w * 2).sum()
        assert total.item() > 0
    total.backward()
    assert w.grad.tolist() == [6.0, 6.0]


def test_a_number_is_formatted():
    assert f"{rv.tensor(1.23456):.3f}" == "1.235"


def test_a_model_is_copied_after_a_compiled_step():
    model = nn.Linear(2, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    @rv.compile
    def step(x):
        optimizer.zero_grad()
        loss = model(x).sum()
        loss.backward()
        optimizer.step()
        return loss

    step(rv.ones(3, 2))
    twin = copy.deepcopy(model)
    assert twin.weight.grad is None
    assert twin.weight.tolist() == model.weight.tolist()
