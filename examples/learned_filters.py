# %% [markdown]
# # What a network looks with
# `filter_banks.py` shows filters that people wrote down: edges, bars, spots. Does a network that learns from images
# find the same ones? This page trains a small convolutional network on X-rays of children's chests, looks at the 32
# filters of its first layer, and measures how alike the two kinds are.
#
# `python examples/learned_filters.py [SOURCE]` asks about any other source of pictures.

# %%
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.colors import LinearSegmentedColormap

from pellucid.blocks import check_labels
from pellucid.data import draw_split, read
from pellucid.errors import PellucidError
from pellucid.evaluate.rivals.filters import filter_bank
from pellucid.learn import Settings, plan_learning
from pellucid.learn.fit import fit
from pellucid.progress import silent

torch.set_num_threads(1)
DIVERGING = LinearSegmentedColormap.from_list("blue to orange", ["#0072B2", "white", "#D55E00"])

given = sys.argv[1:] if "__file__" in globals() else []  # a notebook has no arguments of its own
folder = os.environ.get("PELLUCID_DATA")  # a folder that holds the file, if there is one; else it is downloaded
local = Path(folder, "medmnist", "pneumoniamnist_trainval.npz") if folder else "pneumoniamnist"
try:
    dataset = read(given[0] if given else local)
    check_labels(torch.from_numpy(dataset.labels), classes=len(dataset.classes))
    split = draw_split(dataset, seed=0)
except PellucidError as error:
    sys.exit(str(error))

# %% [markdown]
# ## The learned ones
# The first layer's filters are copied before the first step. Then five epochs are learned, and the weights of the best
# one by validation loss are looked at.

# %%
plan = plan_learning(Settings(model="cnn", epochs=5, precision="float32", seed=0), dataset, split, "cpu")
filters = plan.learner.model.stem.convolution.weight  # [filter, channel, row, column]
before = filters.detach().clone().mean(1).numpy()
with TemporaryDirectory() as run:
    fitted = fit(plan.learner, plan.batches, split.valid, Path(run), silent)
plan.learner.model.load_state_dict(fitted.best)
after = filters.detach().mean(1).numpy()
side = after.shape[-1]
print(f"{len(after)} filters of {side} x {side} weights, looked at after step {fitted.best_step} of {fitted.steps}")

# %% [markdown]
# ## The handcrafted ones
# Four edges, four bars, a spot and a blur: the bank of 1 px, cut to the size of the network's filters. All ten are
# mixtures of six patterns, products of a column and a row: a bell-shaped curve, its slope, or the slope of that.

# %%
scale = filter_bank(25, 25)[0]
inner, centre = slice(12 - side // 2, 13 + side // 2), scale.down.shape[1] // 2
down, across = scale.down[:, centre, inner].astype(float), scale.across[:, centre, inner].astype(float)
six = [np.outer(down[i], across[j]) for i, j in ((0, 0), (0, 1), (1, 0), (0, 2), (2, 0), (1, 1))]
g, gx, gy, gxx, gyy, gxy = six
edges, bars = [gx, gx + gy, gy, gy - gx], [gxx, (gxx + gyy) / 2 + gxy, gyy, (gxx + gyy) / 2 - gxy]
spot_and_blur = [gxx + gyy, g]

# %% [markdown]
# ## How alike?
# The share of a filter that a mixture of the six patterns can repeat is 1 for a filter that is such a mixture. Noise
# gets six out of as many as it has numbers: six patterns go so far by chance.


# %%
def shares(filters: np.ndarray) -> np.ndarray:
    """Of each filter the part of its squares that a mixture of the six patterns can repeat, 0 to 1."""
    patterns, _ = np.linalg.qr(np.stack([pattern.ravel() for pattern in six], axis=1))
    flat = filters.reshape(len(filters), -1).astype(float)
    return ((flat @ patterns) ** 2).sum(1) / (flat**2).sum(1)


by_chance = 6 / side**2
share_before, share_after = shares(before), shares(after)
print(f"share that the handcrafted ones can repeat, mean of {len(after)}:")
print(f"  before learning {share_before.mean():.2f}, after {share_after.mean():.2f}; noise {by_chance:.2f}")

order = share_after.argsort()[::-1]
widths = [1, 1, 1, 0.5] + [1] * 8
figure, axes = plt.subplots(4, 12, figsize=(7, 2.7), gridspec_kw={"width_ratios": widths}, layout="constrained")
for axis in axes.flat:
    axis.set_axis_off()
shown = [(axes[:, 0], edges), (axes[:, 1], bars), (axes[:2, 2], spot_and_blur), (axes[:, 4:], after[order])]
for places, kind in shown:
    for axis, weights in zip(places.flat, kind, strict=True):
        axis.imshow(weights, cmap=DIVERGING, vmin=-np.abs(weights).max(), vmax=np.abs(weights).max())
axes[0, 1].set_title("handcrafted", fontsize=9)
axes[0, 7].set_title("learned, the most alike first", fontsize=9)
plt.show()

# %% [markdown]
# Left the handcrafted ones, right the learned ones; orange counts for, blue against. Learning has brought them a little
# nearer to each other, and no more. Do not expect the learned ones to have names: what a network needs, it may share
# out among many filters, none of which is an edge. Whether it answers better with them is the question of
# `handcrafted_or_learned.py`.
