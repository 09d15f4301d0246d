# %% [markdown]
# # Broadcasting: how two shapes meet, and the trap in it
#
# Subtracting the mean image from 1,000 images takes one minus sign: the mean is read again and again, as if there were
# 1,000 of it. The rule is short. It also lets a mistake pass of which nothing is said: (N,) against (N, 1).
#
# The rule: write the shapes below each other, aligned at the right; fill the shorter up with 1; a 1 is stretched to the
# other's length; any other two lengths must be alike. Axes are counted from the right: -1 is the last one.

# %%
from textwrap import fill

import torch

from pellucid.blocks.anatomy import anatomy, broadcast, watch_copies
from pellucid.data import read


def tell(facts) -> None:
    """Print what the facts say of themselves, long lines folded."""
    print(*(fill(line, 110, subsequent_indent=" " * 19) for line in facts.lines()), sep="\n")


digits = read("digits")
images = torch.from_numpy(digits.images[:, 0].astype("float32"))
mean = images.mean(0)
fits = broadcast(images.shape, mean.shape)
tell(fits)
fits

# %% [markdown]
# Nothing is copied to stretch a length: its stride becomes 0, so that each step along that axis reads the same numbers.

# %%
stretched = anatomy(mean.expand(3, 8, 8), "mean, read three times")
print(*stretched.lines()[:3], sep="\n")
with watch_copies() as watched:
    centred = images - mean
farthest = centred.mean(0).abs().max().item()
print(f"largest mean of a pixel afterwards: {farthest:.1e}; silent copies: {len(watched.found)}")

# %% [markdown]
# ## Why two shapes do not fit
# One number for each of 1,797 images, to be taken off all of its pixels: aligned at the right it meets the columns.

# %%
each = images.mean((1, 2))
misfit = broadcast(images.shape, each.shape)
tell(misfit)
print("mended:", (images - each.view(len(images), 1, 1)).mean((1, 2)).abs().max().item() < 1e-5)
misfit

# %% [markdown]
# ## The trap: (N,) against (N, 1)
# A model gives a column of N answers, the labels lie in a row of N. Nothing fails. Each answer is compared with every
# label, and the mean is taken over N x N numbers.

# %%
labels = torch.from_numpy((digits.labels[:200] == 0).astype("float32"))
answers = labels[:, None].clone()  # a perfect model: each answer is its label
trap = broadcast(answers.shape, labels.shape)
tell(trap)
told_accuracy = (answers == labels).float().mean().item()
true_accuracy = (answers[:, 0] == labels).float().mean().item()
told_loss = (answers - labels).square().mean().item()
true_loss = (answers[:, 0] - labels).square().mean().item()
print(
    f"\na perfect model is told: accuracy {told_accuracy:.3f} (it is {true_accuracy:.3f}), "
    f"squared error {told_loss:.3f} (it is {true_loss:.3f})"
)

# %% [markdown]
# What can a model learn from such a loss? The mean of the labels: against every label at once, no answer is better.

# %%
share = labels.mean().item()
answer = torch.zeros(200, 1)
for _ in range(200):
    answer -= 0.05 * 2 * (answer - labels).mean(1, keepdim=True)  # the slope of each answer's own mean square
print(f"after 200 steps all answers lie between {answer.min():.4f} and {answer.max():.4f}; labels of 1: {share:.4f}")

# %% [markdown]
# `pellucid.watch(model, optimizer)` names this in any loop of torch, in the loss and in the metric.
