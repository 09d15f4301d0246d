"""A plain chest for tests: two ellipsoids of lung in an oval body, a windpipe, and balls wherever a test wants them."""

from __future__ import annotations

import numpy as np

from pellucid.data.volumes import Frame, Volume

SHAPE = (170, 180, 250)
LUNGS = {1: ((85.0, 90.0, 70.0), (72.0, 60.0, 42.0)), 2: ((85.0, 90.0, 180.0), (72.0, 60.0, 42.0))}  # centre, half axes
Z, Y, X = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]


def ellipsoid(centre, halves):
    """Which voxels lie in it."""
    return sum(((at - c) / h) ** 2 for at, c, h in zip((Z, Y, X), centre, halves, strict=True)) <= 1


def ball(centre, diameter):
    return ellipsoid(centre, (diameter / 2,) * 3)


def drawn_side(lungs=LUNGS):
    """0, 1 and 2, as find_lungs should say."""
    side = np.zeros(SHAPE, np.uint8)
    for number, (centre, halves) in lungs.items():
        side[ellipsoid(centre, halves)] = number
    return side


def chest_hu(side, balls=(), windpipe=True, noise=20.0, dense=40):
    """HU of a body with these lungs; balls are given as centre and diameter, and are of soft tissue."""
    hu = np.full(SHAPE, -1000.0)
    hu[np.broadcast_to(((Y - 90) / 84) ** 2 + ((X - 125) / 118) ** 2 <= 1, SHAPE)] = 40
    hu[side > 0] = -850
    for centre, diameter in balls:
        hu[ball(centre, diameter)] = dense
    if windpipe:
        hu[np.broadcast_to(((Y - 90) ** 2 + (X - 125) ** 2 <= 8**2) & (Z >= 80), SHAPE)] = -1000
    return (hu + np.random.default_rng(0).normal(0, noise, SHAPE)).astype(np.int16)


def volume(hu):
    return Volume(hu, Frame(np.array([-100.0, -80.0, 30.0]), np.ones(3), np.eye(3)), "chest")


def dice(found, drawn):
    return 2 * float((found & drawn).sum()) / float(found.sum() + drawn.sum())
