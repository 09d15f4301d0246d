"""How often `predict` flags an image unlike those of training, and how often wrongly; beside two simpler ways.

What is measured, n = 1 run each:
- six networks, each taught 6,000 images of Medical MNIST with one class left out: the share of 1,000 images of that
  class that is flagged, and of the run's own held-out images;
- networks taught Medical MNIST (12,000 images), LIDC slices and BreastMNIST: the share flagged of one another's images,
  of MNIST, of photographs (scikit-image's, gray, whole), of squares cut out of them, of immunohistochemistry, noise,
  flat gray, and of the run's own images inverted, turned and mirrored (told, not demanded: some tasks have no above).
Ways: pellucid's; the energy score (Liu et al., 2020) with the range of mean and deviation, each at a quantile of the
calibration part; Mahalanobis distance to the class means of the features (Lee et al., 2018). All are to flag 1%.

    PELLUCID_DATA=... python bench/unlike.py [--model cnn] [--seed 0] [--quick]
"""

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image
from scipy.special import logsumexp
from skimage import data as photographs

from pellucid.data import draw_split, read
from pellucid.data.form import resize
from pellucid.evaluate.trust.clusters import fit_clusters
from pellucid.evaluate.trust.thumbnails import thumbnails
from pellucid.evaluate.trust.unlike import Seen, fit_unlike, fitted_rows, threshold_of
from pellucid.learn import Settings, plan_learning
from pellucid.learn.batches import Images
from pellucid.learn.fit import answers_of, fit
from pellucid.learn.weights import is_channels_last
from pellucid.progress import silent

HOME = Path(os.environ.get("PELLUCID_DATA", "."))
SETS = {
    "Medical MNIST": "medical_mnist.zip",
    "LIDC": "lidc_nodule_slices.zip",
    "BreastMNIST": "medmnist/breastmnist_trainval.npz",
    "MNIST": "mnist_png.zip",
}
DRAWN = ("chessboard", "color", "horse", "logo", "phantom", "text", "page", "ihc")
"""Pictures of scikit-image that are no photographs."""


def some(dataset, rows, classes=None):
    """These rows as a data set of their own, of these classes."""
    rows, classes = np.sort(rows), classes or dataset.classes
    numbers = np.array([classes.index(name) if name in classes else -1 for name in dataset.classes])
    return replace(
        dataset, images=np.asarray(dataset.images[rows]), labels=numbers[dataset.labels[rows]], classes=tuple(classes),
        names=[dataset.names[row] for row in rows], sha256=dataset.sha256[rows],
        groups=None if dataset.groups is None else dataset.groups[rows],
    )  # fmt: skip


def pictures():
    """scikit-image's own pictures, gray, by name; only those that come with it."""
    folder = Path(photographs.__file__).parent
    files = sorted(path for path in folder.iterdir() if path.suffix in (".png", ".jpg"))
    return {path.stem: np.asarray(Image.open(path).convert("L")) for path in files}


def squares(picture, size, count, draw):
    """Squares of any width from 64 pixels on, cut out anywhere."""
    for _ in range(count):
        side = int(draw.integers(min(64, *picture.shape), min(picture.shape) + 1))
        top, left = (int(draw.integers(length - side + 1)) for length in picture.shape)
        yield resize(np.ascontiguousarray(picture[top : top + side, left : left + side]), size)[None]


def foreign(own_name, own, sets, draw):
    """Images of other kinds in the form of this run's."""
    size, found = own.shape[2], {}
    shown = {name: picture for name, picture in pictures().items() if not name.startswith(DRAWN)}
    found["photographs"] = np.stack([resize(picture, size)[None] for picture in shown.values()])
    cut = [square for picture in shown.values() for square in squares(picture, size, 10, draw)]
    found["cut out of them"] = np.stack(cut)
    found["immunohistochemistry"] = np.stack(list(squares(pictures()["ihc"], size, 50, draw)))
    found["noise"] = draw.integers(0, 256, (100, 1, size, size)).astype(np.uint8)
    grays = np.arange(0, 256, 5, dtype=np.uint8)
    found["flat gray"] = np.repeat(grays, size * size).reshape(-1, 1, size, size)
    for name, dataset in sets.items():
        if name != own_name:
            rows = np.sort(draw.permutation(len(dataset))[:500])
            found[name] = np.stack([resize(dataset.images[row][0], size)[None] for row in rows])
    own = own[draw.permutation(len(own))[:500]]
    found["own, inverted"], found["own, turned"] = 255 - own, np.ascontiguousarray(np.rot90(own, 1, (2, 3)))
    found["own, mirrored"] = np.ascontiguousarray(own[..., ::-1])
    return found


