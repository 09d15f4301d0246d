# %% [markdown]
# # One linear layer by hand, and four faults that hide behind a good accuracy
#
# Six kinds of medical picture, one layer of weighted sums, a log-softmax, and plain gradient descent: a classifier can
# hardly be smaller. A teaching text builds it, prints 95% and moves on. This page builds the same thing from
# `pellucid.blocks`, gets the same losses, and then looks closer.
#
# `python examples/r0_linear_by_hand.py [SOURCE]` takes any other source of pictures, too.

# %%
import os
import sys
from collections.abc import Iterator
from math import log
from pathlib import Path

import torch
from torch import Tensor

from pellucid.blocks import SGD, Layer, check_labels, cross_entropy, forward, log_softmax, train_step, weights_of
from pellucid.data import measure_scaling, read
from pellucid.errors import PellucidError

torch.set_num_threads(1)  # a batch of 64 is too little work to share out
OUTPUTS, BATCH, RATE = 10, 64, 0.5

given = sys.argv[1:] if "__file__" in globals() else []  # a notebook has no arguments of its own
folder = os.environ.get("PELLUCID_DATA")  # a folder that holds the zip, if there is one; else it is downloaded
try:
    dataset = read(given[0] if given else Path(folder, "medical_mnist.zip") if folder else "medical_mnist")
    check_labels(torch.from_numpy(dataset.labels), classes=OUTPUTS)
except PellucidError as error:
    sys.exit(str(error))
valid_cases = int(0.2 * len(dataset))
print(f"{len(dataset):,} images of {len(dataset.classes)} classes: {valid_cases:,} to validate, the rest to learn from")

# %% [markdown]
# ## The recipe
# One random permutation is drawn once. Its first fifth validates; the rest is learned from in that same order in every
# epoch. The layer gives ten numbers, the logits; softmax, exp(x) / sum(exp(x)), makes probabilities of them, and the
# loss is minus the log of the right class's, the mean over the cases. Weights and biases begin at 0. Pixels were
# divided by 255 when they became tensors, and then by 255 again.


# %%
def permute(seed: int) -> tuple[Tensor, Tensor]:
    """Pixels, one row of bytes a case, and labels, in a random order."""
    order = torch.randperm(len(dataset), generator=torch.Generator().manual_seed(seed))
    pixels = torch.from_numpy(dataset.images[order.numpy()]).flatten(1)
    return pixels, torch.from_numpy(dataset.labels)[order]


def learn(pixels: Tensor, labels: Tensor, epochs: int = 16) -> Iterator[Tensor]:
    """Train as the recipe says; after each epoch, hand out the logits of the validation part."""
    layers = [Layer(torch.zeros(OUTPUTS, pixels.shape[1]), torch.zeros(OUTPUTS))]
    sgd = SGD(learning_rate=RATE)
    state = sgd.start(weights_of(layers))
    slopes = [torch.empty_like(weight) for weight in weights_of(layers)]  # made once, written at every step
    inputs = torch.empty(BATCH, pixels.shape[1])
    for _ in range(epochs):
        for start in range(valid_cases, len(pixels), BATCH):
            batch = pixels[start : start + BATCH]
            scaled = torch.div(batch, 255 * 255, out=inputs[: len(batch)])
            _, state = train_step(layers, scaled, labels[start : start + BATCH], sgd, state, out=slopes)
        parts = pixels[:valid_cases].split(1024)
        yield torch.cat([forward(layers, part / (255 * 255)).logits for part in parts])


def accuracy(logits: Tensor, labels: Tensor) -> float:
    return (logits.argmax(1) == labels[: len(logits)]).float().mean().item()


# %% [markdown]
# `PRINTED` is the validation loss of the teaching text's printed run, epochs 0 to 15, on Medical MNIST. Its permutation
# is not known, so ours is another. Our figure is the mean over all validation cases; the mean of the means of its
# batches of 64 (of which the last is smaller) is printed below and differs by a few hundredths of a percent.

# %%
PRINTED = [1.6596, 1.5400, 1.4410, 1.3571, 1.2848, 1.2218, 1.1662, 1.1168]
PRINTED += [1.0726, 1.0328, 0.9967, 0.9638, 0.9338, 0.9062, 0.8809, 0.8574]

pixels, labels = permute(seed=0)
valid_labels = labels[:valid_cases]
losses, accuracies, by_epoch = [], [], []
print("\nepoch    loss  printed  difference  accuracy")
for epoch, logits in enumerate(learn(pixels, labels)):
    by_epoch.append(logits)
    losses.append(cross_entropy(logits, valid_labels).item())
    accuracies.append(accuracy(logits, labels))
    compared = f"{PRINTED[epoch]:9.4f} {losses[-1] / PRINTED[epoch] - 1:+11.2%}" if len(dataset) == 58_954 else " " * 21
    print(f"{epoch:5} {losses[-1]:7.4f}{compared} {accuracies[-1]:9.4f}")
