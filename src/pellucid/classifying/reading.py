"""What scikit-learn's callers pass as X (arrays, lists, tables) to one array of images."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.classifying.telling import BadArgument
from pellucid.shapes import Shaped


def as_array(estimator: Any, X: Any, shape: Any, *, begins: bool) -> Shaped[np.ndarray, "case ..."]:
    """X as numbers, each case an image; what scikit-learn remembers of columns is written to the estimator.

    Args:
        estimator: gets n_features_in_ and feature_names_in_, where X has one row of pixels a case.
        X: an array, or what can be made into one.
        shape: of one image, where X has one row of pixels a case; elsewhere None, or the shape that X has anyway.
        begins: True in `fit`; False where columns have to be those that `fit` saw.
    Raises:
        BadArgument: no numbers, no cases, or rows of pixels or images that `shape` does not fit.
        TypeError: a sparse matrix.
    """
    from sklearn.utils.validation import check_array, validate_data

    if begins:
        for remembered in ("n_features_in_", "feature_names_in_"):
            estimator.__dict__.pop(remembered, None)
    told = checked_shape(shape)
    axes = len(X.shape) if hasattr(X, "shape") else np.asarray(X).ndim
    if axes < 2:
        raise BadArgument(
            f"X has {axes} axes, and [case, row, column] is needed. Reshape your data: X[None] makes a single "
            "image an array of one."
        )
    if axes > 2:
        images = check_array(X, allow_nd=True, dtype="numeric", ensure_all_finite=False, estimator=estimator)
        if told not in (None, images.shape[1:]):
            raise BadArgument(
                f"X has images of the shape {images.shape[1:]}, and shape={told} was told: leave shape out, or correct "
                "it."
            )
        return np.asarray(images)
    rows = np.asarray(validate_data(estimator, X, reset=begins, dtype="numeric", ensure_all_finite=False))
    return unflattened(rows, told)


def checked_shape(shape: Any) -> tuple[int, ...] | None:
    """The parameter `shape`, in Python's own numbers.

    Raises:
        BadArgument: it is not two or three whole numbers from 1 on.

    >>> checked_shape([8, 8])
    (8, 8)
    """
    if shape is None:
        return None
    if not isinstance(shape, tuple | list) or len(shape) not in (2, 3) or not all(map(_is_length, shape)):
        raise BadArgument(
            f"Classifier: shape {shape!r} must be two or three whole numbers from 1 on, the size of one image: "
            "(rows, columns), or that with its channels, such as (28, 28)."
        )
    return tuple(map(int, shape))


def check_channels(channels: Any) -> None:
    """See that the parameter `channels` is one there is.

    Raises:
        BadArgument: it is not.
    """
    if channels is not None and not (isinstance(channels, str) and channels in ("first", "last")):
        raise BadArgument(f"Classifier: channels={channels!r} is none of 'first', 'last' and None.")


def _is_length(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and int(value) >= 1


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
