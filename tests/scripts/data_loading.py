"""A data set of one's own with random transforms, split, and with a collate_fn."""

import csv
import os
import tempfile

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, random_split

folder = tempfile.mkdtemp()
R = np.random.RandomState(0)
with open(os.path.join(folder, "marks.csv"), "w") as f:
    for i in range(13):
        f.write(",".join([f"im{i}.npy"] + [str(v) for v in R.randint(0, 20, 4)]) + "\n")
        np.save(
            os.path.join(folder, f"im{i}.npy"),
            R.randint(0, 255, (R.randint(20, 30), R.randint(20, 30), 3)).astype(
                np.uint8
            ),
        )


class LandmarksDataset(Dataset):
    """Landmarks."""

    def __init__(self, csv_file, root_dir, transform=None):
        with open(csv_file) as f:
            self.frame = list(csv.reader(f))
        self.root_dir = root_dir
        self.transform = transform

    def __len__(self):
        return len(self.frame)

    def __getitem__(self, idx):
        if torch.is_tensor(idx):
            idx = idx.tolist()
        image = np.load(os.path.join(self.root_dir, self.frame[idx][0]))
        landmarks = np.array([self.frame[idx][1:]], dtype=float).reshape(-1, 2)
        sample = {"image": image, "landmarks": landmarks}
        if self.transform:
            sample = self.transform(sample)
        return sample


class RandomCrop:
    def __init__(self, output_size):
        self.output_size = (output_size, output_size)

    def __call__(self, sample):
        image, landmarks = sample["image"], sample["landmarks"]
        h, w = image.shape[:2]
        new_h, new_w = self.output_size
        top = np.random.randint(0, h - new_h + 1)
        left = np.random.randint(0, w - new_w + 1)
        return {
            "image": image[top : top + new_h, left : left + new_w],
            "landmarks": landmarks - [left, top],
        }


class ToTensor:
    def __call__(self, sample):
        image, landmarks = sample["image"], sample["landmarks"]
        image = image.transpose((2, 0, 1))
        return {
            "image": torch.from_numpy(image.copy()),
            "landmarks": torch.from_numpy(landmarks),
        }


class Compose:
    def __init__(self, ts):
        self.ts = ts

    def __call__(self, x):
        for t in self.ts:
            x = t(x)
        return x


np.random.seed(3)
ds = LandmarksDataset(
    os.path.join(folder, "marks.csv"), folder, Compose([RandomCrop(16), ToTensor()])
)
for i, sample in enumerate(ds):
    print(i, tuple(sample["image"].size()), tuple(sample["landmarks"].size()))
    if i == 3:
        break
dataloader = DataLoader(ds, batch_size=4, shuffle=False, num_workers=0)
for _epoch in range(2):
    for i_batch, sample_batched in enumerate(dataloader):
        print(
            i_batch,
            tuple(sample_batched["image"].size()),
            sample_batched["landmarks"].dtype == torch.float64,
            sample_batched["image"].double().mean().item(),
        )
        print(sample_batched["landmarks"][0])
train, test = random_split(ds, [10, 3], generator=torch.Generator().manual_seed(42))
print(len(train), len(test), len(train.indices), train.dataset is ds)


def collate(batch):
    images = torch.stack([b["image"] for b in batch]).float() / 255
    return images, [b["landmarks"] for b in batch]


for images, marks in DataLoader(ds, batch_size=5, collate_fn=collate, drop_last=True):
    print(tuple(images.shape), len(marks), images.mean().item())
