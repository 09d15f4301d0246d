# %% [markdown]
# # Keeping the best model, and two ways of not keeping it
#
# A network that learns for too long begins to know its training images by heart, and grows worse on all others. So one
# looks at a validation part after every epoch, and keeps the weights that did best there. It is three lines of code,
# and two of its common forms keep nothing.
#
# `python examples/keeping_the_best.py [SOURCE]` takes any other source of pictures, too.

# %%
import os
import sys
import tempfile
from math import inf
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import Tensor, nn

from pellucid.blocks import SGD, check_labels, cross_entropy, forward, layers_of, train_step, weights_of
from pellucid.data import draw_split, measure_scaling, read
from pellucid.errors import PellucidError
from pellucid.evaluate.estimates.difference import mean_difference
from pellucid.learn import Settings, plan_learning
from pellucid.learn.fit import fit, logits_of
from pellucid.progress import silent

torch.set_num_threads(1)  # a batch of 32 is too little work to share out
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
EPOCHS = 60

given = sys.argv[1:] if "__file__" in globals() else []  # a notebook has no arguments of its own
folder = os.environ.get("PELLUCID_DATA")  # a folder that holds the file, if there is one; else it is downloaded
local = Path(folder, "medmnist", "breastmnist_trainval.npz") if folder else "breastmnist"
try:
    dataset = read(given[0] if given else local)
    check_labels(torch.from_numpy(dataset.labels), classes=len(dataset.classes))
    split = draw_split(dataset, seed=0)
except PellucidError as error:
    sys.exit(str(error))
scaling = measure_scaling(dataset.images, split.train)


def part(rows: np.ndarray) -> tuple[Tensor, Tensor]:
    """Scaled pixels, one row a case, and labels."""
    pixels = torch.from_numpy(dataset.images[rows]).flatten(1)
    return (pixels - scaling.mean[0]) / scaling.deviation[0], torch.from_numpy(dataset.labels[rows])


train, valid, held_out = part(split.train), part(split.valid), part(split.held_out)
print(f"{len(split.train)} images to learn from, {len(split.valid)} to choose by, {len(split.held_out)} held out")

# %% [markdown]
# ## A run that overfits
# Few images, a wide network, and many epochs. `layers_of` shares the model's own memory, so what the blocks move, moves
# in the model.
#
# Three ways to keep the best run side by side, in the same loop:
#
# 1. **as once printed**: the comparison stands below the loop, not in it. It is made once, against infinity, and holds.
# 2. **no copy**: the comparison is right, but `state_dict()` hands out the weights themselves, not what they are now.
# 3. **a copy**: the same, with `.clone()`.

# %%
torch.manual_seed(0)
pixels, classes = train[0].shape[1], len(dataset.classes)
model = nn.Sequential(nn.Linear(pixels, 128), nn.ReLU(), nn.Linear(128, classes))
layers = layers_of(model)
sgd, generator = SGD(learning_rate=0.003, momentum=0.9), torch.Generator().manual_seed(0)
state = sgd.start(weights_of(layers))
train_losses, valid_losses = [], []
best_loss, best_epoch, no_copy, copy = inf, 0, {}, {}
for epoch in range(EPOCHS):
    for rows in torch.randperm(len(split.train), generator=generator).split(32):
        _, state = train_step(layers, train[0][rows], train[1][rows], sgd, state)
    train_losses.append(cross_entropy(forward(layers, train[0]).logits, train[1]).item())
    valid_losses.append(cross_entropy(forward(layers, valid[0]).logits, valid[1]).item())
    if valid_losses[-1] < best_loss:
        best_loss, best_epoch = valid_losses[-1], epoch
        no_copy = model.state_dict()
        copy = {name: weight.clone() for name, weight in model.state_dict().items()}

best_as_printed, printed = inf, {}
if valid_losses[-1] < best_as_printed:  # in the printed loop it stood here, after the last epoch
    printed = model.state_dict()