batches = zip(logits.split(BATCH), valid_labels.split(BATCH), strict=True)
of_batches = torch.stack([cross_entropy(*batch) for batch in batches]).mean().item()
print(f"mean of the batches' means, last epoch: {of_batches:.4f}")

# %% [markdown]
# ## Fault 1: scaled twice
# Inputs between 0 and 1/255 hardly move a weighted sum. The bias, whose input is a full 1, learns faster than all the
# pixels of a picture together. The margin is how far the winning logit stands above the second.

# %%
power = (pixels[:1000] / (255 * 255)).square().sum(1).mean().item()
swing = RATE * (1 / 6 * 5 / 6 / BATCH) ** 0.5  # RATE times the deviation of a share of one in six, in a batch
print("\nFault 1. Median margin between the two largest logits:")
for epoch in (0, len(by_epoch) - 1):
    first, second = by_epoch[epoch].topk(2).values.T
    print(f"  after epoch {epoch:2}: {(first - second).median():.3f}")
print(f"  squares of a picture's inputs add up to {power:.4f}, the bias's is 1")
print(f"  the luck of one batch moves a bias by about {swing:.3f}")

# %% [markdown]
# ## Fault 2: ten outputs for six classes
# An output that stands for nothing takes probability from the others until it is taught to be silent. A loss that does
# not begin at log(classes) gives it away before the first step.

# %%
classes = len(dataset.classes)
print(f"\nFault 2. At first, classes that do not exist get a probability of {1 - classes / OUTPUTS:.2f},")
print(f"  and the loss is log({OUTPUTS}) = {log(OUTPUTS):.4f}; log({classes}) = {log(classes):.4f} was due")

# %% [markdown]
# ## Fault 3: a log-softmax that overflows
# x - log(sum(exp(x))) is right on paper. A 32-bit float ends near exp(88). Take the largest logit off first: nothing
# changes on paper, and no exp is above 1. The tiny logits of fault 1 kept this fault asleep.

# %%
large = torch.tensor([[1000.0, 0.0]])
as_on_paper = large - large.exp().sum(1, keepdim=True).log()
print("\nFault 3. Log-softmax of the logits 1000 and 0:")
print(f"  as on paper {as_on_paper.tolist()[0]}, sound {log_softmax(large).tolist()[0]}")

# %% [markdown]
# ## Fault 4: the accuracy is luck
# Another permutation, everything else alike. The losses agree within a percent; the accuracies do not. Two classes all
# but tie, and a single step can move a bias by more than the tie: whichever of the two the last few batches held more
# of takes every case of both. The order never changes, so each epoch ends on the same luck, and it looks settled.


# %%
def found(logits: Tensor, labels: Tensor) -> str:
    """Of each class, the share of its validation cases that are found."""
    right = (logits.argmax(1) == labels[: len(logits)]).float()
    shares = [right[labels[: len(logits)] == number].mean() for number in range(classes)]
    return "  ".join(f"{name} {share:.2f}" for name, share in zip(dataset.classes, shares, strict=True))


other_pixels, other_labels = permute(seed=2)
print("\nFault 4. epoch  loss, one order and another    accuracy, one order and another")
for epoch, logits in enumerate(learn(other_pixels, other_labels)):
    other_loss = cross_entropy(logits, other_labels[:valid_cases]).item()
    other_accuracy = accuracy(logits, other_labels)
    print(f"{epoch:14} {losses[epoch]:11.4f} {other_loss:12.4f} {accuracies[epoch]:18.4f} {other_accuracy:12.4f}")
print(f"  found, one order: {found(by_epoch[-1], labels)}\n  found, another:   {found(logits, other_labels)}")

# %% [markdown]
# ## The sound version
# One scaling, measured on the training images: mean 0, deviation 1. As many outputs as classes. A new order in every
# epoch. One learning rate that suits the scale: 0.01. The layer and the arithmetic of its step are the very same.

# %%
scaling = measure_scaling(pixels[:, None, None].numpy(), torch.arange(valid_cases, len(pixels)).numpy())
layers = [Layer(torch.zeros(classes, pixels.shape[1]), torch.zeros(classes))]
sgd, generator = SGD(learning_rate=0.01), torch.Generator().manual_seed(0)
state = sgd.start(weights_of(layers))
print("\nSound.  epoch    loss  accuracy  median margin")
for epoch in range(3):
    for rows in (valid_cases + torch.randperm(len(pixels) - valid_cases, generator=generator)).split(BATCH):
        scaled = (pixels[rows] - scaling.mean[0]) / scaling.deviation[0]
        _, state = train_step(layers, scaled, labels[rows], sgd, state)
    parts = pixels[:valid_cases].split(1024)
    logits = torch.cat([forward(layers, (part - scaling.mean[0]) / scaling.deviation[0]).logits for part in parts])
    first, second = logits.topk(2).values.T
    sound_accuracy = accuracy(logits, labels)
    margin = (first - second).median()
    print(f"{epoch:13} {cross_entropy(logits, valid_labels):7.4f} {sound_accuracy:9.4f} {margin:14.3f}")
