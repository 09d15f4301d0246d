# %% [markdown]
# # Handcrafted or learned features?
#
# `filter_banks.py` measured images with filters that people thought of. A convolutional network finds its own. Which
# are better? This page asks on two sets of medical images, and asks fairly: the same images, the same split, the same
# judge on top, and an interval for every difference.
#
# `python examples/handcrafted_or_learned.py [SOURCE]` asks about any other source of pictures.

# %%
import os
import sys
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pellucid.blocks import check_labels
from pellucid.data import Dataset, Split, draw_split, read
from pellucid.errors import PellucidError
from pellucid.evaluate import Estimate, measure
from pellucid.evaluate.estimates.difference import ranking_difference, rate_difference
from pellucid.evaluate.estimates.measuring import ranking_scores
from pellucid.evaluate.rivals.features import features, histogram_edges, shrunk
from pellucid.evaluate.rivals.filters import filter_bank
from pellucid.evaluate.rivals.handcrafted import fit_handcrafted
from pellucid.learn import Settings, plan_learning
from pellucid.learn.fit import answers_of, fit
from pellucid.progress import silent

torch.set_num_threads(1)
BLUE, ORANGE, GREEN, BLACK = "#0072B2", "#D55E00", "#009E73", "#000000"
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


def learned(dataset: Dataset, split: Split, start: int) -> np.ndarray:
    """One row of features for every image, from the epoch of the lowest validation loss."""
    epochs = min(MOST_EPOCHS, max(1, IMAGES_SEEN // len(split.train)))
    plan = plan_learning(Settings(model="cnn", epochs=epochs, precision="float32", seed=start), dataset, split, "cpu")
    with TemporaryDirectory() as run:
        fitted = fit(plan.learner, plan.batches, split.valid, Path(run), silent)
    plan.learner.model.load_state_dict(fitted.best)
    return answers_of(plan.learner, plan.batches.images, np.arange(len(dataset)))[1]


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
        said[f"learned, start {start}"] = judge(learned(dataset, split, start), dataset, split)
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
    return SimpleNamespace(labels=labels, said=said, differences=differences)


# %% [markdown]
# ## The outcome
# Every line is measured on the same held-out images. "Trees" is the rival that stands in pellucid's reports: the same
# handcrafted features, another judge. Beside the accuracy stands the area under the ROC curve: the chance that an ill
# case is given a higher probability than a healthy one, 0.5 for guessing. An interval of a difference that holds 0
# says: these images cannot tell.


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
plt.show()

# %% [markdown]
# ## In sober words
# Look at the intervals before the figures. Where they hold 0, a bank that was written down decades ago keeps up with a
# network, in a fraction of the time. Where two networks that differ in their start alone are as far apart as network
# and bank, chance spoke, and not the idea. Images of 28 x 28 pixels show little that nobody thought of; on large ones,
# and many of them, it may end otherwise. What the network looks with is on the page `learned_filters.py`. No patients
# are named in these sources, so none could be kept together.
