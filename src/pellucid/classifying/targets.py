"""Labels and groups, in any of the forms that scikit-learn knows, to the columns of a Dataset."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.classifying.telling import BadArgument
from pellucid.data import Dataset
from pellucid.shapes import Int, Shaped


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be learned.

    >>> Target.of(["b", "a", "b"], 3).labels.tolist()
    [1, 0, 1]
    """

    labels: Int[np.ndarray, " case"] | Int[np.ndarray, "case klass"]
    """The place of each case's class in `classes`; for multi-label a 0/1 matrix."""
    classes: Shaped[np.ndarray, " klass"]
    """In scikit-learn's order, which is sorted; for multi-label the numbers of y's columns."""
    task: str

    @staticmethod
    def of(y: Any, cases: int) -> Target:
        """The target that y means.

        Args:
            y: one string, whole number or bool a case; or a 0/1 matrix, [case, label], for several labels a case.
            cases: how many images there are.
        Raises:
            BadArgument: no classes (fractions, missing values), one class only, or not one label a case.
        """
        from sklearn.utils import column_or_1d
        from sklearn.utils.multiclass import check_classification_targets, type_of_target

        if y is None:
            raise BadArgument("Classifier requires y to be passed, but the target y is None: give each image's class.")
        known = y if hasattr(y, "dtype") else np.asarray(y)
        if len(np.shape(known)) == 0 or np.shape(known)[0] != cases:
            raise BadArgument(f"X has {cases} cases, and y the shape {np.shape(known)}: one label a case is needed.")
        found = np.asarray(known)
        if found.dtype.kind == "f" and not np.isfinite(found).all():
            raise BadArgument("Input y contains NaN or infinity: give each image's class, or leave those images out.")
        check_classification_targets(found)
        if type_of_target(found) == "multilabel-indicator":
            return Target(found.astype(np.int64), np.arange(found.shape[1]), "multi-label")
        if type_of_target(found).endswith("multioutput"):
            raise BadArgument(f"y has {found.shape[1]} columns of classes: one, or a matrix of 0 and 1, is needed.")
        classes, labels = np.unique(column_or_1d(found, warn=True), return_inverse=True)
        if len(classes) < 2:
            raise BadArgument(f"y holds one class only ({classes.tolist()}): two or more are needed.")
        return Target(labels.astype(np.int64), classes, "binary" if len(classes) == 2 else "multi-class")


def number_groups(groups: Any, cases: int) -> tuple[Int[np.ndarray, " case"] | None, tuple[str, ...]]:
    """The number of each case's group, and the groups' names.

    Args:
        groups: one name or number a case, such as its patient; None: cases are independent.
        cases: how many images there are.
    Raises:
        BadArgument: not one group a case, or some are missing.

    >>> number_groups(["anna", "ben", "anna"], 3)
    (array([0, 1, 0]), ('anna', 'ben'))
    """
    if groups is None:
        return None, ()
    found = np.asarray(groups)
    if found.shape != (cases,):
        raise BadArgument(f"X has {cases} cases, and groups the shape {found.shape}: one group a case is needed.")
    missing = np.array([one is None or one != one for one in found.tolist()])  # only NaN differs from itself
    if missing.any():
        raise BadArgument(
            f"groups is missing for {missing.sum()} cases, the first of them case {int(missing.argmax())}: name them, "
            "or leave those images out."
        )
    names, numbers = np.unique(found.astype(str) if found.dtype == object else found, return_inverse=True)
    return numbers.astype(np.int64), tuple(map(str, names))


def as_dataset(stored: Shaped[np.ndarray, "case channel row column"], target: Target, groups: Any) -> Dataset:
    """The columns that learning reads; beside the other number types that packs have, images may be float32."""
    numbers, names = number_groups(groups, len(stored))
    sha256 = b"".join(hashlib.sha256(image.data).digest() for image in np.ascontiguousarray(stored))
    return Dataset(
        images=stored,
        labels=target.labels,
        classes=tuple(map(str, target.classes)),
        task=target.task,
        names=[str(case) for case in range(len(stored))],
        sha256=np.frombuffer(sha256, np.uint8).reshape(len(stored), 32),
        groups=numbers,
        group_names=names,
        groups_from="groups" if numbers is not None else "",
        source=Path("X"),
    )
