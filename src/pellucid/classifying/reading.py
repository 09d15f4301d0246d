"""What scikit-learn's callers pass as X (arrays, lists, tables) to one array of images."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.classifying.telling import BadArgument
from pellucid.shapes import Shaped


def as_array(estimator: Any, X: Any, shape: tuple[int, ...] | None, *, begins: bool) -> Shaped[np.ndarray, "case ..."]:
    """X as numbers, each case an image; what scikit-learn remembers of columns is written to the estimator.

    Args:
        estimator: gets n_features_in_ and feature_names_in_, where X has one row of pixels a case.
        X: an array, or what can be made into one.
        shape: of one image, where X has one row of pixels a case.
        begins: True in `fit`; False where columns have to be those that `fit` saw.
    Raises:
        BadArgument: no numbers, no cases, or rows of pixels that `shape` does not fit.
        TypeError: a sparse matrix.
    """
    from sklearn.utils.validation import check_array, validate_data

    if begins:
        for remembered in ("n_features_in_", "feature_names_in_"):
            estimator.__dict__.pop(remembered, None)
    axes = len(X.shape) if hasattr(X, "shape") else np.asarray(X).ndim
    if axes < 2:
        raise BadArgument(
            f"X has {axes} axes, and [case, row, column] is needed. Reshape your data: X[None] makes a single "
            "image an array of one."
        )
    if axes > 2:
        return np.asarray(check_array(X, allow_nd=True, dtype="numeric", ensure_all_finite=False, estimator=estimator))
    rows = np.asarray(validate_data(estimator, X, reset=begins, dtype="numeric", ensure_all_finite=False))
    return unflattened(rows, shape)


def unflattened(
    rows: Shaped[np.ndarray, "case pixel"], shape: tuple[int, ...] | None
) -> Shaped[np.ndarray, "case ..."]:
    """One row of pixels a case to images.

    Raises:
        BadArgument: the shape of an image is not told, or has another number of pixels.

    >>> unflattened(np.arange(12).reshape(2, 6), (2, 3))[1].tolist()
    [[6, 7, 8], [9, 10, 11]]
    """
    if shape is None:
        raise BadArgument(
            f"X has the shape {rows.shape}, one row a case: give images, [case, row, column], or tell the size of one "
            "by shape=(rows, columns)."
        )
    if int(np.prod(shape)) != rows.shape[1]:
        raise BadArgument(
            f"X has {rows.shape[1]} pixels a case, and shape={tuple(shape)} has {np.prod(shape)}: tell the shape of "
            "one image."
        )
    return rows.reshape(len(rows), *shape)
