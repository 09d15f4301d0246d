"""How strongly a volume bends at some places, along the three axes on which it bends most, less and least."""

from __future__ import annotations

import numpy as np

from pellucid.shapes import Float, Int


def curvatures(
    padded: Float[np.ndarray, "slice row column"], places: Int[np.ndarray, " place"], shape: tuple[int, ...]
) -> tuple[Float[np.ndarray, " place"], Float[np.ndarray, " place"], Float[np.ndarray, " place"]]:
    """How strongly the volume bends down at some places along its three principal axes, the weakest first.

    Args:
        padded: the volume with one voxel more at each face.
        places: flat indices into the volume without them.
        shape: of the volume without them.
    Returns:
        Minus the second derivatives per voxel squared, least, middle and most (above 0 all three: a bright spot).

    >>> up = np.arange(3.0)[:, None, None] ** 2 + 0 * np.arange(9.0).reshape(1, 3, 3)  # x^2 bends up by 2
    >>> [abs(round(float(curved[0]), 6)) for curved in curvatures(-up, np.array([0]), (1, 1, 1))]
    [0.0, 0.0, 2.0]
    """
    strides = (padded.shape[1] * padded.shape[2], padded.shape[2], 1)
    at = np.ravel_multi_index([index + 1 for index in np.unravel_index(places, shape)], padded.shape)
    flat = padded.ravel()
    centre = 2 * flat[at]
    aa, bb, cc = (centre - flat[at + step] - flat[at - step] for step in strides)
    ab, ac, bc = (
        (flat[at + one - other] + flat[at - one + other] - flat[at + one + other] - flat[at - one - other]) / 4
        for one, other in ((strides[0], strides[1]), (strides[0], strides[2]), (strides[1], strides[2]))
    )
    return eigenvalues(aa, bb, cc, ab, ac, bc)


def eigenvalues(
    aa: Float[np.ndarray, " place"],
    bb: Float[np.ndarray, " place"],
    cc: Float[np.ndarray, " place"],
    ab: Float[np.ndarray, " place"],
    ac: Float[np.ndarray, " place"],
    bc: Float[np.ndarray, " place"],
) -> tuple[Float[np.ndarray, " place"], Float[np.ndarray, " place"], Float[np.ndarray, " place"]]:
    """Eigenvalues of symmetric 3 x 3 matrices [[aa, ab, ac], [ab, bb, bc], [ac, bc, cc]], the smallest first.

    Source: Smith, Communications of the ACM 4 (1961) 168: the three roots lie on a circle.

    >>> one = np.ones(1)
    >>> [float(value[0].round(6)) for value in eigenvalues(2 * one, 2 * one, 5 * one, one, 0 * one, 0 * one)]
    [1.0, 3.0, 5.0]
    """
    mean = (aa + bb + cc) / 3
    aa, bb, cc = aa - mean, bb - mean, cc - mean
    spread = np.sqrt((aa * aa + bb * bb + cc * cc + 2 * (ab * ab + ac * ac + bc * bc)) / 6)
    determinant = aa * (bb * cc - bc * bc) - ab * (ab * cc - bc * ac) + ac * (ab * bc - bb * ac)
    angle = np.arccos(np.clip(determinant / np.maximum(2 * spread**3, 1e-12), -1, 1)) / 3
    most = mean + 2 * spread * np.cos(angle)
    least = mean + 2 * spread * np.cos(angle + 2 * np.pi / 3).astype(angle.dtype)
    return least, 3 * mean - most - least, most
