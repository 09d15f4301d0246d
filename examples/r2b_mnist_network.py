# %% [markdown]
# # A first network, and a run that had begun before it was printed
#
# 784 pixels, 30 hidden numbers bent by ReLU, 10 logits. In a teaching text, plain gradient descent takes this network
# from a validation loss of 1.65 after its first epoch to 1.10 after its tenth. At that learning rate a fresh network
# needs about twelve epochs to reach 1.65 at all: a cell had been run before, and the printed run went on with the
# weights that it had left. This page shows both runs, and then a sound one.
#
# `python examples/r2b_mnist_network.py [SOURCE]` takes any other source of pictures, too.

# %%
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pellucid.blocks import SGD, Layer, check_labels, cross_entropy, draw_layers, forward, train_step, weights_of
from pellucid.data import draw_split, measure_scaling, read
from pellucid.errors import PellucidError

torch.set_num_threads(1)  # a batch of 256 rows is too little work to share out

given = sys.argv[1:] if "__file__" in globals() else []  # a notebook has no arguments of its own
folder = os.environ.get("PELLUCID_DATA")  # a folder that holds the zip, if there is one; else it is downloaded
try:
    dataset = read(given[0] if given else Path(folder, "mnist_png.zip") if folder else "mnist")
    check_labels(torch.from_numpy(dataset.labels), classes=len(dataset.classes))
    valid_rows = draw_split(dataset, seed=0).held_out  # the test part, where the source has one
except PellucidError as error:
    sys.exit(str(error))
rows = np.setdiff1d(np.arange(len(dataset)), valid_rows)
labels, valid_labels = torch.from_numpy(dataset.labels[rows]), torch.from_numpy(dataset.labels[valid_rows])

# %% [markdown]
# ## A learner, as small as it gets
# It holds a network and an optimizer. `fit` goes through the training cases so many times, in a new order each time,
# and prints a row an epoch: the mean loss of the training batches, loss and accuracy on the validation part, the time.
# Note what `fit` does *not* do: it does not begin anew.


# %%
class Learner:
    """A network that keeps what it has learned from one `fit` to the next."""

    def __init__(self, layers: tuple[Layer, ...], rate: float, seed: int = 0) -> None:
        self.layers, self.sgd, self.generator = layers, SGD(rate), torch.Generator().manual_seed(seed)
        self.state = self.sgd.start(weights_of(layers))

    def fit(self, pixels: Tensor, valid_pixels: Tensor, epochs: int, batch: int = 256) -> list[tuple[float, float]]:
        """Train, print, and return validation loss and accuracy of each epoch."""
        print("epoch  train loss  valid loss  accuracy   time")
        slopes = [torch.empty_like(weight) for weight in weights_of(self.layers)]
        history = []
        for epoch in range(epochs):
            began, total = time.perf_counter(), 0.0
            order = torch.randperm(len(labels), generator=self.generator).split(batch)
            for rows in order:
                inputs, right = pixels[rows], labels[rows]
                loss, self.state = train_step(self.layers, inputs, right, self.sgd, self.state, out=slopes)
                total += loss.item()
            logits = forward(self.layers, valid_pixels).logits
            valid_loss = cross_entropy(logits, valid_labels).item()
            accuracy = (logits.argmax(1) == valid_labels).float().mean().item()
            history.append((valid_loss, accuracy))
            seconds = time.perf_counter() - began
            print(f"{epoch:5} {total / len(order):11.4f} {valid_loss:11.4f} {accuracy:9.4f} {seconds:4.1f} s")
        return history


def scaled(rows: np.ndarray, mean: float = 0.0, deviation: float = 255.0) -> Tensor:
    """The images of these rows, one row a case: (pixel - mean) / deviation."""
    return (torch.from_numpy(dataset.images[rows]).flatten(1) - mean) / deviation


widths = (dataset.images[0].size, 30, len(dataset.classes))

# %% [markdown]
# ## A fresh run
# Learning rate 0.001, batches of 256, pixels divided by 255. A network that knows nothing begins at log(10) = 2.30.

# %%
print(f"A fresh network, {' - '.join(map(str, widths))}")
pixels, valid_pixels = scaled(rows), scaled(valid_rows)
learner = Learner(draw_layers(widths, torch.Generator().manual_seed(5)), rate=0.001)
fresh = learner.fit(pixels, valid_pixels, epochs=11)

# %% [markdown]
# ## A continued one
# We do what one does in a notebook without a thought: run the cell that trains once more, for twenty epochs. The table
# begins at epoch 0 again, but the network is the one from above.

# %%
print("\nThe same learner, fitted again")
continued = learner.fit(pixels, valid_pixels, epochs=20)

# %% [markdown]
# `PRINTED` is the validation loss of the teaching text's printed run, epochs 0 to 9, on MNIST. Its random weights and
# orders are not known, nor how long the network had learned before; eleven epochs fit.

# %%
PRINTED = [1.6496, 1.5766, 1.5050, 1.4356, 1.3693, 1.3065, 1.2477, 1.1929, 1.1422, 1.0954]

print("\nvalid loss:  epoch   fresh  continued  printed  continued differs by")
for epoch, printed in enumerate(PRINTED):
    ours = continued[epoch][0]
    print(f"{epoch:18} {fresh[epoch][0]:7.4f} {ours:10.4f} {printed:8.4f} {ours / printed - 1:+21.2%}")

# %% [markdown]
# How to notice: look at the first loss before believing the last. It should be about log(classes). And build the
# network in the cell that trains it.
#
# ## The sound version
# Pixels with mean 0 and deviation 1, measured on the training images, batches of 64, and a learning rate of 0.1, a
# hundred times larger. The same network, ten epochs.

# %%
print("\nSound")
scaling = measure_scaling(dataset.images, rows)
mean, deviation = scaling.mean[0], scaling.deviation[0]
learner = Learner(draw_layers(widths, torch.Generator().manual_seed(5)), rate=0.1)
sound = learner.fit(scaled(rows, mean, deviation), scaled(valid_rows, mean, deviation), epochs=10, batch=64)