def measure(dataset, model, seed, others):
    """Teach a model; the share that each way flags of its held-out images and of the others, and seconds spent."""
    split = draw_split(dataset, seed)
    plan = plan_learning(Settings(model=model, seed=seed), dataset, split, "cpu")
    with TemporaryDirectory() as folder:
        fitted = fit(plan.learner, plan.batches, split.valid, Path(folder), silent)
    plan.learner.model.load_state_dict(fitted.best)
    rows = fitted_rows(split.train, seed)
    images = {"train": dataset.images[rows], "valid": dataset.images[split.valid]}
    images |= {"calibrate": dataset.images[split.calibrate], "held-out": dataset.images[split.held_out], **others}
    seen, logits, spent = {}, {}, {}
    for name, stored in images.items():
        given = Images(stored, plan.scaling, plan.device, is_channels_last(plan.learner.model), live_there=False)
        begun = time.perf_counter()
        logits[name], features = answers_of(plan.learner, given, np.arange(len(stored)))
        asked = time.perf_counter()
        seen[name] = Seen(features, thumbnails(np.asarray(stored), plan.scaling))
        spent[name] = asked - begun, time.perf_counter() - asked
    groups = None if dataset.groups is None else dataset.groups[split.calibrate]
    begun = time.perf_counter()
    unlike = fit_unlike(seen["train"], seen["valid"], seen["calibrate"], groups, seed=seed)
    fitting, begun = time.perf_counter() - begun, time.perf_counter()
    unlike.flags(seen["held-out"])
    flagging = (time.perf_counter() - begun + spent["held-out"][1]) / len(split.held_out)
    asked = {name: held for name, held in seen.items() if name not in ("train", "valid", "calibrate")}
    shares = {name: {"pellucid": unlike.flags(held).mean()} for name, held in asked.items()}
    for way, flags in simpler(seen, logits, dataset.labels[rows]).items():
        for name in asked:
            shares[name][way] = flags(name).mean()
    kilobytes = sum(array.nbytes for array in unlike.arrays().values()) / 1e3
    print(
        f"  asked the model about {len(rows):,} training images in {spent['train'][0]:.2f} s; thumbnails "
        f"{spent['train'][1]:.2f} s, fitting {fitting:.2f} s; an image is judged in {1e6 * flagging:.0f} us; "
        f"{kilobytes:.0f} kB; promised: at most {unlike.promised:.3f} flagged of images like training"
    )
    return shares


def simpler(seen, logits, labels):
    """Other ways: by name, a function from the name of some images to their flags."""
    energy = {name: logsumexp(given.astype(np.float64), axis=1) for name, given in logits.items()}
    floor = np.quantile(energy["calibrate"], 0.01)
    looks = {name: mean_and_deviation(held.thumbnails) for name, held in seen.items()}
    low, high = looks["calibrate"].min(0), looks["calibrate"].max(0)
    margin = 0.25 * (high - low)
    features = {name: held.features.astype(np.float64) for name, held in seen.items()}
    means = np.stack([features["train"][labels == klass].mean(0) for klass in np.unique(labels)])
    apart = features["train"] - means[np.unique(labels, return_inverse=True)[1]]
    precision = np.linalg.pinv(np.cov(apart.T) + 1e-3 * np.eye(apart.shape[1]))

    def distance(name):
        return np.min([np.einsum("ij,jk,ik->i", d, precision, d) for d in (features[name] - mean for mean in means)], 0)

    limit = threshold_of(distance("calibrate"))[0]
    usual = fit_clusters(features["train"], seed=0)
    limit_of_clusters = threshold_of(usual.distances(features["calibrate"]))[0]
    return {
        "energy, range": lambda name: (
            (energy[name] < floor) | ((looks[name] < low - margin) | (looks[name] > high + margin)).any(1)
        ),
        "Mahalanobis": lambda name: distance(name) > limit,
        "clusters of features": lambda name: usual.distances(features[name]) > limit_of_clusters,
    }


def mean_and_deviation(told):
    """Of whole gray images, from the means and deviations of their cells."""
    mean, within = told[:, :64], told[:, 64:128]
    return np.stack([mean.mean(1), np.sqrt(np.maximum((within**2 + mean**2).mean(1) - mean.mean(1) ** 2, 0))], 1)


def table(rows):
    """Aligned lines: what was asked about, then the share that each way flags."""
    ways = list(next(iter(rows.values())))
    print("\n" + f"{'flagged':44s}" + "".join(f"{way:>22s}" for way in ways))
    for name, shares in rows.items():
        print(f"{name:44s}" + "".join(f"{shares[way]:22.3f}" for way in ways))
    print(flush=True)


def main(model, seed, quick):
    sets, draw = {name: read(HOME / path) for name, path in SETS.items()}, np.random.default_rng([seed, 9])
    whole, rows = sets["Medical MNIST"], {}
    for klass, left_out in enumerate(whole.classes[: 1 if quick else None]):
        print(f"{model} without {left_out}")
        taught = draw.permutation(np.flatnonzero(whole.labels != klass))[:6000]
        left = np.sort(draw.permutation(np.flatnonzero(whole.labels == klass))[:1000])
        kept = [name for name in whole.classes if name != left_out]
        shares = measure(some(whole, taught, kept), model, seed, {"left": np.asarray(whole.images[left])})
        rows |= {f"{left_out}, left out": shares["left"], f"  held-out images without {left_out}": shares["held-out"]}
    table(rows)
    for name in () if quick else ("Medical MNIST", "LIDC", "BreastMNIST"):
        print(f"{model} of {name}")
        taught = some(sets[name], draw.permutation(len(sets[name]))[:12_000])
        table(measure(taught, model, seed, foreign(name, np.asarray(taught.images), sets, draw)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="cnn", choices=("linear", "mlp", "cnn"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="one class left out only")
    told = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    main(told.model, told.seed, told.quick)
