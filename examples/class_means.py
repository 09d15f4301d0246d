# %% [markdown]
# # The nearest mean: a classifier before any network
#
# Take the mean image of each class. A new image belongs to the class whose mean is nearest. Nothing is trained, there
# is no learning rate, and two lines of arithmetic do it: whatever comes later has to beat this.
#
# `python examples/class_means.py [SOURCE]` takes a folder of class folders, a zip, or a name such as `mnist`; without,
# it takes `digits`, which needs no download.

# %%
import sys

import numpy as np
import torch

from pellucid.blocks import check_labels, linear
from pellucid.data import draw_split, read
from pellucid.errors import PellucidError

given = sys.argv[1:] if "__file__" in globals() else []  # a notebook has no arguments of its own
try:
    dataset = read(given[0] if given else "digits")
    check_labels(torch.from_numpy(dataset.labels), classes=len(dataset.classes))
    split = draw_split(dataset, seed=0)
except PellucidError as error:
    sys.exit(str(error))
train, held_out = split.train, split.held_out  # what is measured must not have been averaged
labels, held_labels = dataset.labels[train], torch.from_numpy(dataset.labels[held_out])

# %% [markdown]
# ## The means
# One image a class: at each pixel, the mean over the training images of the class.

# %%
means = np.stack([dataset.images[train[labels == number]].mean(0) for number in range(len(dataset.classes))])

# %% [markdown]
# They can be looked at: the denser the character, the larger the number (images of more than 16 columns are shrunk).


# %%
def as_text(image: np.ndarray) -> list[str]:
    """One line of characters for each row of a [row, column] image, two characters a pixel."""
    side = -(-max(image.shape) // 16)
    rows, columns = (length // side for length in image.shape)
    blocks = image[: rows * side, : columns * side].reshape(rows, side, columns, side).mean((1, 3))
    levels = (blocks - blocks.min()) / max(float(np.ptp(blocks)), 1e-9) * 9
    return ["".join(" .:-=+*#%@"[round(float(level))] * 2 for level in row) for row in levels]


pictures = [as_text(mean.mean(0)) for mean in means]
for first in range(0, len(pictures), 3):
    shown = pictures[first : first + 3]
    width = len(shown[0][0])
    print("   ".join(f"{name:{width}.{width}}" for name in dataset.classes[first : first + 3]))
    print(*("   ".join(row) for row in zip(*shown, strict=True)), "", sep="\n")

# %% [markdown]
# ## The nearest one wins
# Near means: the smallest sum of squared differences, pixel by pixel.

# %%
pixels = torch.from_numpy(dataset.images[held_out].astype(np.float32)).flatten(1)
flat_means = torch.from_numpy(means.astype(np.float32)).flatten(1)
squared_distances = torch.stack([(pixels - mean).square().sum(1) for mean in flat_means], dim=1)
guesses = squared_distances.argmin(1)
accuracy = (guesses == held_labels).float().mean().item()
most_common = held_labels.bincount().max().item() / len(held_labels)
print(f"{len(held_labels):,} held-out images: accuracy {accuracy:.4f}; always the most common class: {most_common:.4f}")
for number, name in enumerate(dataset.classes):
    taken_for = guesses[held_labels == number].bincount(minlength=len(dataset.classes))
    found = taken_for[number].item() / max(taken_for.sum().item(), 1)
    taken_for[number] = 0
    mistaken = f", most often mistaken for {dataset.classes[taken_for.argmax()]}" if taken_for.any() else ""
    print(f"  {name}: {found:.2f} found{mistaken}")

# %% [markdown]
# ## It was a linear layer all along
# Multiply out: |x - m|² = |x|² - 2 m·x + |m|². The first term is the same for all classes and cannot decide. What is
# left, halved and with its sign turned, is m·x - |m|²/2: weighted sums of the pixels plus a bias, with the mean image
# as weights. A later page, `r0_linear_by_hand.py`, keeps the layer and lets gradient descent look for better weights.
# On its pictures the means alone find 96% (`python examples/class_means.py medical_mnist`).

# %%
logits = linear(pixels, flat_means, -flat_means.square().sum(1) / 2)
agreement = (logits.argmax(1) == guesses).float().mean().item()
print(f"nearest mean and linear layer agree on {agreement:.2%} of the images")
