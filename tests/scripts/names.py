"""Names to languages, letter by letter, with an RNN of one's own."""

import random
import string
import unicodedata

import numpy as np
import torch
import torch.nn as nn

all_letters = string.ascii_letters + " .,;'"
n_letters = len(all_letters)
category_lines = {
    "English": ["Smith", "Jones", "Brown"],
    "Italian": ["Rossi", "Bruni", "Verdi"],
    "Chinese": ["Li", "Wang", "Zhao"],
}
all_categories = list(category_lines)


def unicodeToAscii(s):
    return "".join(
        c
        for c in unicodedata.normalize("NFD", s)
        if unicodedata.category(c) != "Mn" and c in all_letters
    )


print(unicodeToAscii("Ślusàrski"))


def letterToIndex(letter):
    return all_letters.find(letter)


def lineToTensor(line):
    tensor = torch.zeros(len(line), 1, n_letters)
    for li, letter in enumerate(line):
        tensor[li][0][letterToIndex(letter)] = 1
    return tensor


print(lineToTensor("Jones").size() == (5, 1, n_letters), lineToTensor("J").sum())


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.i2h = nn.Linear(input_size + hidden_size, hidden_size)
        self.i2o = nn.Linear(input_size + hidden_size, output_size)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, input, hidden):
        combined = torch.cat((input, hidden), 1)
        hidden = torch.tanh(self.i2h(combined))
        output = self.i2o(combined)
        output = self.softmax(output)
        return output, hidden

    def initHidden(self):
        return torch.zeros(1, self.hidden_size)


rnn = RNN(n_letters, 16, 3)
R = np.random.RandomState(0)
with torch.no_grad():
    for p in rnn.parameters():
        p.copy_(
            torch.from_numpy(
                (R.standard_normal(tuple(p.shape)) * 0.2).astype("float32")
            )
        )


def categoryFromOutput(output):
    _top_n, top_i = output.topk(1)
    category_i = top_i[0].item()
    return all_categories[category_i], category_i


random.seed(0)


def randomTrainingExample():
    category = all_categories[random.randint(0, len(all_categories) - 1)]
    line = random.choice(category_lines[category])
    category_tensor = torch.tensor([all_categories.index(category)], dtype=torch.long)
    return category, line, category_tensor, lineToTensor(line)


criterion = nn.NLLLoss()
learning_rate = 0.05


def train(category_tensor, line_tensor):
    hidden = rnn.initHidden()
    rnn.zero_grad()
    for i in range(line_tensor.size()[0]):
        output, hidden = rnn(line_tensor[i], hidden)
    loss = criterion(output, category_tensor)
    loss.backward()
    for p in rnn.parameters():
        p.data.add_(p.grad.data, alpha=-learning_rate)
    return output, loss.item()


current_loss = 0
for it in range(1, 31):
    category, line, category_tensor, line_tensor = randomTrainingExample()
    output, loss = train(category_tensor, line_tensor)
    current_loss += loss
    if it % 10 == 0:
        guess, guess_i = categoryFromOutput(output)
        correct = "✓" if guess == category else f"✗ ({category})"
        print(f"{it} {loss:.4f} {line} / {guess} {correct}")
confusion = torch.zeros(3, 3)
for _ in range(20):
    category, line, category_tensor, line_tensor = randomTrainingExample()
    with torch.no_grad():
        hidden = rnn.initHidden()
        for j in range(line_tensor.size()[0]):
            output, hidden = rnn(line_tensor[j], hidden)
    guess, guess_i = categoryFromOutput(output)
    confusion[all_categories.index(category)][guess_i] += 1
for i in range(3):
    confusion[i] = confusion[i] / confusion[i].sum()
print(confusion)
with torch.no_grad():
    topv, topi = output.topk(3, 1, True)
    for i in range(3):
        print(f"({topv[0][i].item():.2f}) {all_categories[topi[0][i].item()]}")
