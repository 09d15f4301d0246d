# %% [markdown]
# # A softmax that forgot its log
#
# Log-softmax is x - log(sum(exp(x))). Leave out the log, x - sum(exp(x)), and nothing crashes: the loss falls with
# every epoch, and a teaching text's printed run ends at an accuracy of 96%. This page makes the same mistake on
# purpose, gets the same losses, asks what was really learned, and sets the sound version beside it.
#
# `python examples/r1_softmax_without_log.py [SOURCE]` takes any other source of pictures, too.

# %%
import os
import sys
import time
from math import log
from pathlib import Path
from textwrap import fill

import torch
from torch import Tensor

from pellucid.blocks import SGD, Layer, backward, check_labels, cross_entropy
from pellucid.blocks import forward, nll, softmax, train_step, weights_of
from pellucid.data import measure_scaling, read
from pellucid.errors import BadInput, PellucidError

torch.set_num_threads(1)  # a batch of 64 is too little work to share out
OUTPUTS, BATCH, RATE = 10, 64, 1.0

given = sys.argv[1:] if "__file__" in globals() else []  # a notebook has no arguments of its own
folder = os.environ.get("PELLUCID_DATA")  # a folder that holds the zip, if there is one; else it is downloaded
try:
    dataset = read(given[0] if given else Path(folder, "medical_mnist.zip") if folder else "medical_mnist")
    check_labels(torch.from_numpy(dataset.labels), classes=OUTPUTS)
except PellucidError as error:
    sys.exit(str(error))

# %% [markdown]
# ## The mistake, and its slope
# The loss is minus the mean of what the formula gives for the right class: sum(exp(x)) - x of that class. Its slope is
# exp(x), less 1 for the right class. We write it by hand and hold it against autograd, as one always should.


# %%
def forgetful(logits: Tensor) -> Tensor:
    """Meant to be the logs of probabilities; they are not."""
    return logits - logits.exp().sum(1, keepdim=True)


def forgetful_loss(logits: Tensor, labels: Tensor) -> Tensor:
    return -forgetful(logits).gather(1, labels[:, None]).mean()


def forgetful_slope(logits: Tensor, labels: Tensor) -> Tensor:
    one_hot = torch.nn.functional.one_hot(labels, logits.shape[1])
    return (logits.exp() - one_hot) / len(logits)


some_logits = torch.randn(5, OUTPUTS, generator=torch.Generator().manual_seed(0), requires_grad=True)
some_labels = torch.tensor([0, 3, 3, 5, 1])
forgetful_loss(some_logits, some_labels).backward()
farthest = (some_logits.grad - forgetful_slope(some_logits.detach(), some_labels)).abs().max().item()
print(f"slope by hand and by autograd differ by at most {farthest:.1e}")

# %% [markdown]
# ## The same losses
# All is as in `r0_linear_by_hand.py` (one permutation, its first fifth to validate, pixels divided by 255 twice, ten
# outputs, batches of 64), but for the formula and a learning rate of 1. `PRINTED` is the validation loss of the
# teaching text's printed run, epochs 0 to 14, on Medical MNIST; it took 9.22 s, in which several cores worked 65 s. Its
# permutation is not known, so ours is another. Our figure is the mean over all validation cases.

# %%
PRINTED = [2.5434, 2.3623, 2.2323, 2.1347, 2.0587, 1.9978, 1.9477, 1.9058]
PRINTED += [1.8700, 1.8392, 1.8122, 1.7884, 1.7672, 1.7482, 1.7311]

order = torch.randperm(len(dataset), generator=torch.Generator().manual_seed(0))
pixels = torch.from_numpy(dataset.images[order.numpy()]).flatten(1)
labels = torch.from_numpy(dataset.labels)[order]
valid_cases = int(0.2 * len(dataset))
valid_labels = labels[:valid_cases]

