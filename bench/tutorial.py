"""The rival: a classifier for a folder of class folders, as teaching texts write it (recipe R0), timed phase by phase.

Pillow opens file after file; every image becomes float32 and is kept in memory; one random permutation; its first fifth
validates; zeros for 4096 x 10 weights and 10 biases; log-softmax, NLL, autograd; batches of 64; SGD at 0.5. Where such
a text could be written leaner or fatter, this one is lean: the second division by 255 happens on each image as it is
read, not on a third copy of them all, and the list of images is dropped once they are stacked (how much of it the
allocator gives back is its own affair). Threads are torch's own choice.

What is measured: n = 1 run a process; seconds inside the process, imports left out; prints one JSON object.

    python bench/tutorial.py FOLDER [--epochs 15] [--save WEIGHTS]
    python bench/tutorial.py FOLDER --predict WEIGHTS       (all images of FOLDER, no classes below it)
"""

# ruff: noqa: PTH118, PTH208 (as such texts write it, and quicker than pathlib)
import argparse
import json
import os
import time

import numpy as np
import torch
from PIL import Image

BATCH, RATE, OUTPUTS, SEED = 64, 0.5, 10, 0


def open_image(path):
    with Image.open(path) as picture:
        scaled = np.array(picture.convert("L"), dtype=np.float32) / 255  # what a conversion to a tensor does
    return torch.from_numpy(scaled) / 255  # and the text divides once more


def read(folder):
    images, labels = [], []
    for label, name in enumerate(sorted(os.listdir(folder))):
        for file in sorted(os.listdir(os.path.join(folder, name))):
            images.append(open_image(os.path.join(folder, name, file)))
            labels.append(label)
    return torch.stack(images).flatten(1), torch.tensor(labels)


def log_softmax(logits):
    return logits - logits.exp().sum(-1, keepdim=True).log()


def negative_log_likelihood(logs, labels):
    return -logs[range(len(labels)), labels].mean()


def train(images, labels, weights, bias):
    for start in range(0, len(images), BATCH):
        logs = log_softmax(images[start : start + BATCH] @ weights + bias)
        loss = negative_log_likelihood(logs, labels[start : start + BATCH])
        loss.backward()
        with torch.no_grad():
            for parameter in (weights, bias):
                parameter -= RATE * parameter.grad
                parameter.grad.zero_()


def validate(images, labels, weights, bias):
    """(mean loss, accuracy) over all cases."""
    loss, right = 0.0, 0
    with torch.no_grad():
        for start in range(0, len(images), BATCH):
            here = labels[start : start + BATCH]
            logs = log_softmax(images[start : start + BATCH] @ weights + bias)
            loss += negative_log_likelihood(logs, here).item() * len(here)
            right += (logs.argmax(1) == here).sum().item()
    return loss / len(images), right / len(images)


def learn(folder, epochs, save):
    begun = at = time.perf_counter()
    images, labels = read(folder)
    facts = {"images": len(images), "read": time.perf_counter() - at}

    at = time.perf_counter()
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(SEED))
    images, labels = images[order], labels[order]
    facts["shuffle"] = time.perf_counter() - at

    valid = int(0.2 * len(images))
    weights = torch.zeros(images.shape[1], OUTPUTS, requires_grad=True)
    bias = torch.zeros(OUTPUTS, requires_grad=True)
    facts["epochs"] = []
    for _ in range(epochs):
        at = time.perf_counter()
        train(images[valid:], labels[valid:], weights, bias)
        trained = time.perf_counter()
        loss, accuracy = validate(images[:valid], labels[:valid], weights, bias)
        row = {"train": trained - at, "validate": time.perf_counter() - trained, "loss": loss, "accuracy": accuracy}
        facts["epochs"].append(row)
    if save:
        torch.save((weights.detach(), bias.detach()), save)
    facts["total"] = time.perf_counter() - begun
    return facts


def predict(folder, weights_file):
    begun = time.perf_counter()
    weights, bias = torch.load(weights_file, weights_only=True)
    answers, files = [], sorted(os.listdir(folder))
    with torch.no_grad():
        for start in range(0, len(files), BATCH):
            batch = [open_image(os.path.join(folder, file)) for file in files[start : start + BATCH]]
            answers += log_softmax(torch.stack(batch).flatten(1) @ weights + bias).argmax(1).tolist()
    return {"images": len(answers), "predict": time.perf_counter() - begun}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--save", metavar="WEIGHTS")
    parser.add_argument("--predict", metavar="WEIGHTS")
    told = parser.parse_args()
    done = predict(told.folder, told.predict) if told.predict else learn(told.folder, told.epochs, told.save)
    print(json.dumps(done))
