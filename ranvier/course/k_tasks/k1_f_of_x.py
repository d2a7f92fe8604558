"""One form, many tasks: y = f(x) for a picture, a sound, a board and a sentence.

p = softmax f(x),   L = -Σ t ln p,   t the same for every right answer and 0 for others;
f is right on x if, at every place of the answer, its largest p is a right one
"""

import calendar
import datetime

import numpy as np

import ranvier as rv
from ranvier import nn, optim

GOALS = {"picture": 0.85, "sound": 0.95, "board": 0.9, "sentence": 0.9}  # beforehand
NOTES = {"C": 261.6, "D": 293.7, "E": 329.6, "F": 349.2, "G": 392.0, "A": 440.0,
         "H": 493.9}  # hertz  # fmt: skip
LINES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8),
         (2, 4, 6)]  # fmt: skip
LETTERS = " 0123456789" + "".join(sorted(set("".join(calendar.month_name))))


class Last(nn.Module):
    """What an LSTM has kept at the end of a sentence."""

    def __init__(self, letters, hidden):
        super().__init__()
        self.letters = nn.Embedding(letters, 16)
        self.memory = nn.LSTM(16, hidden, batch_first=True)

    def forward(self, x):
        return self.memory(self.letters(x))[0][:, -1]


def learned(f, x, t, epochs, seed):
    """The same few lines for every task."""
    rv.manual_seed(seed)
    model = f()
    shape = t.shape[1:]  # places of the answer, choices at each

    def loss(scores, t):
        p = scores.reshape(-1, *shape).log_softmax(-1)
        return -(t / t.sum(-1, keepdim=True) * p).sum(-1).mean()

    rv.fit(model, (x, t), loss=loss, epochs=epochs, batch_size=50, seed=seed,
           optimizer=optim.Adam(model.parameters(), lr=0.003))  # fmt: skip
    return model


def right(model, x, t):
    """Whether each answer is right at all its places."""
    with rv.no_grad():
        scores = model.eval()(rv.tensor(x)).numpy().reshape(t.shape)
    chosen = scores.argmax(-1)
    return np.take_along_axis(t, chosen[..., None], -1)[..., 0].all(-1)


def one_of(choices, y):
    return np.eye(choices, dtype=np.float32)[y]


def pictures(rng, count):
    digits = rv.data.load("mnist").take(np.arange(count))
    x, y = digits.numpy()
    return x, one_of(10, y)[:, None]


def sounds(rng, count):
    """A tenth of a second of a note: any phase, any overtones, some noise."""
    y = rng.integers(0, len(NOTES), count)
    time = np.arange(400) / 4000
    pitch = np.array([*NOTES.values()])[y, None, None]
    overtone = np.arange(1, 4)[:, None]
    loud = rng.uniform(0, 1, (count, 3, 1)) / overtone
    loud[:, 0] = 1
    phase = rng.uniform(0, 2 * np.pi, (count, 3, 1))
    x = (loud * np.sin(2 * np.pi * pitch * overtone * time + phase)).sum(1)
    x += rng.normal(0, 0.3, x.shape)
    return x[:, None].astype(np.float32), one_of(len(NOTES), y)[:, None]


def value(board, best):
    """What who is to move (1) gets if both play perfectly: 1, 0 or -1 (minimax).

    best: every position met, with its value and the moves that reach it.
    """
    if board not in best:
        free = [i for i in range(9) if board[i] == 0]
        worth = {i: -value(moved(board, i), best) for i in free if not lost(board)}
        most = max(worth.values(), default=-int(lost(board)))
        best[board] = most, [i for i in worth if worth[i] == most]
    return best[board][0]


def lost(board):
    return any(all(board[i] == -1 for i in line) for line in LINES)


def moved(board, i):
    """The board after a move to i, as the other sees it."""
    return tuple(-own for own in (*board[:i], 1, *board[i + 1 :]))


