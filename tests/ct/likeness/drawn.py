"""Balls, tubes and sheets on a dark ground, their edges shared out over the voxels that they cross."""

import numpy as np


def share(shape, centre, radius, *, along=()):
    """How much of each voxel lies within `radius` of a point; of a line or plane where `along` names its axes."""
    fine = [np.arange(length)[:, None] + (np.arange(3) - 1) / 3 for length in shape]
    away = [
        np.zeros(length * 3) if axis in along else (places.ravel() - middle) ** 2
        for axis, (length, places, middle) in enumerate(zip(shape, fine, centre, strict=True))
    ]
    within = away[0][:, None, None] + away[1][:, None] + away[2] <= radius**2
    a, b, c = shape
    return within.reshape(a, 3, b, 3, c, 3).mean(axis=(1, 3, 5)).astype(np.float32)


def hu(shares, *, ground=-850.0, things=40.0):
    return ground + (things - ground) * np.clip(shares, 0, 1)
