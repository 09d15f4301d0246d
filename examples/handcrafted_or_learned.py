# %% [markdown]
# # Handcrafted or learned features?
#
# `filter_banks.py` measured images with filters that people thought of. A convolutional network finds its own. Which
# are better? This page asks on two sets of medical images, and asks fairly: the same images, the same split, the same
# judge on top, and an interval for every difference. About 15 seconds on one core.
#
# `python examples/handcrafted_or_learned.py [SOURCE]` asks about any other source of pictures.

# %%
import os
import sys
from math import inf
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.colors import LinearSegmentedColormap
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from pellucid.blocks import check_labels, cross_entropy
from pellucid.data import Dataset, Split, draw_split, read
from pellucid.errors import PellucidError
from pellucid.evaluate import Estimate, measure
from pellucid.evaluate.estimates.difference import ranking_difference, rate_difference
from pellucid.evaluate.estimates.measuring import ranking_scores
from pellucid.evaluate.rivals.features import features, histogram_edges, shrunk
from pellucid.evaluate.rivals.filters import filter_bank
from pellucid.evaluate.rivals.handcrafted import fit_handcrafted
from pellucid.learn import Settings, plan_learning
from pellucid.learn.fit import answers_of, logits_of

torch.set_num_threads(1)
BLUE, ORANGE, GREEN, BLACK = "#0072B2", "#D55E00", "#009E73", "#000000"
DIVERGING = LinearSegmentedColormap.from_list("blue to orange", [BLUE, "white", ORANGE])
IMAGES_SEEN, MOST_EPOCHS = 18_000, 20  # by a network in all its epochs; 70,000 brought little more

given = sys.argv[1:] if "__file__" in globals() else []  # a notebook has no arguments of its own
folder = os.environ.get("PELLUCID_DATA")  # a folder that holds the files, if there is one; else they are downloaded
NAMES = ("pneumoniamnist", "breastmnist")  # X-rays of children's chests; ultrasound of breasts
sources = given or [Path(folder, "medmnist", f"{name}_trainval.npz") if folder else name for name in NAMES]

# %% [markdown]
# ## Two ways to a row of numbers
# **Handcrafted**: 273 answers of the filter bank, a histogram of brightness, and counts of local patterns. Nothing is
# learned but the steps of the histogram.
#
# **Learned**: a small convolutional network is trained, its best weights by validation loss are kept, and its last
# layer is taken off. What that layer was given, 256 numbers an image, are the features. Where the network begins and in
# what order it sees the images is drawn at random, so we train two that differ in nothing else.


# %%
def handcrafted(dataset: Dataset, split: Split) -> np.ndarray:
    """One row of features for every image."""
    images = shrunk(dataset.images[:])
    return features(images, histogram_edges(images[split.train[:200]]), filter_bank(*images.shape[2:]))


def learned(dataset: Dataset, split: Split, start: int) -> tuple[np.ndarray, Tensor, Tensor]:
    """One row of features for every image; the first filters before and after learning."""
    epochs = min(MOST_EPOCHS, max(1, IMAGES_SEEN // len(split.train)))
    plan = plan_learning(Settings(model="cnn", epochs=epochs, precision="float32", seed=start), dataset, split, "cpu")
    model, valid_labels = plan.learner.model, torch.from_numpy(dataset.labels[split.valid])
    before, lowest, best = model.stem.convolution.weight.detach().clone(), inf, {}
    for step in plan.learner.steps(plan.batches):
        if step.number % plan.batches.steps_an_epoch == 0:
            logits = logits_of(plan.learner, plan.batches.images, split.valid)
            loss = cross_entropy(torch.from_numpy(logits), valid_labels).item()
            if loss < lowest:
                lowest, best = loss, {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(best)
    _, found = answers_of(plan.learner, plan.batches.images, np.arange(len(dataset)))
    return found, before, model.stem.convolution.weight.detach().clone()


# %% [markdown]
# ## One judge for both
# A logistic regression gets the training part's features, and says how probable each class is for the held-out part.
# How strongly its weights are held back is chosen by the validation loss. It knows nothing of where its numbers came
# from.


# %%
def judge(rows: np.ndarray, dataset: Dataset, split: Split) -> np.ndarray:
    """Probabilities of the held-out part."""
    labels, lowest, best = dataset.labels, inf, None
    for strength in (0.001, 0.01, 0.1, 1.0):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=5000))
        model.fit(rows[split.train], labels[split.train])
        loss = log_loss(labels[split.valid], model.predict_proba(rows[split.valid]), labels=model.classes_)
        if loss < lowest:
            lowest, best = loss, model.predict_proba(rows[split.held_out])
    return best


def compare(source: str | Path) -> SimpleNamespace:
    """What came of one source: probabilities, figures, and differences from the handcrafted features."""
    dataset = read(source)
    check_labels(torch.from_numpy(dataset.labels), classes=len(dataset.classes))
    split = draw_split(dataset, seed=0)
    labels = dataset.labels[split.held_out]
    said = {"handcrafted": judge(handcrafted(dataset, split), dataset, split)}
    for start in (0, 1):
        rows, before, after = learned(dataset, split, start)
        said[f"learned, start {start}"] = judge(rows, dataset, split)
    said["handcrafted, trees"] = fit_handcrafted(dataset, split.train, split.held_out, seed=0).probabilities
    measured = {name: measure(p, labels, dataset.task, list(dataset.classes)) for name, p in said.items()}
    positive = labels[:, None] == np.arange(len(dataset.classes))
    own = said["handcrafted"]
    differences = {}
    for name, p in list(said.items())[1:]:
        area = ranking_difference(ranking_scores(p, dataset.task), ranking_scores(own, dataset.task), positive)
        differences[name] = rate_difference(p.argmax(1) == labels, own.argmax(1) == labels), area
    print(f"\n{Path(source).name}: {len(split.train)} images to learn from, {len(labels)} held out")
    print(f"{'':22}{'accuracy':27}area under the ROC curve")
    for name, facts in measured.items():
        both = (Estimate(**facts[figure]) for figure in ("accuracy", "auroc"))
        print(f"  {name:20}" + "".join(f"{estimate!s:27}" for estimate in both).rstrip())
    print("  less the handcrafted:")
    for name, both in differences.items():
        print(f"  {name:20}" + "".join(f"{estimate!s:27}" for estimate in both).rstrip())
    better = [name for name, (_, area) in differences.items() if area.low > 0]
    worse = [name for name, (_, area) in differences.items() if area.high < 0]
    print(f"  by its area, surely better: {' and '.join(better) or 'none'}; worse: {' and '.join(worse) or 'none'}")
    return SimpleNamespace(labels=labels, said=said, differences=differences, before=before, after=after)


# %% [markdown]
# ## The outcome
# Every line is measured on the same held-out images. "Trees" is the rival that stands in pellucid's reports: the same
# handcrafted features, another judge. An interval of a difference that holds 0 says: these images cannot tell.


# %%
try:
    outcomes = [compare(source) for source in sources]
except PellucidError as error:
    sys.exit(str(error))

figure, axes = plt.subplots(1, 2, figsize=(7, 1.2 + 1.1 * len(outcomes)), sharey=True, layout="constrained")
styles = {"learned, start 0": (BLUE, "o"), "learned, start 1": (GREEN, "s"), "handcrafted, trees": (ORANGE, "^")}
for axis, number, title in zip(axes, (0, 1), ("accuracy", "area under the ROC curve"), strict=True):
    for place, outcome in enumerate(outcomes):
        for shift, (name, (colour, marker)) in enumerate(styles.items()):
            found = outcome.differences[name][number]
            height = place + (shift - 1) * 0.22
            axis.plot([found.low, found.high], [height, height], color=colour)
            axis.plot(found.value, height, marker, color=colour, label=name if place == 0 else None)
    axis.axvline(0, color=BLACK, linewidth=1)
    axis.set(title=title, xlabel="less the handcrafted (95% interval)")
axes[0].set_yticks(range(len(outcomes)), [Path(source).name.split("_")[0] for source in sources])
axes[0].set_ylim(len(outcomes) - 0.5, -0.5)
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, fontsize=8)