def boards(rng, count):
    """Positions of tic-tac-toe; right is every move that minimax calls best."""
    best = {}
    value((0,) * 9, best)
    found = [(board, moves) for board, (_, moves) in sorted(best.items()) if moves]
    found = [found[i] for i in rng.permutation(len(found))[:count]]
    x = np.array([board for board, _ in found])
    t = np.zeros((len(found), 1, 9), np.float32)
    for row, (_, moves) in zip(t, found, strict=True):
        row[0, moves] = 1
    return np.hstack([x == 1, x == -1]).astype(np.float32), t


def sentences(rng, count):
    """ "3 May 2021" → "2021-05-03" """
    first, last = (datetime.date(y, 1, 1).toordinal() for y in (1950, 2050))
    days = [datetime.date.fromordinal(n) for n in rng.integers(first, last, count)]
    said = [f"{d.day} {calendar.month_name[d.month]} {d.year}" for d in days]
    x = np.array([[LETTERS.index(c) for c in text.rjust(17)] for text in said])
    y = np.array([[int(c) for c in f"{d:%Y%m%d}"] for d in days])
    return x, one_of(10, y)


TASKS = {
    "picture": (pictures, lambda: nn.Sequential(
        nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))),
    "sound": (sounds, lambda: nn.Sequential(
        nn.Conv1d(1, 32, 100, stride=10), nn.ReLU(), nn.AdaptiveAvgPool1d(1),
        nn.Flatten(), nn.Linear(32, len(NOTES)))),
    "board": (boards, lambda: nn.Sequential(
        nn.Linear(18, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(),
        nn.Linear(128, 9))),
    "sentence": (sentences, lambda: nn.Sequential(
        Last(len(LETTERS), 64), nn.Linear(64, 8 * 10))),
}  # fmt: skip


def experiment(e):
    rows, shown = [], {}
    for task, (make, f) in TASKS.items():
        x, t = make(e.rng, 5000)
        new = len(x) // 5  # never learned from
        epochs = 16 if task == "sentence" else 8
        models = [learned(f, x[new:], t[new:], epochs, s) for s in e.seeds(3, quick=1)]
        scores = [float(right(m, x[:new], t[:new]).mean()) for m in models]
        chance = float(t[:new].mean(-1).prod(-1).mean())
        rows.append([e.word(task), len(x) - new, new, chance, GOALS[task], min(scores)])
        e.claim("reached", min(scores) >= GOALS[task], task=e.word(task),
                score=min(scores), goal=GOALS[task])  # fmt: skip
        shown[task] = x[:2], answers(models[0], x[:2], t[:2])
    e.table("tasks", ["task", "learned", "new", "chance", "goal", "worst"], rows)
    draw(e, shown)


def answers(model, x, t):
    """The model's probabilities."""
    with rv.no_grad():
        return model(rv.tensor(x)).reshape(t.shape).softmax(-1).numpy()


def draw(e, shown):
    figure, axes = e.panels(4, size=(3.3, 3.6))
    for ax, (task, (x, p)) in zip(axes, shown.items(), strict=True):
        said = p.argmax(-1)
        if task == "picture":
            ax.imshow(x[0].reshape(28, 28), cmap="gray_r")
            answer = said[0, 0]
        elif task == "sound":
            ax.plot(x[0, 0], lw=1)
            answer = [*NOTES][said[0, 0]]
        elif task == "board":
            ax.imshow(p[0].reshape(3, 3), cmap="cividis", vmin=0, vmax=1)
            for i, mark in enumerate(x[0, :9] - x[0, 9:]):
                ax.text(i % 3, i // 3, " ×○"[int(mark)], color="white", fontsize=30,
                        ha="center", va="center")  # fmt: skip
            row, column = divmod(said[0, 0], 3)
            answer = e.word("square", row=row + 1, column=column + 1)
        else:
            words = "".join(LETTERS[i] for i in x[0]).strip()
            ax.text(0.5, 0.5, words, ha="center", fontsize=18)
            answer = "{}{}{}{}-{}{}-{}{}".format(*said[0])
        ax.set(title=e.word(task), xlabel=f"f(x) = {answer}", xticks=[], yticks=[])
        ax.grid(visible=False)
    e.picture(figure)
