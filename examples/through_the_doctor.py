# %% [markdown]
# # Four loops through the doctor: what an accuracy of 96% does not say
#
# Four loops as teaching texts print them, mistakes and all, each in plain torch on real pictures. None of them fails.
# Around each stands one line, `with pellucid.watch(...)`, and the doctor says what is silently wrong, with the line
# that would mend it. Four pages of this ladder take the same loops apart.
#
# `python examples/through_the_doctor.py [SOURCE]` takes any other source of pictures, too.

# %%
import os
import sys
from pathlib import Path
from textwrap import fill

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import pellucid
from pellucid.errors import PellucidError

torch.set_num_threads(1)  # batches this small are not worth sharing out
given = sys.argv[1:] if "__file__" in globals() else []  # a notebook has no arguments of its own
folder = os.environ.get("PELLUCID_DATA")  # a folder that holds the zips, if there is one; else they are downloaded


def pictures(name: str, most: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Bytes, one row a picture, and labels: so many of a data set, in its own order, which is class by class."""
    local = Path(folder or "", {"medical_mnist": "medical_mnist.zip", "mnist": "mnist_png.zip"}[name])
    dataset = pellucid.read(given[0] if given else local if folder else name)
    every = max(1, len(dataset) // most)
    images = torch.from_numpy(np.array(dataset.images[::every])).flatten(1)
    return images, torch.from_numpy(dataset.labels[::every]).long()


try:
    medical, medical_labels = pictures("medical_mnist", 12_000)
    digits, digit_labels = pictures("mnist", 15_000)
except PellucidError as error:
    sys.exit(str(error))
generator = torch.Generator().manual_seed(0)
order = torch.randperm(len(medical), generator=generator)
classes = int(medical_labels.max()) + 1

# %% [markdown]
# ## One linear layer (`r0_linear_by_hand.py`)
# Pixels are divided by 255, and again by 255. Ten outputs, six classes. (The log-softmax by hand overflows where a
# logit is above 88. The doctor says so when it happens; here logits are small, and it tells what it sees.)


# %%
def shown(doctor) -> list[str]:
    """What the doctor found, and the kinds of it."""
    for finding in doctor.findings:
        told = fill(finding.told, 100, initial_indent="  ", subsequent_indent="  ")
        print(f"{finding.kind}, seen at step {finding.step}\n{told}\n  mend: {finding.mend}")
    return [finding.kind for finding in doctor.findings]


def quiet(_: str) -> None:
    """The doctor speaks for itself on stderr; here `shown` does."""


weights = torch.zeros(medical.shape[1], 10, requires_grad=True)
bias = torch.zeros(10, requires_grad=True)
with pellucid.watch({"weights": weights, "bias": bias}, classes=classes, say=quiet) as doctor:
    for rows in order.split(64):
        inputs = medical[rows].float() / 255 / 255
        logits = inputs @ weights + bias
        log_p = logits - logits.exp().sum(1, keepdim=True).log()
        loss = functional.nll_loss(log_p, medical_labels[rows])
        loss.backward()
        with torch.no_grad():
            for tensor in (weights, bias):
                tensor -= 0.5 * tensor.grad
                tensor.grad.zero_()
r0 = shown(doctor)

# %% [markdown]
# ## A softmax that forgot its log (`r1_softmax_without_log.py`)
# The same layer; x - sum(exp(x)) where x - log(sum(exp(x))) was meant. As once printed, it still told 96% of the
# pictures right after fifteen epochs.

# %%
weights = torch.zeros(medical.shape[1], 10, requires_grad=True)
bias = torch.zeros(10, requires_grad=True)
with pellucid.watch({"weights": weights, "bias": bias}, classes=classes, say=quiet) as doctor:
    for rows in order.split(64):
        logits = medical[rows].float() / 255 / 255 @ weights + bias
        loss = functional.nll_loss(logits - logits.exp().sum(1, keepdim=True), medical_labels[rows])
        loss.backward()
        with torch.no_grad():
            for tensor in (weights, bias):
                tensor -= 1.0 * tensor.grad
                tensor.grad.zero_()
r1 = shown(doctor)

# %% [markdown]
# ## Labels in a column, batches in the order of the files (`r2a_mnist_linear.py`)
# The accuracy compares (N,) with (N, 1), and a batch holds nearly one class. And the first weights are drawn from
# N(0, 1), so that a sum of hundreds of pixels is far from 0: the network is sure, and wrong, before it has learned.

# %%
weights = torch.randn(digits.shape[1], 10, generator=generator).requires_grad_()
bias = torch.randn(10, generator=generator).requires_grad_()
column = digit_labels[:, None]
rows_in_order = torch.arange(len(digits)).split(256)
with pellucid.watch({"weights": weights, "bias": bias}, say=quiet) as doctor:
    for _ in range(3):
        for rows in rows_in_order:
            logits = digits[rows].float() / 255 @ weights + bias
            loss = functional.cross_entropy(logits, column[rows].squeeze(1))
            loss.backward()
            with torch.no_grad():
                for tensor in (weights, bias):
                    tensor -= 0.1 * tensor.grad
                    tensor.grad.zero_()
        with torch.no_grad():
            right = [
                ((digits[rows].float() / 255 @ weights + bias).argmax(1) == column[rows]).float().mean()
                for rows in rows_in_order
            ]
print(f"the accuracy that it tells itself: {torch.stack(right).mean():.3f}\n")
r2a = shown(doctor)

# %% [markdown]
# ## A network that had been trained before (`r2b_mnist_network.py`)
# The cell is run a second time, and the network is not made anew. Its first loss gives it away. (The learning rate is
# 0.05 here, 0.001 in the text: three epochs are then enough to see it.)

# %%
torch.manual_seed(0)
network = nn.Sequential(nn.Linear(digits.shape[1], 30), nn.ReLU(), nn.Linear(30, 10))
shuffled = torch.randperm(len(digits), generator=generator)


def cell(doctor_says: list[list[str]]) -> None:
    """A notebook's cell: an optimizer and three epochs, for a network that was made in another cell."""
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05)
    with pellucid.watch(network, optimizer, say=quiet) as doctor:
        for rows in shuffled.repeat(3).split(256):
            loss = functional.cross_entropy(network(digits[rows].float() / 255), digit_labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    doctor_says.append(shown(doctor))


r2b: list[list[str]] = []
print("first time:")
cell(r2b)
print("second time:")
cell(r2b)
