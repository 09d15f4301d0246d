"""Which changed copies of an image are found again, and how often images of different exams are taken for copies.

Planted into real images: JPEG at quality 95, 75 and 50; shifts of 1 and 2 pixels of 64 (1 pixel at least; edges are
repeated); crops of 2 and 4 percent a side, resized back; brightness by a tenth of the range, contrast by a fifth, gamma
0.8; and crop, contrast and JPEG together. Against them: all pairs of images of different LIDC exams. At last, what is
near-identical within each data set at the distance that is used, how long the longest chain is, and what it takes.

What is measured: n = --cases images a data set for each change; all pairs of LIDC; n = 1 for the times (CPU seconds).

    PELLUCID_DATA=FOLDER python bench/likeness.py [--cases 200]
"""

import argparse
import io
import os
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

import pellucid
from pellucid.data.likeness import ALIKE_WITHIN, LEAST_SHOWN, ZOOM, distances, spectra, strengths
from pellucid.data.likeness_search import alike_groups, describe
from pellucid.data.twins import find_twins

SETS = {
    "Medical MNIST": "medical_mnist.zip",
    "LIDC slices": "lidc_nodule_slices.zip",
    "BreastMNIST": "medmnist/breastmnist_trainval.npz",
    "PneumoniaMNIST": "medmnist/pneumoniamnist_trainval.npz",
    "MNIST": "mnist_png.zip",
}
WITHIN = (0.05, 0.1, 0.125, 0.15, 0.175, 0.2, 0.25)


def jpeg(image, quality):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return np.array(Image.open(buffer))


def shift(image, most, draw):
    most = max(1, round(most * len(image) / 64))
    down, right = draw.choice([(y, x) for y in range(-most, most + 1) for x in range(-most, most + 1) if y or x])
    side = len(image)
    return np.pad(image, most, mode="edge")[most - down :, most - right :][:side, :side]


def crop(image, share, draw):
    side = len(image)
    left, top = draw.uniform(0, side * share, 2)
    box = (left, top, left + side * (1 - share), top + side * (1 - share))
    return np.array(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC, box=box))


def tone(image, gain=1.0, more=0.0):
    return np.clip(np.rint(image * gain + more), 0, 255).astype(np.uint8)


CHANGES = {
    "JPEG 95": lambda image, draw: jpeg(image, 95),
    "JPEG 75": lambda image, draw: jpeg(image, 75),
    "JPEG 50": lambda image, draw: jpeg(image, 50),
    "shift by 1": lambda image, draw: shift(image, 1, draw),
    "shift by 2": lambda image, draw: shift(image, 2, draw),
    "crop of 2%": lambda image, draw: crop(image, 0.02, draw),
    "crop of 4%": lambda image, draw: crop(image, 0.04, draw),
    "brighter": lambda image, draw: tone(image, more=25),
    "darker": lambda image, draw: tone(image, more=-25),
    "more contrast": lambda image, draw: tone(image, 1.2, -20),
    "less contrast": lambda image, draw: tone(image, 0.8, 20),
    "gamma 0.8": lambda image, draw: np.rint(255 * (image / 255) ** 0.8).astype(np.uint8),
    "crop, tone, JPEG": lambda image, draw: jpeg(tone(crop(image, 0.03, draw), 0.9, 10), 75),
}


def apart(one, other):
    """Of each image in `one` and the same row of `other`: the least distance, neither or one of them zoomed."""
    whole, zoomed = ((spectra(one, zoom), spectra(other, zoom)) for zoom in (1.0, ZOOM))
    pairs = ((whole[0], whole[1]), (zoomed[0], whole[1]), (whole[0], zoomed[1]))
    return np.min([distances(*pair) for pair in pairs], 0)


def planted(dataset, cases, draw):
    """Distances of changed copies to their originals, for each kind of change."""
    different = np.sort(np.unique(dataset.sha256.view("V32").ravel(), return_index=True)[1])
    chosen = dataset.images[np.sort(draw.choice(different, min(cases, len(different)), replace=False))]
    chosen = chosen[(chosen != chosen[:, :, :1, :1]).any((1, 2, 3))]
    for name, change in CHANGES.items():
        changed = np.stack([change(image[0], draw)[None] for image in chosen])
        yield name, apart(chosen, changed), (changed != chosen).any((1, 2, 3)).mean()


