"""Rosenblatt's learning rule: add the example when the answer is wrong.

y = 1 if w·x + b >= 0 else 0,   w ← w + (t - y) x,   b ← b + (t - y)
"""

import ranvier as rv

X = rv.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
GATES = {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "XOR": [0, 1, 1, 0]}
ROUNDS = 50


def learn(targets):
    """Mistakes in each round, and every state (w, b) after a round."""
    w, b = rv.zeros(2), rv.tensor(0.0)
    mistakes, states = [], []
    for _ in range(ROUNDS):
        wrong = 0
        for x, t in zip(X, targets, strict=True):
            y = 1 if (w @ x + b).item() >= 0 else 0
            if y != t:
                w, b, wrong = w + (t - y) * x, b + (t - y), wrong + 1
        mistakes.append(wrong)
        states.append((*w.tolist(), b.item()))
        if wrong == 0:
            break
    return mistakes, states


def signs(targets):
    """The linear program asks for w, b with s (w·x + b) > 0 at every point."""
    return 2 * rv.tensor(targets).float() - 1


def satisfied(targets, state):
    *w, b = state
    return (signs(targets) * (X @ rv.tensor(w) + b + 1e-6) > 0).all().item()


def contradictory(targets):
    """The four inequalities added up: (Σ s x)·w + (Σ s) b > 0, impossible if the sums
    are 0 (Farkas 1902)."""
    s = signs(targets)
    return s.sum().item() == 0 and (s @ X).tolist() == [0.0, 0.0]


def experiment(e):
    found = {name: learn(targets) for name, targets in GATES.items()}
    rows = [[name, sum(m), len(m), m[-1]] for name, (m, _) in found.items()]
    e.table("rounds", ["gate", "mistakes", "rounds", "last"], rows)

    for name in ("AND", "OR"):
        mistakes, _ = found[name]
        # Novikoff 1962: at most (R/γ)² mistakes, R² = 3 with the bias, γ >= 1/√12
        e.claim(f"{name} converges", mistakes[-1] == 0 and sum(mistakes) <= 36,
                **{f"{name}_mistakes": sum(mistakes)})  # fmt: skip
    mistakes, states = found["XOR"]
    first = next(i for i, state in enumerate(states) if state in states[:i])
    again = first - states.index(states[first])
    e.claim("cycle", min(mistakes) > 0, first=first + 1, period=again)
    e.claim(
        "feasible", all(satisfied(GATES[n], found[n][1][-1]) for n in ("AND", "OR"))
    )
    e.claim("infeasible", contradictory(GATES["XOR"]))
    draw(e, found)


def draw(e, found):
    figure, axes = e.panels(4, size=(3.2, 3.4))
    for ax, (name, (_, states)) in zip(axes, found.items(), strict=False):
        for (a, b), t in zip(X.tolist(), GATES[name], strict=True):
            ax.plot(a, b, "o", ms=20, mew=2, mec="C0", color="C0" if t else "white")
        for i, (w1, w2, b) in enumerate(states[-6:]):
            alpha = (i + 2) / 7
            line = [(p, -(w1 * p + b) / w2) for p in (-0.5, 1.5)] if w2 else (
                [(-b / w1, p) for p in (-0.5, 1.5)] if w1 else [])  # fmt: skip
            if line:
                ax.plot(*zip(*line, strict=True), color="C1", alpha=alpha)
        ax.set(title=e.word(name), xlim=(-0.5, 1.5), ylim=(-0.5, 1.5), aspect="equal")
        ax.set(xticks=[0, 1], yticks=[0, 1])
    for name, (mistakes, _) in found.items():
        axes[3].plot(
            range(1, len(mistakes) + 1), mistakes, "o-", ms=4, label=e.word(name)
        )
    axes[3].set(title=e.word("errors"), xlabel=e.word("rounds"), xlim=(0, 20))
    axes[3].legend()
    e.picture(figure)