figure, axis = plt.subplots(figsize=(7, 3.2), layout="constrained")
axis.plot(train_losses, color=BLUE, linestyle="--", label="training")
axis.plot(valid_losses, color=ORANGE, label="validation")
axis.plot(best_epoch, best_loss, "o", color=GREEN, markersize=8, label=f"best, epoch {best_epoch}: what a copy keeps")
axis.plot(EPOCHS - 1, valid_losses[-1], "s", color="black", markersize=7, label="last: what the two others keep")
axis.set(title="From the best epoch on, it learns by heart", xlabel="epoch", ylabel="cross-entropy", ylim=(0, None))
axis.legend(frameon=False, fontsize=8)
print(f"validation loss: {best_loss:.4f} at epoch {best_epoch}, the best; {valid_losses[-1]:.4f} at the last")
plt.show()

# %% [markdown]
# ## What was kept
# Each of the three is loaded and measured on the held-out part, which chose nothing. An address tells the reason: the
# weights of the second way lie where the model's lie, and so were trained on after they had been "kept".

# %%
now = {name: weight.clone() for name, weight in model.state_dict().items()}
at_the_model = no_copy["0.weight"].data_ptr() == model.state_dict()["0.weight"].data_ptr()
copied_elsewhere = copy["0.weight"].data_ptr() != model.state_dict()["0.weight"].data_ptr()
kept = {
    "as once printed": {name: weight.clone() for name, weight in printed.items()},  # copied now: loading overwrites
    "no copy": {name: weight.clone() for name, weight in no_copy.items()},
    "a copy": copy,
}
losses_of_cases, held_loss, held_accuracy, is_last = {}, {}, {}, {}
print("\nkept             held-out loss   accuracy   the last weights?")
for way, weights in kept.items():
    model.load_state_dict(weights)
    logits = forward(layers, held_out[0]).logits
    losses_of_cases[way] = nn.functional.cross_entropy(logits, held_out[1], reduction="none").double().numpy()
    held_loss[way] = cross_entropy(logits, held_out[1]).item()
    held_accuracy[way] = (logits.argmax(1) == held_out[1]).double().mean().item()
    is_last[way] = all(torch.equal(weights[name], now[name]) for name in now)
    print(f"{way:16} {held_loss[way]:13.4f} {held_accuracy[way]:10.3f}   {'yes' if is_last[way] else 'no'}")
gain = mean_difference(losses_of_cases["no copy"], losses_of_cases["a copy"])
print(f"the copy's held-out loss is lower by {gain}, a 95% interval")
print(f"without a copy, the weights lie where the model's lie: {at_the_model}; the copy elsewhere: {copied_elsewhere}")

# %% [markdown]
# The accuracy may hide it. A network that learned by heart is often right as often as before, but far too sure where it
# is wrong, and the loss counts that. Where probabilities are to be believed, as in medicine, it matters. How much, so
# few held-out images cannot say: the interval is wide.
#
# ## How pellucid does it
# `pellucid.learn.fit` looks at the validation part after each epoch. If the loss is a number and the lowest so far, it
# copies all weights; at the end these are what it hands out, with the step that they came from. The held-out part is
# never looked at in between.

# %%
plan = plan_learning(Settings(model="mlp", epochs=EPOCHS), dataset, split, "cpu", scaling)
with tempfile.TemporaryDirectory() as run:
    fitted = fit(plan.learner, plan.batches, split.valid, Path(run), silent)
last_logits = torch.from_numpy(logits_of(plan.learner, plan.batches.images, split.held_out))
plan.learner.model.load_state_dict(fitted.best)
kept_logits = torch.from_numpy(logits_of(plan.learner, plan.batches.images, split.held_out))
last_loss, kept_loss = (cross_entropy(logits, held_out[1]).item() for logits in (last_logits, kept_logits))
print(f"\npellucid kept step {fitted.best_step} of {fitted.steps}:", end=" ")
print(f"held-out loss {kept_loss:.4f}; the last weights have {last_loss:.4f}")
