"""A small made-up study: two lopsided lungs, one ball that was found and one that was rejected, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from pellucid.ct.findings import Finding, Lump, Nodule
from pellucid.ct.grid import working_copy
from pellucid.ct.likeness import Likeness
from pellucid.ct.lungs import Lungs
from pellucid.ct.study_facts import Study
from pellucid.data.volumes import Frame, Volume

# Scan: 14 slices of 40 x 60 voxels, 0.8 (x), 0.9 (y) and 2.5 mm (z) apart; first voxel at x -30, y -20, z 100.
FRAME = Frame(np.array([-30.0, -20.0, 100.0]), np.array([0.8, 0.9, 2.5]), np.eye(3))
SHAPE = (14, 40, 60)
BALL_XYZ = (-14.0, -3.8, 112.5)  # column 20, row 18, slice 5: a voxel's very centre
OTHER_XYZ = (10.0, 5.2, 120.0)  # column 50, row 28, slice 8
RADIUS = 4.0


def scan(seriesuid: str = "1.2.840.7") -> Volume:
    index = np.stack(np.meshgrid(*map(np.arange, SHAPE), indexing="ij"), axis=-1).reshape(-1, 3).astype(float)
    places = FRAME.to_xyz_mm(index)
    hu = np.full(len(places), 40.0)
    hu[in_lung(places) > 0] = -850
    for centre, density in ((BALL_XYZ, 60), (OTHER_XYZ, -300)):
        hu[np.linalg.norm(places - np.array(centre), axis=1) <= RADIUS] = density
    return Volume(hu.reshape(SHAPE).astype(np.int16), FRAME, seriesuid, ("One slice is missing.",))


def in_lung(places: np.ndarray) -> np.ndarray:
    """1 in the right, 2 in the left lung: two boxes, the left one the smaller."""
    inside = (np.abs(places[:, 1] + 2) < 14) & (places[:, 2] > 102) & (places[:, 2] < 130)
    right, left = (places[:, 0] > -26) & (places[:, 0] < -6), (places[:, 0] > 2) & (places[:, 0] < 15)
    return (inside * (right + 2 * left)).astype(np.uint8)


def lump(number: int, centre_xyz_mm: tuple[float, float, float], working: Volume, side: str) -> Lump:
    corner = np.rint(working.frame.to_irc(np.array([centre_xyz_mm]))[0]).astype(int) - 4
    local = np.stack(np.meshgrid(*[np.arange(9)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    places = working.frame.to_xyz_mm((local + corner).astype(float))
    outline = (np.linalg.norm(places - np.array(centre_xyz_mm), axis=1) <= RADIUS).reshape(9, 9, 9)
    first = (int(corner[0]), int(corner[1]), int(corner[2]))
    return Lump(
        number, centre_xyz_mm, 2 * RADIUS, 60.0, side, 0.9 / number, 8.0, f"A ball, number {number}.", first, outline
    )


def made_up(seriesuid: str = "1.2.840.7") -> Study:
    volume = scan(seriesuid)
    working = working_copy(volume)
    index = np.stack(np.meshgrid(*map(np.arange, working.voxels_hu.shape), indexing="ij"), axis=-1).reshape(-1, 3)
    side = in_lung(working.frame.to_xyz_mm(index.astype(float))).reshape(working.voxels_hu.shape)
    lumps = [lump(1, OTHER_XYZ, working, "left"), lump(2, BALL_XYZ, working, "right")]
    heat = np.zeros(working.voxels_hu.shape, np.float16)
    for one in lumps:
        corner = one.corner_irc
        block = tuple(slice(start, start + 9) for start in corner)
        heat[block][one.outline] = one.likeness
    nodules = [Nodule(lumps[0], -3.0, 0.047, False), Nodule(lumps[1], 2.0, 0.88, True)]
    finding = Finding(nodules[1], 268.1, 1.05, 0.11, 0.42)
    seconds = {"read": 0.5, "lungs": 1.0, "likeness": 2.0, "group": 0.1, "classify": 0.2, "rate": 0.1, "total": 3.9}
    return Study(
        volume, working, Lungs(side > 0, side, ("A lung is cut off.",)), as_likeness(heat), lumps, nodules, [finding],
        seconds, 0.5, 812.5, ("One slice is missing.", "A lung is cut off."),
    )  # fmt: skip


def as_likeness(heat: np.ndarray) -> Likeness:
    none = np.zeros((0, 3), int), np.zeros(0), np.zeros(0, np.uint8)
    return Likeness(heat, np.zeros(heat.shape, np.uint8), (3.0, 8.0), *none)


@pytest.fixture(scope="session")
def study() -> Study:
    return made_up()


@pytest.fixture(scope="session")
def study_of() -> Callable[[str], Study]:
    """The same under another series' name."""
    return made_up


@pytest.fixture(scope="session")
def nothing(study) -> Study:
    """The same scan with no hot voxel at all."""
    cold = as_likeness(np.zeros_like(study.likeness.values))
    return replace(study, likeness=cold, lumps=[], nodules=[], findings=[])
