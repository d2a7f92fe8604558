"""Tomorrow's case counts of an epidemic, from three weeks of history.

z_t = ln(1 + cases of day t);
ẑ_t = z_{t-7} + f(z_{t-1} - z_{t-7}, …, z_{t-21} - z_{t-7})
"""

from pathlib import Path

import numpy as np

import ranvier as rv
from ranvier import nn, optim

FILE = Path(rv.data.__file__).parent / "files/covid/key-countries-pivoted.csv.gz"
COUNTRIES = ("US", "United_Kingdom", "Italy", "France", "Germany")
DAYS, FIRST = 21, 60  # of history; the first day that is predicted
TRAIN, VAL = 0.65, 0.15  # the oldest days and the next; the newest are the test


def windows(cases):
    """Inputs, targets and what is known a week before, a row for each day."""
    z = np.log1p(cases)
    days = np.arange(FIRST, len(z))
    week = z[days - 7]
    x = np.stack([z[days - lag] for lag in range(1, DAYS + 1)], 1) - week[:, None]
    return x.astype(np.float32), (z[days] - week).astype(np.float32)[:, None], days


def joined(parts):
    return tuple(np.concatenate(arrays) for arrays in zip(*parts, strict=True))


def trained(train, val, seed):
    rv.manual_seed(seed)
    model = nn.Sequential(nn.Linear(DAYS, 32), nn.Tanh(), nn.Linear(32, 1))
    rv.fit(
        model, train, val=val, loss=nn.SmoothL1Loss(),
        optimizer=optim.Adam(model.parameters(), lr=2e-3, weight_decay=0.01),
        epochs=60, batch_size=32, patience=8, seed=seed,
    )  # fmt: skip
    return model


def experiment(e):
    table = rv.data.read_csv(FILE)
    daily = {c: np.maximum(np.diff(table[c]), 0) for c in COUNTRIES}
    made = {c: windows(cases) for c, cases in daily.items()}
    days = made[COUNTRIES[0]][2]
    a, b = int(TRAIN * len(days)), int((TRAIN + VAL) * len(days))
    train = joined([(x[:a], y[:a]) for x, y, _ in made.values()])
    val = joined([(x[a:b], y[a:b]) for x, y, _ in made.values()])
    models = [trained(train, val, seed) for seed in e.seeds(5)]
    later, dates = days[b:], table["Date"][1:]
    e.line("days", first=str(dates[later[0]]), last=str(dates[later[-1]]),
           learned=len(train[0]))  # fmt: skip

    rows, found, ratios = [], {}, []
    for c, (x, _, _) in made.items():
        cases, recent = daily[c], rv.tensor(x[b:])
        found[c] = [
            np.expm1(np.log1p(cases[later - 7]) + f(recent).detach().numpy()[:, 0])
            for f in models
        ]
        truth = cases[later]
        ours = [float(np.abs(guess - truth).mean()) for guess in found[c]]
        yesterday = float(np.abs(cases[later - 1] - truth).mean())
        week = float(np.abs(cases[later - 7] - truth).mean())
        ratios.append([[error / yesterday, error / week] for error in ours])
        rows.append([e.word(c), round(yesterday), round(week),
                     f"{np.mean(ours):,.0f} ± {np.std(ours, ddof=1):,.0f}"]
                    )  # fmt: skip
    e.table("errors", ["country", "yesterday", "week", "network"], rows)

    to_yesterday, to_week = np.mean(ratios, 0).T  # over the countries, for each seed
    e.claim("persistence", to_yesterday.max() < 0.9, saved=1 - to_yesterday.mean(),
            least=1 - to_yesterday.max())  # fmt: skip
    e.claim("week", to_week.mean() < 0.97, week_saved=1 - to_week.mean())
    draw(e, daily, later, dates, found)


def draw(e, daily, later, dates, found):
    figure, axes = e.panels(1, len(COUNTRIES), size=(9.0, 1.9), sharex=True)
    for ax, c in zip(axes, COUNTRIES, strict=True):
        ax.plot(later, daily[c][later] / 1000, color="black", lw=1.2,
                label=e.word("truth"))  # fmt: skip
        ax.plot(later, np.mean(found[c], 0) / 1000, color="C1", lw=1.6,
                label=e.word("network"))  # fmt: skip
        ax.set_title(e.word(c), loc="left", fontsize=12)
    axes[0].legend(loc="upper right", ncols=2)
    axes[len(axes) // 2].set_ylabel(e.word("thousands"))
    ticks = later[:: len(later) // 5]
    axes[-1].set_xticks(ticks, [str(dates[i]) for i in ticks])
    e.picture(figure)
