"""Where one is in a scan: against the volume's own frame and voxels, on lopsided scans."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from pellucid.app.scan.places import counted, place
from pellucid.ct.grid import working_copy
from pellucid.ct.reporting.counts import image_number, slice_number
from pellucid.data.volumes import Frame, Volume
from pellucid.errors import BadInput

from .test_pictures import lump, made_study

SHAPE = (6, 12, 9)  # slice, row, column
ORIGIN_MM, SPACING_MM = np.array([-20.0, 14.5, 100.0]), np.array([0.9, 1.0, 2.5])


def scan(direction, numbers=()):
    voxels = np.random.default_rng(0).integers(-1000, 900, SHAPE).astype(np.int16)
    return Volume(voxels, Frame(ORIGIN_MM, SPACING_MM, direction), "scan", (), numbers)


UP, DOWN = np.eye(3), np.diag([1.0, -1.0, -1.0])
LEAN = math.radians(12)
TILTED = np.array([[1, 0, 0], [0, math.cos(LEAN), -math.sin(LEAN)], [0, math.sin(LEAN), math.cos(LEAN)]])


@pytest.mark.parametrize("direction", [UP, DOWN, TILTED])
def test_every_place_is_the_frame_s_and_its_slice_the_nearest_of_the_scan(direction):
    volume = scan(direction, tuple(range(70, 64, -1)))
    working = working_copy(volume)
    centres = volume.frame.to_xyz_mm(np.array([[number, 0.0, 0.0] for number in range(SHAPE[0])]))
    along = centres @ direction[:, 2]  # how far each slice is along the scan's own axis, mm
    for at in np.ndindex(working.voxels_hu.shape):
        found = place(volume, working, at)
        assert found["hu"] == working.voxels_hu[at]
        xyz_mm = working.frame.to_xyz_mm(np.array([at], float))[0]
        assert found["xyz_mm"] == pytest.approx(xyz_mm.tolist(), abs=0.05 + 1e-9)
        far = np.abs(along - xyz_mm @ direction[:, 2])
        assert far[found["slice"] - 1] <= far.min() + 1e-6
        assert (found["slices"], found["image"]) == (6, 71 - found["slice"])


def test_one_place_worked_out_by_hand():
    volume = scan(UP, (11, 12, 13, 14, 15, 16))
    found = place(volume, working_copy(volume), (6, 3, 2))
    assert found["xyz_mm"] == [-18.0, 17.5, 106.0]  # 2, 3 and 6 mm from the corner
    assert (found["slice"], found["image"]) == (3, 13)  # 6 mm are 2.4 steps of 2.5 mm


def test_a_finding_s_slice_and_image_are_those_that_the_report_names():
    volume = scan(DOWN, (9, 8, 7, 6, 5, 4))
    working = working_copy(volume)
    study = replace(made_study(), volume=volume)
    for at in ((0, 0, 0), (4, 2, 3), (12, 1, 1)):
        centre_xyz_mm = tuple(working.frame.to_xyz_mm(np.array([at], float))[0].tolist())
        one = replace(lump(1, (0, 0, 0)), centre_xyz_mm=centre_xyz_mm)
        found = place(volume, working, at)
        assert (found["slice"], found["image"]) == (slice_number(study, one), image_number(study, one))


def test_what_slices_are_counted_from_is_true_to_the_scan():
    assert "counted from the feet" in counted(scan(UP))
    assert "counted from the head" in counted(scan(DOWN))
    sagittal = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])  # slices go towards the patient's left
    assert "counted from the right" in counted(scan(sagittal))
    assert "Instance Number" in counted(scan(UP, (1, 2, 3, 4, 5, 6)))
    assert "no image number" in counted(scan(UP))


def test_what_is_no_voxel_is_refused():
    volume = scan(UP)
    for at in ((-1, 0, 0), (0, 99, 0), (0, 0, 99)):
        with pytest.raises(BadInput, match=r"^There is no voxel"):
            place(volume, working_copy(volume), at)
