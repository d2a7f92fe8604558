"""A model of characters: which one comes next?

h_t, c_t = LSTM(x_t, h_{t-1}, c_{t-1}),   p(x_{t+1} | x_1 … x_t) = softmax(W h_t + b);
perplexity = exp(-mean ln p) on text held out.  Counted instead, with 1 added to each:
unigram p(b) = (n_b + 1)/(N + V),   bigram p(b | a) = (n_ab + 1)/(n_a + V)
"""

import numpy as np

import ranvier as rv
from ranvier import nn, optim
from ranvier.data import Vocabulary, find, next_steps, read_text

LENGTH, HIDDEN = 50, 64


class Model(nn.Module):
    def __init__(self, V):
        super().__init__()
        self.letters = nn.Embedding(V, 32)
        self.memory = nn.LSTM(32, HIDDEN, batch_first=True)
        self.out = nn.Linear(HIDDEN, V)

    def forward(self, x):
        h, _ = self.memory(self.letters(x))
        return self.out(h).transpose(1, 2)  # V scores for each character


def learned(train, V, seed, epochs):
    rv.manual_seed(seed)
    model = Model(V)
    rv.fit(model, train, loss=nn.CrossEntropyLoss(), epochs=epochs, batch_size=16,
           optimizer=optim.Adam(model.parameters(), lr=0.005), seed=seed)  # fmt: skip
    return model


def perplexity(p):
    return float(np.exp(-np.log(p).mean()))


def probability(model, x, y):
    """What the model gives to each character that really came."""
    with rv.no_grad():
        p = model(rv.tensor(x)).softmax(1).numpy()
    return np.take_along_axis(p, y[:, None], 1)


def counted(text, V):
    """p of each character, and of each after each other."""
    one, two = np.ones(V), np.ones((V, V))
    np.add.at(one, text, 1)
    np.add.at(two, (text[:-1], text[1:]), 1)
    return one / one.sum(), two / two.sum(1, keepdims=True)


def written(model, start, count, rng):
    """Draw one character after the other from the model's probabilities."""
    text = list(start[:LENGTH])
    with rv.no_grad():
        for _ in range(count):
            x = rv.tensor(np.array([text[-LENGTH:]]))
            p = model(x)[0, :, -1].softmax(0).numpy().astype(float)
            p[0] = 0  # stands for characters that are not known
            text.append(rng.choice(len(p), p=p / p.sum()))
    return text[LENGTH:]


def texts(e):
    """Name, text, epochs."""
    plays, poems = find("tinyshakespeare"), find("tang-poems")
    if e.quick or plays is None:
        plays = find("shakespeare")
        e.line("ships")
    size = 50_000 if e.quick else 250_000
    yield "plays", read_text(plays)[:size], 4
    if poems is not None and not e.quick:
        yield "poems", read_text(poems), 3


def experiment(e):
    found = {}
    for name, text, epochs in texts(e):
        letters = Vocabulary.of(text)
        V, numbers = len(letters), letters.encode(text)
        early, held = np.split(numbers, [len(numbers) * 9 // 10])
        e.line("data", name=e.word(name), characters=len(text), V=V, held=len(held))
        one, two = counted(early, V)
        x, y = next_steps(held, LENGTH).arrays
        models = [
            learned(next_steps(early, LENGTH), V, seed, epochs)
            for seed in e.seeds(3, quick=1)
        ]
        found[name] = {
            "unigram": [perplexity(one[y])],
            "bigram": [perplexity(two[x, y])],
            "LSTM": [perplexity(probability(model, x, y)) for model in models],
        }
        sample = written(models[0], held, 60 if e.quick else 300, e.rng)
        e.line("sample", text=letters.decode(sample))

    rows = [[e.word(n), e.word(k), float(np.mean(v)), min(v), max(v)]
            for n, f in found.items() for k, v in f.items()]  # fmt: skip
    e.table("perplexities", ["text", "model", "perplexity", "min", "max"], rows)
    for name, f in found.items():
        worst, counts = max(f["LSTM"]), min(f["unigram"] + f["bigram"])
        e.claim("better", worst < 0.9 * counts, name=e.word(name), worst=worst,
                unigram=f["unigram"][0], bigram=f["bigram"][0])  # fmt: skip
    draw(e, found)


def draw(e, found):
    figure, axes = e.panels(len(found), size=(4.6, 3.8), squeeze=False)
    for ax, (name, f) in zip(axes[0], found.items(), strict=True):
        means = [np.mean(values) for values in f.values()]
        bars = ax.bar([e.word(k) for k in f], means, color=["C1", "C1", "C0"])
        ax.bar_label(bars, fmt="%.1f", padding=4)
        ax.plot([2] * len(f["LSTM"]), f["LSTM"], "o", color="black", ms=4)
        ax.set(title=e.word(name), ylim=(0, 1.12 * max(means)))
        ax.grid(visible=False, axis="x")
    axes[0, 0].set_ylabel(e.word("perplexity"))
    e.picture(figure)