def between_exams(dataset):
    """(share of pairs, share of images with any) of different exams within each distance."""
    images = np.asarray(dataset.images)
    whole, zoomed = spectra(images), spectra(images, ZOOM)
    nearest, pairs = np.full(len(images), 9.0), np.zeros(len(WITHIN))
    least = np.full((len(images),) * 2, 9.0, np.float32)
    for one, other in ((whole, whole), (zoomed, whole)):
        squares = 2 - 2 * strengths(one) @ strengths(other).T
        first, second = np.nonzero((squares <= max(WITHIN) ** 2) & (dataset.groups[:, None] != dataset.groups))
        for start in range(0, len(first), 4096):
            i, j = first[start : start + 4096], second[start : start + 4096]
            least[i, j] = np.minimum(least[i, j], distances(one[i], other[j]))
    least = np.minimum(least, least.T)
    shown = strengths(whole).any(1)
    least[~shown] = least[:, ~shown] = 9
    nearest = least.min(1)
    others = (dataset.groups[:, None] != dataset.groups).sum()
    pairs = [(least <= within).sum() / others for within in WITHIN]
    return pairs, [(nearest <= within).mean() for within in WITHIN], 1 - shown.mean()


def row(name, values, style="{:>8.1%}"):
    print(f"  {name:<34}" + "".join(style.format(value) for value in values))


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--cases", type=int, default=200)
    cases = asked.parse_args().cases
    folder = os.environ.get("PELLUCID_DATA")
    if not folder:
        sys.exit("PELLUCID_DATA is not set: it names the folder that holds medical_mnist.zip and the others.")
    sets = {name: pellucid.read(Path(folder) / file) for name, file in SETS.items() if (Path(folder) / file).exists()}
    print(f"distance used: {ALIKE_WITHIN}; images that show less than {LEAST_SHOWN:.2%} are only ever identical")
    row("found within a distance of", WITHIN, "{:>8}")
    for name, dataset in sets.items():
        print(f"{name}, {dataset.images.shape[-1]} x {dataset.images.shape[-1]}")
        for change, found, changed in planted(dataset, cases, np.random.default_rng(0)):
            row(change + ("" if changed > 0.99 else f" ({changed:.0%} changed)"), [(found <= w).mean() for w in WITHIN])
    for name, dataset in sets.items():
        if dataset.groups is not None:
            pairs, nearest, little = between_exams(dataset)
            print(f"{name}, images of different exams ({little:.0%} show too little to be near-identical)")
            row("pairs called near-identical", pairs, "{:>8.4%}")
            row("images with such a pair", nearest)
    print(f"near-identical within {ALIKE_WITHIN}")
    for name, dataset in sets.items():
        told(name, dataset)


def told(name, dataset):
    """One line: what a data set holds, and what finding it took."""
    began = time.process_time()
    described = describe(dataset.images, dataset.sha256)
    alike = alike_groups(described)
    train = np.random.default_rng(0).permutation(len(dataset))[: len(dataset) * 6 // 10]
    twins = find_twins(described, alike, np.sort(train)).count()
    took = time.process_time() - began
    sizes, copies = (np.unique(codes, return_counts=True)[1] for codes in (alike, described.image_of))
    different = np.bincount(np.unique(np.stack([alike, described.image_of]), axis=1)[0])
    print(
        f"  {name}: {(copies > 1).sum():,} groups of identical images cover {copies[copies > 1].sum():,} "
        f"(largest {copies.max()}); with near-identical ones {(sizes > 1).sum():,} groups cover "
        f"{sizes[sizes > 1].sum():,}, the longest chain {different.max()} different images; "
        f"of {len(dataset) - len(train):,} held out at random {twins['identical']:,} are identical and "
        f"{twins['near-identical']:,} near-identical to training; {took:.1f} s of CPU"
    )


if __name__ == "__main__":
    main()
