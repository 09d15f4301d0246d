"""Images that came in another size or shape than the rest, or in sizes that differ from class to class."""

from __future__ import annotations

import numpy as np

from pellucid.data.blanks import FAR_OUT
from pellucid.data.dataset import Dataset
from pellucid.data.findings import Finding, many
from pellucid.shapes import Int

DIFFERENT = 1.5
"""Ratio of the median pixel counts of two classes from which on their sizes are said to differ. Chosen by us: from
there on, resizing blurs one class visibly more than the other."""

STRETCHED = 1.1
"""An image's ratio of width to height that is by so much off the median is another shape, where it is far out, too.
Chosen by us: a tenth is about what an eye notices in a stretched picture."""


def of_sizes(dataset: Dataset, sizes: Int[np.ndarray, "case side"] | None) -> list[Finding]:
    """Findings on the sizes that images had before they were brought to one.

    Where most images are of one size, all others are odd; where sizes vary, only shapes far from the usual are.

    Args:
        dataset: for the classes.
        sizes: rows and columns of each image as it came; None where all came in one array.

    >>> from pellucid.data import read
    >>> of_sizes(read("digits"), None)
    []
    """
    if sizes is None or (sizes == sizes[:1]).all():
        return []
    kinds, kind, counts = np.unique(sizes, axis=0, return_inverse=True, return_counts=True)
    common = int(counts.argmax())
    if 2 * counts[common] > len(sizes):
        odd = [np.flatnonzero(kind.ravel() == at) for at in np.argsort(-counts, kind="stable").tolist() if at != common]
        cases = len(sizes) - int(counts[common])
        told = (
            f"{many(cases, 'image')} came in another size than {_named(kinds[common])}, the size of the other "
            f"{int(counts[common]):,}: {_named(kinds[kind.ravel()[odd[0][0]]])} and so on."
        )
        found = [Finding("odd_sizes", told.replace(" and so on", "" if len(odd) == 1 else " and so on"), tuple(odd))]
    else:
        found = _odd_shapes(sizes)
    return found + _by_class(dataset, sizes)


def _named(size: np.ndarray) -> str:
    return f"{size[1]} x {size[0]}"


def _odd_shapes(sizes: np.ndarray) -> list[Finding]:
    logs = np.log(sizes[:, 1] / sizes[:, 0])
    lower, middle, upper = np.quantile(logs, [0.25, 0.5, 0.75])
    out = (logs > upper + FAR_OUT * (upper - lower)) | (logs < lower - FAR_OUT * (upper - lower))
    rows = np.flatnonzero(out & (np.abs(logs - middle) > np.log(STRETCHED)))
    if not len(rows):
        return []
    rows = rows[np.argsort(-np.abs(logs[rows] - middle), kind="stable")]
    told = (
        f"{many(len(rows), 'image')} came in another shape than is usual (width to height {np.exp(middle):.2f}), such "
        f"as {_named(sizes[rows[0]])}: resizing stretches them."
    )
    return [Finding("odd_shapes", told, tuple(rows[:, None]))]


def _by_class(dataset: Dataset, sizes: np.ndarray) -> list[Finding]:
    if dataset.labels.ndim == 2:
        return []
    pixels = sizes.astype(np.int64).prod(1)
    medians = {
        name: float(np.median(pixels[dataset.labels == klass]))
        for klass, name in enumerate(dataset.classes)
        if (dataset.labels == klass).any()
    }
    small, large = min(medians, key=lambda name: medians[name]), max(medians, key=lambda name: medians[name])
    ratio = medians[large] / medians[small]
    if ratio < DIFFERENT:
        return []
    told = f"Images of class {large} came {ratio:.1f} times as large as those of {small}, in pixels (medians)."
    return [Finding("sizes_by_class", told)]
