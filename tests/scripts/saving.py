"""Saving and loading: models, checkpoints, several models, tensors, schedules."""

import copy
import os
import tempfile

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

os.chdir(tempfile.mkdtemp())


class TheModelClass(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.fc1 = nn.Linear(6 * 4 * 4, 12)
        self.fc2 = nn.Linear(12, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = x.view(-1, 6 * 4 * 4)
        return self.fc2(F.relu(self.fc1(x)))


model = TheModelClass()
R = np.random.RandomState(0)
with torch.no_grad():
    for p in model.parameters():
        p.copy_(
            torch.from_numpy(
                (R.standard_normal(tuple(p.shape)) * 0.1).astype("float32")
            )
        )
optimizer = optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
x = torch.from_numpy(R.standard_normal((4, 3, 12, 12)).astype("float32"))
y = torch.tensor([1, 2, 3, 4])
print("Model's state_dict:")
for param_tensor in model.state_dict():
    print(param_tensor, "\t", tuple(model.state_dict()[param_tensor].size()))
print("Optimizer's state_dict:")
print(sorted(optimizer.state_dict()))
for _i in range(3):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
PATH = "model.pt"
torch.save(model.state_dict(), PATH)
m2 = TheModelClass()
print(m2.load_state_dict(torch.load(PATH, weights_only=True)))
m2.eval()
print(torch.equal(m2(x), model.eval()(x)))
EPOCH, LOSS = 5, 0.4
torch.save(
    {
        "epoch": EPOCH,
        "model_state_dict": model.state_dict(),
        "optimizer_state_dict": optimizer.state_dict(),
        "loss": LOSS,
    },
    "c.pth.tar",
)
model3 = TheModelClass()
opt3 = optim.SGD(model3.parameters(), lr=0.1, momentum=0.9)
checkpoint = torch.load("c.pth.tar", weights_only=True)
model3.load_state_dict(checkpoint["model_state_dict"])
opt3.load_state_dict(checkpoint["optimizer_state_dict"])
print(
    checkpoint["epoch"],
    checkpoint["loss"],
    opt3.param_groups[0]["lr"],
    list(checkpoint),
)
model3.train()
for m, o in ((model, optimizer), (model3, opt3)):
    m.train()
    for _i in range(3):
        o.zero_grad()
        loss = F.cross_entropy(m(x), y)
        loss.backward()
        o.step()
    print(f"{loss.item():.5f}")
torch.save({"modelA": model.state_dict(), "modelB": m2.state_dict()}, "ab.pt")
ab = torch.load("ab.pt", map_location=torch.device("cpu"))
print(list(ab), list(ab["modelA"])[:2])
sd = torch.load(PATH, map_location=lambda storage, loc: storage)
sd.pop("fc2.weight")
r = m2.load_state_dict(sd, strict=False)
print(r.missing_keys, r.unexpected_keys)
torch.save(x, "x.pt")
print(torch.equal(torch.load("x.pt"), x))
torch.save(
    {"history": [0.1, 0.2], "best": float("inf"), "cfg": {"layers": (3, 4)}, 3: None},
    "h.pt",
)
print(torch.load("h.pt"))
buffer_scheduler = optim.lr_scheduler.StepLR(optimizer, 2)
torch.save({"s": buffer_scheduler.state_dict()}, "s.pt")
buffer_scheduler.load_state_dict(torch.load("s.pt", weights_only=False)["s"])
best = {k: v.clone() for k, v in model.state_dict().items()}
best_model_wts = copy.deepcopy(model.state_dict())
model.load_state_dict(best_model_wts)
print(model.load_state_dict(best))
