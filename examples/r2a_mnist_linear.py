# %% [markdown]
# # An accuracy that compared every guess with every label
#
# Ten digits, one linear layer, cross-entropy. In the teaching text that this page follows, labels have the shape (N, 1)
# and guesses (N,). Comparing the two does not fail: it stretches both to N x N. This page shows what the resulting
# number means, why it looked plausible, and what else went wrong beside it.
#
# `python examples/r2a_mnist_linear.py [SOURCE]` takes any other source of pictures, too.

# %%
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill

import numpy as np
import torch
from torch import Tensor

from pellucid.blocks import SGD, Layer, check_labels, cross_entropy, forward, train_step, weights_of
from pellucid.data import draw_split, read
from pellucid.errors import BadInput, PellucidError

torch.set_num_threads(1)  # a batch of 256 rows is too little work to share out
BATCH = 256

given = sys.argv[1:] if "__file__" in globals() else []  # a notebook has no arguments of its own
folder = os.environ.get("PELLUCID_DATA")  # a folder that holds the zip, if there is one; else it is downloaded
try:
    dataset = read(given[0] if given else Path(folder, "mnist_png.zip") if folder else "mnist")
    check_labels(torch.from_numpy(dataset.labels), classes=len(dataset.classes))
    valid_rows = draw_split(dataset, seed=0).held_out  # the test part, where the source has one
except PellucidError as error:
    sys.exit(str(error))

# %% [markdown]
# Files are listed folder by folder: all zeros first, all nines last. Nothing shuffles them afterwards, so that nearly
# every batch of 256 holds one digit only, in training and in validation.


# %%
def class_after_class(rows: np.ndarray) -> tuple[Tensor, Tensor]:
    """Pixels from 0 to 1, one row a case, and labels, in the order of the folders."""
    rows = rows[np.argsort(dataset.labels[rows], kind="stable")]
    return torch.from_numpy(dataset.images[rows]).flatten(1) / 255, torch.from_numpy(dataset.labels[rows])


pixels, labels = class_after_class(np.setdiff1d(np.arange(len(dataset)), valid_rows))
valid_pixels, valid_labels = class_after_class(valid_rows)
classes = len(dataset.classes)


# %% [markdown]
# ## Two accuracies
# The first is the text's. Row i of the N x N table asks whether guess i is any of the labels of the batch, and the mean
# of the table is the chance that a guess and a label *drawn independently* agree. Where a batch holds a single class
# this happens to be the accuracy. Where it is mixed, it measures nothing of the kind.


# %%
def stretched_accuracy(guesses: Tensor, labels: Tensor) -> float:
    """The mean over batches of (N,) == (N, 1)."""
    batches = zip(guesses.split(BATCH), labels[:, None].split(BATCH), strict=True)
    return torch.stack([(guess == label).float().mean() for guess, label in batches]).mean().item()


def accuracy(guesses: Tensor, labels: Tensor) -> float:
    return (guesses == labels).float().mean().item()


mixed = valid_labels[torch.randperm(len(valid_labels), generator=torch.Generator().manual_seed(0))]
print("A perfect classifier is told:      stretched  accuracy")
for name, truth in (("batches of one class each", valid_labels), ("batches of all classes, mixed", mixed)):
    told = stretched_accuracy(truth, truth)
    print(f"  {name:30} {told:11.4f} {accuracy(truth, truth):9.4f}")
try:
    check_labels(valid_labels[:, None], classes)
except BadInput as refused:
    print(fill(f"pellucid refuses such labels: {refused}", 100))


# %% [markdown]
# ## The recipe, and the sound version step by step
# Weights and biases from a normal distribution of deviation 1, batches of 256 in the order of the folders, SGD with a
# learning rate of 0.1, 20 epochs. Then the same, but for a new order in every epoch. Then weights that begin at 0, too,
# and a learning rate of 0.5.


# %%
def learn(deviation: float, rate: float, shuffled: bool, epochs: int = 20) -> Iterator[Tensor]:
    """Hand out the logits of the validation part before the first epoch and after each."""
    generator = torch.Generator().manual_seed(2)
    weight = torch.randn(classes, pixels.shape[1], generator=generator) * deviation
    layers = [Layer(weight, torch.randn(classes, generator=generator) * deviation)]
    sgd = SGD(learning_rate=rate)
    state = sgd.start(weights_of(layers))
    slopes = [torch.empty_like(weight) for weight in weights_of(layers)]  # made once, written at every step
    yield forward(layers, valid_pixels).logits
    for _ in range(epochs):
        order = torch.randperm(len(labels), generator=generator) if shuffled else torch.arange(len(labels))
        for rows in order.split(BATCH):
            _, state = train_step(layers, pixels[rows], labels[rows], sgd, state, out=slopes)
        yield forward(layers, valid_pixels).logits


# %% [markdown]
# The teaching text's printed run, on MNIST: 0.1763 after its first epoch, 0.6374 after its twentieth. Ours starts from
# other random weights. Its first column of accuracies is the stretched one, as printed, still on batches in order.

# %%
print("\n       as the recipe               shuffled          and from 0, rate 0.5")
print("epoch  stretched accuracy   loss   accuracy   loss   accuracy   loss")
told = []
runs = zip(learn(1.0, 0.1, False), learn(1.0, 0.1, True), learn(0.0, 0.5, True), strict=True)
for epoch, (recipe, shuffled, sound) in enumerate(runs, start=-1):
    guesses = recipe.argmax(1)
    told.append(stretched_accuracy(guesses, valid_labels))
    row = f"{epoch if epoch >= 0 else 'start':>5} {told[-1]:10.4f}"
    for logits in (recipe, shuffled, sound):
        row += f" {accuracy(logits.argmax(1), valid_labels):8.4f} {cross_entropy(logits, valid_labels):7.2f}  "
    print(row)
    if epoch == 0:
        after_nines = guesses
sound_accuracy = accuracy(sound.argmax(1), valid_labels)

# %% [markdown]
# Deviation 1 is far too much for 784 inputs: sums of about 10 are wrong with great certainty, and the loss says so
# before the first step (log(10) = 2.30 is what a model that knows nothing should begin with). And a model that has just
# seen nothing but nines believes in nines:

# %%
said, true = (after_nines == classes - 1).float().mean(), (valid_labels == classes - 1).float().mean()
name = dataset.classes[-1]
print(f"\nAfter the first epoch in folder order, {said:.0%} of all cases are taken for a {name}; {true:.0%} are one.")
