"""An epoch of the linear model by pellucid's Learner: the tutorial's mathematics, cases and order, in its own process.

Ten outputs from zeros, pixels divided by 255 twice, SGD at 0.5, batches of 64, the tutorial's permutation (the first
fifth validates), as many threads as `pellucid train` takes for it. Validation losses must therefore agree with the
tutorial's, epoch by epoch; the bench sees to it.

What is measured: n = the epochs asked for; seconds of the training loop alone, reading and validation left out (the
tutorial's epochs are counted alike); prints one JSON object.

    python bench/linear_epoch.py SOURCE [--epochs 5]
"""

import argparse
import json
import time
from pathlib import PurePosixPath

import numpy as np
import torch

from pellucid.data import measure_scaling, read
from pellucid.learn import Settings, assemble, complete
from pellucid.learn.fit import accuracy_of, logits_of
from pellucid.learn.threads import threads, threads_worth

RECIPE = Settings(
    model="linear", outputs=10, start="zeros", scaling="by_255_twice", augment="none", optimizer="sgd",
    learning_rate=0.5, momentum=0.0, weight_decay=0.0, schedule="constant", batch_size=64, shuffle="never",
)  # fmt: skip
SEED = 0


def tutorial_order(names):
    """Rows in the tutorial's order: sorted by class and file, then permuted by its seed."""
    by_name = sorted(range(len(names)), key=lambda row: PurePosixPath(names[row]).parts[-2:])
    order = torch.randperm(len(names), generator=torch.Generator().manual_seed(SEED))
    return np.array(by_name)[order.numpy()]


def learn(source, epochs):
    dataset, device = read(source), torch.device("cpu")
    order, valid_cases = tutorial_order(dataset.names), int(0.2 * len(dataset))
    valid, train = order[:valid_cases], order[valid_cases:]
    size = dataset.images.shape[2]
    settings = complete(RECIPE.but({"epochs": epochs}), len(train), len(dataset.classes), size, device)
    scaling = measure_scaling(dataset.images, train, settings.scaling)
    learner, batches = assemble(settings, dataset, train, scaling, device)
    labels, rows, begun = torch.from_numpy(dataset.labels[valid]), [], time.perf_counter()
    with threads(threads_worth(learner.model, dataset.images.shape[1], size, batches.batch_size)):
        for step in learner.steps(batches):
            if step.number % batches.steps_an_epoch == 0:
                seconds = time.perf_counter() - begun
                logits = torch.from_numpy(logits_of(learner, batches.images, valid))
                loss, accuracy = learner.loss(logits, labels).item(), accuracy_of(logits, labels)
                rows.append({"train": seconds, "loss": loss, "accuracy": accuracy})
                begun = time.perf_counter()
    return {"images": len(dataset), "train_cases": len(train), "epochs": rows}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("--epochs", type=int, default=5)
    told = parser.parse_args()
    print(json.dumps(learn(told.source, told.epochs)))
