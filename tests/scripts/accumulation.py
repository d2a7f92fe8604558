"""Gradients of several mini-batches together, clipped; AdamW with two groups."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import (
    ConcatDataset,
    DataLoader,
    TensorDataset,
    WeightedRandomSampler,
)

R = np.random.RandomState(0)
X = torch.from_numpy(R.standard_normal((30, 6)).astype("float32"))
Y = torch.from_numpy(R.randint(0, 3, 30))
ds = ConcatDataset([TensorDataset(X[:10], Y[:10]), TensorDataset(X[10:], Y[10:])])
loader = DataLoader(ds, batch_size=4)
model = nn.Sequential(nn.Linear(6, 16), nn.GELU(), nn.LayerNorm(16), nn.Linear(16, 3))
with torch.no_grad():
    for p in model.parameters():
        p.copy_(
            torch.from_numpy(
                (R.standard_normal(tuple(p.shape)) * 0.3).astype("float32")
            )
        )
decay, no_decay = [], []
for name, param in model.named_parameters():
    (no_decay if name.endswith("bias") else decay).append(param)
opt = torch.optim.AdamW(
    [{"params": decay, "weight_decay": 0.1}, {"params": no_decay, "weight_decay": 0.0}],
    lr=1e-2,
)
steps = 3
for epoch in range(2):
    opt.zero_grad(set_to_none=True)
    for i, (x, y) in enumerate(loader):
        loss = F.cross_entropy(model(x), y) / steps
        loss.backward()
        if (i + 1) % steps == 0 or (i + 1) == len(loader):
            norm = nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            opt.step()
            opt.zero_grad()
            print(epoch, i, f"{loss.item():.5f} {norm:.5f}", norm)
ema = {k: v.clone().detach() for k, v in model.state_dict().items()}
with torch.no_grad():
    for k, v in model.state_dict().items():
        ema[k].mul_(0.9).add_(v, alpha=0.1)
print(ema["0.bias"])
with torch.no_grad():
    probs = F.softmax(model(X), dim=-1)
    conf, pred = probs.max(dim=-1)
print(conf[:5], pred[:5], (pred == Y).float().mean())
counts = torch.bincount(Y)
weights = (1.0 / counts.float())[Y]
sampler = WeightedRandomSampler(weights, num_samples=len(weights), replacement=True)
n = sum(len(y) for _, y in DataLoader(ds, batch_size=7, sampler=sampler))
print(n, counts, weights[:4])
total = sum(p.numel() for p in model.parameters())
print(
    f"{total:,} parameters",
    sum(p.grad is None for p in model.parameters()),
)
print(model[0].weight.grad)
