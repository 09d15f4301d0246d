"""The other rival: the main job with Lightning, where it is installed.

Pillow reads every image into one array of bytes in memory; a small convolutional network (1-16-32-64-64 channels, first
7 x 7 in steps of 4, batch normalisation, global maximum) learns for one epoch from 80% of the images, in shuffled
batches of 64 by Adam at 0.001; the other 20% validate; the weights are saved. Progress bar, logger and checkpoints are
off, and no worker processes are started, since for images in memory they would only cost.

What is measured: n = 1 run a process; seconds of each phase inside the process; prints one JSON object. Wall time and
memory are measured from outside.

    python bench/lightning_way.py FOLDER [--save WEIGHTS]
"""

# ruff: noqa: PTH118, PTH208 (read as the tutorial reads)
import argparse
import json
import logging
import os
import time
import warnings

import lightning
import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

BATCH, RATE, SEED = 64, 1e-3, 0


def read(folder):
    images, labels = [], []
    for label, name in enumerate(sorted(os.listdir(folder))):
        for file in sorted(os.listdir(os.path.join(folder, name))):
            with Image.open(os.path.join(folder, name, file)) as picture:
                images.append(np.asarray(picture.convert("L")))
            labels.append(label)
    return torch.from_numpy(np.stack(images))[:, None], torch.tensor(labels)


def convolution(channels_in, channels_out, kernel, stride=1):
    layer = nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(channels_out), nn.ReLU())


class SmallNet(lightning.LightningModule):
    def __init__(self, classes):
        super().__init__()
        self.features = nn.Sequential(
            convolution(1, 16, 7, stride=4), nn.MaxPool2d(2), convolution(16, 32, 3), nn.MaxPool2d(2),
            convolution(32, 64, 3), convolution(64, 64, 3),
        )  # fmt: skip
        self.logits = nn.Linear(64, classes)

    def forward(self, stored):
        return self.logits(self.features(stored.float() / 255).amax((2, 3)))

    def training_step(self, batch, _):
        return nn.functional.cross_entropy(self(batch[0]), batch[1])

    def validation_step(self, batch, _):
        right = (self(batch[0]).argmax(1) == batch[1]).float().mean()
        self.log("accuracy", right, batch_size=len(batch[1]))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=RATE)


def work(folder, save):
    begun = at = time.perf_counter()
    images, labels = read(folder)
    facts = {"images": len(images), "read": time.perf_counter() - at}
    lightning.seed_everything(SEED, verbose=False)
    order = torch.randperm(len(images))
    valid, train = order[: int(0.2 * len(images))], order[int(0.2 * len(images)) :]
    model = SmallNet(int(labels.max()) + 1)
    trainer = lightning.Trainer(
        max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, num_sanity_val_steps=0, limit_val_batches=1.0,
    )  # fmt: skip
    at = time.perf_counter()
    trainer.fit(model, DataLoader(TensorDataset(images[train], labels[train]), BATCH, shuffle=True))
    facts["learn"], at = time.perf_counter() - at, time.perf_counter()
    figures = trainer.validate(model, DataLoader(TensorDataset(images[valid], labels[valid]), BATCH), verbose=False)
    facts["validate"] = time.perf_counter() - at
    if save:
        trainer.save_checkpoint(save, weights_only=True)
    return {**facts, "accuracy": figures[0]["accuracy"], "total": time.perf_counter() - begun}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--save", metavar="WEIGHTS")
    told = parser.parse_args()
    warnings.filterwarnings("ignore")  # advice on workers, for other data than this
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    print(json.dumps(work(told.folder, told.save)))