layers = [Layer(torch.zeros(OUTPUTS, pixels.shape[1]), torch.zeros(OUTPUTS))]
sgd = SGD(learning_rate=RATE)
state = sgd.start(weights_of(layers))
slopes = [torch.empty_like(weight) for weight in weights_of(layers)]  # made once, written at every step
inputs = torch.empty(BATCH, pixels.shape[1])
losses = []
began, worked = time.perf_counter(), time.process_time()
print("\nepoch    loss  printed  difference  accuracy")
for epoch in range(len(PRINTED)):
    for start in range(valid_cases, len(pixels), BATCH):
        batch = pixels[start : start + BATCH]
        activations = forward(layers, torch.div(batch, 255 * 255, out=inputs[: len(batch)]))
        slope = forgetful_slope(activations.logits, labels[start : start + BATCH])
        state = sgd.step(weights_of(layers), backward(layers, activations, slope, out=slopes), state)
    logits = torch.cat([forward(layers, part / (255 * 255)).logits for part in pixels[:valid_cases].split(1024)])
    losses.append(forgetful_loss(logits, valid_labels).item())
    accuracy = (logits.argmax(1) == valid_labels).float().mean().item()
    compared = f"{PRINTED[epoch]:9.4f} {losses[-1] / PRINTED[epoch] - 1:+11.2%}" if len(dataset) == 58_954 else " " * 21
    print(f"{epoch:5} {losses[-1]:7.4f}{compared} {accuracy:9.4f}")
print(f"{time.perf_counter() - began:.1f} s, of processor time {time.process_time() - worked:.1f} s")

# %% [markdown]
# ## What was learned
# Probabilities add up to 1. These do not, and one line would have shown it. `pellucid.blocks.nll` looks, and refuses.
#
# Why was the accuracy good all the same? The slope is 0 where exp(x), on average, is the class's share: the logits
# themselves become logs of probabilities, softmax of them is sensible, and the largest is the right one. The forgotten
# log shows in the loss: it begins at 10 - 0 instead of log(10), and can never fall below 1, however good the model is.

# %%
sums = forgetful(logits).exp().sum(1)
print(f"\n'probabilities' of a case add up to {sums.mean():.3f} (from {sums.min():.3f} to {sums.max():.3f}), not to 1")
try:
    nll(forgetful(logits), valid_labels)
except BadInput as refused:
    print(fill(f"pellucid's nll refuses them: {refused}", 100))
print(f"sum(exp(x)) of a case, which training drives towards 1: {logits.exp().sum(1).mean():.3f} on average")
print(f"loss before the first step {OUTPUTS}.0, where log({OUTPUTS}) = {log(OUTPUTS):.3f} was due")
print(f"loss at the end {losses[-1]:.4f}; cross-entropy of the same logits {cross_entropy(logits, valid_labels):.4f}")

# %% [markdown]
# And the learning rate of 1 is safe only while logits stay small. Softmax's slope is never larger than 1; this one
# grows as exp(x).

# %%
print("\n    a wrong logit of     forgetful slope    sound slope")
for wrong in (0.0, 5.0, 10.0, 20.0):
    pair = torch.tensor([[wrong, 0.0]])
    print(f"{wrong:20.0f} {forgetful_slope(pair, torch.tensor([1]))[0, 0]:19,.0f} {softmax(pair)[0, 0]:14.3f}")

# %% [markdown]
# ## The sound version
# The log where it belongs, pixels with mean 0 and deviation 1, six outputs, a new order in every epoch, a learning rate
# of 0.01. Three epochs instead of fifteen.

# %%
classes = len(dataset.classes)
scaling = measure_scaling(pixels[:, None, None].numpy(), torch.arange(valid_cases, len(pixels)).numpy())
layers = [Layer(torch.zeros(classes, pixels.shape[1]), torch.zeros(classes))]
sgd, generator = SGD(learning_rate=0.01), torch.Generator().manual_seed(0)
state = sgd.start(weights_of(layers))
print("\nSound.  epoch    loss  accuracy  probabilities add up to")
for epoch in range(3):
    for rows in (valid_cases + torch.randperm(len(pixels) - valid_cases, generator=generator)).split(BATCH):
        scaled = (pixels[rows] - scaling.mean[0]) / scaling.deviation[0]
        _, state = train_step(layers, scaled, labels[rows], sgd, state)
    parts = pixels[:valid_cases].split(1024)
    logits = torch.cat([forward(layers, (part - scaling.mean[0]) / scaling.deviation[0]).logits for part in parts])
    sound_accuracy = (logits.argmax(1) == valid_labels).float().mean().item()
    total = softmax(logits).sum(1).mean()
    print(f"{epoch:13} {cross_entropy(logits, valid_labels):7.4f} {sound_accuracy:9.4f} {total:24.4f}")