# %% [markdown]
# ## What the network looks with
# Left the handcrafted filters of 1 px, cut to the size of the network's, right all 32 of the network's first layer. How
# alike are they? The handcrafted ones are mixtures of six patterns. The share of a filter that such a mixture can
# repeat is 1 for a filter that is one, and for noise it is 6 out of all its numbers. Do not expect the learned ones to
# have names: what a network needs, it may share out among many filters, none of which is an edge.

# %%
before, after = outcomes[0].before.mean(1).numpy(), outcomes[0].after.mean(1).numpy()
side = after.shape[-1]
scale = filter_bank(25, 25)[0]
inner, centre = slice(12 - side // 2, 13 + side // 2), scale.down.shape[1] // 2
d, a = scale.down[:, centre, inner].astype(float), scale.across[:, centre, inner].astype(float)
six = [np.outer(d[i], a[j]) for i, j in ((0, 0), (0, 1), (1, 0), (0, 2), (2, 0), (1, 1))]
g, gx, gy, gxx, gyy, gxy = six
edges, bars = [gx, gx + gy, gy, gy - gx], [gxx, (gxx + gyy) / 2 + gxy, gyy, (gxx + gyy) / 2 - gxy]
patterns, _ = np.linalg.qr(np.stack([pattern.ravel() for pattern in six], axis=1))


def shares(filters: np.ndarray) -> np.ndarray:
    """Of each filter the part of its squares that a mixture of the six patterns can repeat, 0 to 1."""
    flat = filters.reshape(len(filters), -1).astype(float)
    return ((flat @ patterns) ** 2).sum(1) / (flat**2).sum(1)


by_chance = 6 / side**2
share_before, share_after = shares(before), shares(after)
order = share_after.argsort()[::-1]
figure, axes = plt.subplots(
    4, 12, figsize=(7, 2.7), gridspec_kw={"width_ratios": [1, 1, 1, 0.5] + [1] * 8}, layout="constrained"
)
for axis in axes.flat:
    axis.set_axis_off()
shown = [(axes[:, 0], edges), (axes[:, 1], bars), (axes[:2, 2], [gxx + gyy, g]), (axes[:, 4:], after[order])]
for places, filters in shown:
    for axis, weights in zip(places.flat, filters, strict=True):
        axis.imshow(weights, cmap=DIVERGING, vmin=-np.abs(weights).max(), vmax=np.abs(weights).max())
axes[0, 1].set_title("handcrafted", fontsize=9)
axes[0, 7].set_title("learned, the most alike first", fontsize=9)
print("\nshare of a learned filter that the handcrafted ones can repeat, mean of 32:")
print(f"  before learning {share_before.mean():.2f}, after {share_after.mean():.2f}; noise {by_chance:.2f}")

# %% [markdown]
# ## In sober words
# Look at the intervals before the figures. Where they hold 0, a bank that was written down decades ago keeps up with a
# network, in a fraction of the time. Where two networks that differ in their start alone are as far apart as network
# and bank, chance spoke, and not the idea. Images of 28 x 28 pixels show little that nobody thought of; on large ones,
# and many of them, it may end otherwise. No patients are named in these sources, so none could be kept together.
