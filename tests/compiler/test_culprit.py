"""A loss that is not finite: the error names the value that was the first."""

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn
from ranvier.errors import NotFiniteError

R = np.random.default_rng(0)
X = R.standard_normal((50, 4)).astype(np.float32)
Y = R.standard_normal((50, 1)).astype(np.float32)


class Root(nn.Module):
    """√x, which is NaN below 0."""

    def forward(self, x):
        return x.sqrt()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.enter = nn.Linear(4, 3)
        self.body = nn.Sequential(nn.Tanh(), Root())

    def forward(self, x):
        return self.body(self.enter(x)).sum(1, keepdim=True)


def step_of(model, lr=0.1, loss=nn.MSELoss):
    optimizer, criterion = rv.optim.SGD(model.parameters(), lr=lr), loss()

    @rv.compile
    def step(x, y):
        optimizer.zero_grad()
        value = criterion(model(x), y)
        value.backward()
        optimizer.step()
        return value

    return step


def ways(step):
    """A call, a run on all rows at once, a run on mini-batches."""
    loader = rv.data.DataLoader((X, Y), batch_size=20, shuffle=True, seed=1)
    return {
        "call": lambda: step(rv.tensor(X), rv.tensor(Y)),
        "whole": lambda: step.over((X, Y)),
        "batches": lambda: step.over(loader),
    }


def failure(run):
    with pytest.raises(NotFiniteError) as caught:
        run()
    assert caught.value.first in str(caught.value)
    return caught.value.first


@pytest.mark.parametrize("way", ["call", "whole", "batches"])
def test_the_module_whose_output_was_first(way):
    rv.manual_seed(0)
    model = Net()
    before = [p.detach().numpy().copy() for p in model.parameters()]
    first = failure(ways(step_of(model))[way])
    assert first == "The first such value: the output of body.1 (Root) holds NaN."
    for p, old in zip(model.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.detach().numpy(), old)


@pytest.mark.parametrize("way", ["call", "whole", "batches"])
def test_a_layer_of_a_sequential_and_its_infinity(way):
    rv.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
    with rv.no_grad():
        model[2].weight.fill_(3e38)
    first = failure(ways(step_of(model))[way])
    assert first.startswith(
        "The first such value: the output of layer 2 (Linear) holds"
    )


@pytest.mark.parametrize("way", ["call", "whole"])
def test_the_loss_itself(way):
    model = nn.Sequential(nn.Linear(4, 1))
    with rv.no_grad():
        model[0].weight.fill_(1e30)
    first = failure(ways(step_of(model))[way])
    assert first == "The first such value: the output of MSELoss holds inf."


def test_weights_that_an_earlier_step_has_spoilt():
    rv.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
    step = step_of(model, lr=3e38, loss=nn.MSELoss)
    with pytest.raises(NotFiniteError) as caught:
        step.over(rv.data.DataLoader((X, Y * 100), batch_size=10), epochs=50)
    first = caught.value.first
    assert first.startswith("Already before it, ")
    assert "weight held" in first or "bias held" in first


def test_data_that_is_not_finite_names_the_argument():
    """Only rows of the mini-batch that failed are looked at."""
    model = nn.Sequential(nn.Linear(4, 1))
    x = X.copy()
    x[33, 2] = np.nan
    step = step_of(model)
    with pytest.raises(NotFiniteError, match=r"in step 2 of epoch 1") as caught:
        step.over(rv.data.DataLoader((x, Y), batch_size=20))
    assert caught.value.first == ("The mini-batch, argument 1 of the step, holds NaN.")
    assert caught.value.steps == 1


def test_the_smaller_last_batch_and_the_draws_of_dropout():
    rv.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), Root())
    step = step_of(model)
    x, y = np.ones((25, 4), np.float32), np.ones((25, 4), np.float32)
    with rv.no_grad():
        model[0].weight.fill_(0.1)
        model[0].bias.fill_(1.0)
    x[20:] = -1e3
    first = failure(lambda: step.over(rv.data.DataLoader((x, y), batch_size=20)))
    assert first == "The first such value: the output of layer 2 (Root) holds NaN."


def test_fit_says_it_too():
    rv.manual_seed(0)
    with pytest.raises(NotFiniteError, match=r"output of body\.1 \(Root\) holds NaN"):
        rv.fit(
            model := Net(),
            (X, Y),
            loss=nn.MSELoss(),
            optimizer=rv.optim.SGD(model.parameters(), lr=0.1),
            epochs=2,
        )


def test_a_function_that_fails_when_it_runs_again():
    model, runs = Net(), []

    @rv.compile
    def step(x, y):
        if len(runs) > 0:
            raise OSError("only once")
        runs.append(1)
        loss = nn.MSELoss()(model(x), y)
        loss.backward()
        model.zero_grad()
        return loss

    first = failure(lambda: step(rv.tensor(X), rv.tensor(Y)))
    assert first == "(Where it came from was not found: OSError('only once').)"
