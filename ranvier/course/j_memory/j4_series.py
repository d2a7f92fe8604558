"""Forecast a real series: tomorrow's new cases of COVID-19 in the world.

g_t = ln(y_t / y_{t-7}),   ĝ_{t+1} = LSTM(g_{t-27}, …, g_t),
ŷ_{t+1} = y_{t-6} exp(ĝ_{t+1});
seasonal persistence says ŷ_{t+1} = y_{t-6}: as a week before, ĝ = 0
"""

import csv

import numpy as np

import ranvier as rv
from ranvier import nn, optim

START, WINDOW, TEST = 60, 28, 210
SHOWN = 130  # days in the picture


class Forecast(nn.Module):
    def __init__(self):
        super().__init__()
        self.memory = nn.LSTM(1, 16, batch_first=True)
        self.out = nn.Linear(16, 1)

    def forward(self, g):
        h, _ = self.memory(g)
        return self.out(h[:, -1])


def cases(e):
    """New cases a day, and the dates; before START the counts are few and irregular."""
    with e.file("covid/worldwide.csv").open() as file:
        rows = list(csv.DictReader(file))
    total = np.array([float(row["Confirmed"]) for row in rows])
    return np.diff(total)[START:], [row["Date"] for row in rows][1 + START :]


def windows(g):
    """Each WINDOW days of weekly growth, and the growth of the day after them."""
    last = len(g) - WINDOW
    x = np.stack([g[i : i + WINDOW] for i in range(last)])[..., None]
    return x.astype(np.float32), g[WINDOW:, None].astype(np.float32)


def learned(x, t, seed, epochs):
    rv.manual_seed(seed)
    model = Forecast()
    rv.fit(model, (x, t), loss=nn.L1Loss(), epochs=epochs, batch_size=32, seed=seed,
           optimizer=optim.Adam(model.parameters(), lr=0.005))  # fmt: skip
    return model


def error(guess, t):
    """Mean of |ln ŷ - ln y|, about the relative error."""
    return float(abs(guess - t).mean())


def experiment(e):
    y, dates = cases(e)
    x, t = windows(np.log(y[7:] / y[:-7]))
    past, later = slice(None, -TEST), slice(-TEST, None)
    e.line("data", days=len(y), first=dates[0], cut=dates[-TEST], last=dates[-1])

    guesses = []
    for seed in e.seeds(5):
        model = learned(x[past], t[past], seed, 10 if e.quick else 30)
        guesses.append(model(rv.tensor(x[later])).detach().numpy())
    found = [error(guess, t[later]) for guess in guesses]

    ones = np.ones((len(x), 1))
    table = np.hstack([x[:, :, 0], ones])
    w = np.linalg.lstsq(table[past], t[past], rcond=None)[0]
    others = {
        "yesterday": error(np.log(y[-TEST - 1 : -1] / y[-TEST:]), 0),
        "seasonal": error(0, t[later]),
        "growth": error(x[later, -1], t[later]),
        "linear": error(table[later] @ w, t[later]),
    }
    rows = [[e.word(name), value, ""] for name, value in others.items()]
    rows.append(["LSTM", float(np.mean(found)), f"± {np.std(found, ddof=1):.4f}"])
    e.table("errors", ["forecast", "error", "spread"], rows)

    e.claim("seasonal", max(found) < 0.8 * others["seasonal"], worst=max(found),
            seasonal=others["seasonal"], runs=len(found))  # fmt: skip
    e.claim("yesterday", max(found) < others["yesterday"],
            yesterday=others["yesterday"])  # fmt: skip
    draw(e, y, guesses[0][:, 0], others, found)


def draw(e, y, guess, others, found):
    figure, (left, right) = e.panels(2, size=(6.0, 4), width_ratios=(1.7, 1))
    days = np.arange(TEST - SHOWN, TEST)
    week_before = y[-SHOWN - 7 : -7]
    left.plot(days, y[-SHOWN:] / 1e6, color="black", lw=2.5, label=e.word("truth"))
    left.plot(days, week_before / 1e6, color="C1", lw=1.2, label=e.word("seasonal"))
    left.plot(
        days,
        week_before * np.exp(guess[-SHOWN:]) / 1e6,
        color="C0",
        lw=1.5,
        label="LSTM",
    )
    left.set(xlabel=e.word("day"), ylabel=e.word("millions"), ylim=(0, None))
    left.legend(loc="upper right")
    names = [*map(e.word, others), "LSTM"]
    values = [*others.values(), np.mean(found)]
    bars = right.barh(names, values, color=["C1"] * len(others) + ["C0"])
    right.plot(found, [len(others)] * len(found), "o", color="black", ms=4)
    right.bar_label(bars, fmt="%.3f", padding=9)
    right.set(title=e.word("error"), xlim=(0, 1.25 * max(values)))
    right.invert_yaxis()
    right.grid(False)
    e.picture(figure)
