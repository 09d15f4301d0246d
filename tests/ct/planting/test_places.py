"""Nodules are planted where they were said to be, in lung, and apart from each other and from what is there already."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.ct.planting.places import PLACES, survey
from pellucid.ct.planting.rounds import draw_plan

from . import lung_like
from .lung_like import LUMP_IRC, LUMP_RADIUS, ORIGIN, VESSEL_COLUMN, VESSEL_RADIUS, VESSEL_ROW

MARK_XYZ_MM = tuple((ORIGIN + np.array([90.0, 80.0, 30.0])).tolist())  # column, row, slice
SIZES = (4.0, 10.0)


@pytest.fixture(scope="module")
def ground():
    return survey(lung_like.scan(), lung_like.lungs(), [MARK_XYZ_MM])


@pytest.fixture(scope="module")
def plan(ground):
    return plan_of(ground, seed=1)


def plan_of(ground, seed):
    return draw_plan(
        lung_like.scan(), ground, [MARK_XYZ_MM], diameters_mm=SIZES, densities_hu=(40.0, -600.0), per_cell=5,
        rng=np.random.default_rng(seed),
    )  # fmt: skip


def measured(centre_xyz_mm):
    """Distances of a place to the block's wall, to the vessel's and to the lump's surface, all by hand."""
    column, row, slice_ = np.array(centre_xyz_mm) - ORIGIN
    wall = min(slice_ - 4.5, 94.5 - slice_, row - 9.5, 99.5 - row, column - 14.5, 104.5 - column)
    vessel = np.hypot(row - VESSEL_ROW, column - VESSEL_COLUMN) - VESSEL_RADIUS
    lump = np.linalg.norm(np.array([slice_, row, column]) - LUMP_IRC) - LUMP_RADIUS
    return wall, vessel, lump


def test_every_nodule_lies_at_its_kind_of_place(plan):
    assert {one.place for planted in plan.rounds for one in planted} == set(PLACES)
    for one in (one for planted in plan.rounds for one in planted):
        wall, vessel, lump = measured(one.nodule.centre_xyz_mm)
        radius = one.nodule.diameter_mm / 2
        assert lump > radius + 9
        if one.place == "near vessels":
            assert abs(vessel - radius) <= 1.2  # both surfaces are made of voxels of 1 mm
            assert wall > radius + 2
        else:
            assert vessel > radius + 2
        if one.place == "centre":
            assert wall > 19.9
        if one.place == "pleura":
            assert abs(wall - radius) <= 0.6


def test_at_most_ten_at_once_and_25_mm_apart(plan):
    for planted in plan.rounds:
        assert 1 <= len(planted) <= 10
        centres = np.array([MARK_XYZ_MM, *(one.nodule.centre_xyz_mm for one in planted)])
        apart = np.linalg.norm(centres[:, None] - centres, axis=2) + 1e3 * np.eye(len(centres))
        assert apart.min() >= 25


def test_every_cell_gets_as_many_as_were_asked_for(plan):
    cells = [(o.nodule.diameter_mm, o.nodule.density_hu, o.place) for planted in plan.rounds for o in planted]
    assert len(cells) == 5 * 2 * 2 * 3
    assert {cells.count(cell) for cell in cells} == {5}
    assert plan.without_place == {}


def test_the_same_seed_draws_the_same_plan_and_another_seed_another(ground, plan):
    assert plan_of(ground, seed=1).key == plan.key
    assert plan_of(ground, seed=2).key != plan.key


def test_a_lung_without_room_says_what_found_no_place(ground):
    far = [tuple((ORIGIN + 20.0 * np.array(at)).tolist()) for at in np.ndindex(6, 6, 5)]
    plan = draw_plan(
        lung_like.scan(), ground, far, diameters_mm=(6.0,), densities_hu=(40.0,), per_cell=2,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    assert plan.rounds == ()
    assert plan.without_place == {(6.0, place): 2 for place in PLACES}


def test_a_thin_vessel_is_none():
    volume = lung_like.scan()
    voxels = volume.voxels_hu.copy()
    rows, columns = np.indices(voxels.shape[1:])
    voxels[5:95, np.hypot(rows - VESSEL_ROW, columns - VESSEL_COLUMN) <= VESSEL_RADIUS] = -850
    voxels[5:95, 55:57, 40:42] = 40  # 2 mm
    thin = type(volume)(voxels, volume.frame, "thin")
    assert len(survey(thin, lung_like.lungs(), []).allowed("near vessels", 6.0)) == 0


def test_nodules_are_refused_where_dense_tissue_is(ground):
    assert ground.stands_in_lung(np.array([50.0, 80.0, 80.0]), 8.0)
    assert not ground.stands_in_lung(np.array([50.0, 30.0, 80.0]), 8.0)  # the lump
    assert not ground.stands_in_lung(np.array([50.0, 9.0, 60.0]), 8.0)  # half in the wall
