"""Transfer learning: a frozen network with a new last layer, and the best weights."""

import copy
import time

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from torch.optim import lr_scheduler

R = np.random.RandomState(0)


class Backbone(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.relu = nn.ReLU()
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(8, num_classes)

    def forward(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.avgpool(x)
        x = torch.flatten(x, 1)
        return self.fc(x)


def fill(m):
    with torch.no_grad():
        for p in m.parameters():
            p.copy_(
                torch.from_numpy(
                    (R.standard_normal(tuple(p.shape)) * 0.3).astype("float32")
                )
            )


model_conv = Backbone()
fill(model_conv)
for param in model_conv.parameters():
    param.requires_grad = False
num_ftrs = model_conv.fc.in_features
model_conv.fc = nn.Linear(num_ftrs, 2)
fill(model_conv.fc)
device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
model_conv = model_conv.to(device)
criterion = nn.CrossEntropyLoss()
optimizer_conv = optim.SGD(model_conv.fc.parameters(), lr=0.1, momentum=0.9)
exp_lr_scheduler = lr_scheduler.StepLR(optimizer_conv, step_size=2, gamma=0.1)
X = torch.from_numpy(R.standard_normal((24, 3, 8, 8)).astype("float32"))
Y = torch.from_numpy(R.randint(0, 2, 24))
dataloaders = {
    k: torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(X, Y), batch_size=8, shuffle=False, num_workers=0
    )
    for k in ["train", "val"]
}
dataset_sizes = {x: len(dataloaders[x].dataset) for x in ["train", "val"]}


def train_model(model, criterion, optimizer, scheduler, num_epochs=3):
    time.time()
    best_model_wts = copy.deepcopy(model.state_dict())
    best_acc = 0.0
    for epoch in range(num_epochs):
        print(f"Epoch {epoch}/{num_epochs - 1}")
        for phase in ["train", "val"]:
            if phase == "train":
                model.train()
            else:
                model.eval()
            running_loss = 0.0
            running_corrects = 0
            for inputs, labels in dataloaders[phase]:
                inputs = inputs.to(device)
                labels = labels.to(device)
                optimizer.zero_grad()
                with torch.set_grad_enabled(phase == "train"):
                    outputs = model(inputs)
                    _, preds = torch.max(outputs, 1)
                    loss = criterion(outputs, labels)
                    if phase == "train":
                        loss.backward()
                        optimizer.step()
                running_loss += loss.item() * inputs.size(0)
                running_corrects += torch.sum(preds == labels.data)
            if phase == "train":
                scheduler.step()
            epoch_loss = running_loss / dataset_sizes[phase]
            epoch_acc = running_corrects.double() / dataset_sizes[phase]
            print(f"{phase} Loss: {epoch_loss:.4f} Acc: {epoch_acc:.4f}")
            if phase == "val" and epoch_acc > best_acc:
                best_acc = epoch_acc
                best_model_wts = copy.deepcopy(model.state_dict())
    print(f"Best val Acc: {best_acc:4f}")
    model.load_state_dict(best_model_wts)
    return model


model_conv = train_model(model_conv, criterion, optimizer_conv, exp_lr_scheduler)
print([n for n, p in model_conv.named_parameters() if p.requires_grad])
print(sum(p.numel() for p in model_conv.parameters() if p.requires_grad))
print(model_conv.conv1.weight.grad, exp_lr_scheduler.get_last_lr())
filtered = optim.Adam(
    filter(lambda p: p.requires_grad, model_conv.parameters()), lr=1e-3
)
groups = optim.SGD(
    [
        {"params": model_conv.conv1.parameters()},
        {"params": model_conv.fc.parameters(), "lr": 1e-3},
    ],
    lr=1e-2,
    momentum=0.9,
)
print([g["lr"] for g in groups.param_groups])
print(model_conv)
