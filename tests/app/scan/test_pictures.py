"""Planes of a scan and what is laid over them: each pixel against the voxel that it shows."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from pellucid.app.scan.opened import OpenedScan
from pellucid.app.scan.pictures import ACCEPTED, REJECTED, STAGES, cut, picture
from pellucid.ct.findings import Lump, Nodule
from pellucid.ct.likeness import Likeness
from pellucid.ct.lungs import Lungs
from pellucid.ct.reporting.colours import heat_colours, lung_colours
from pellucid.ct.reporting.windows import BONE, LUNG, as_grey
from pellucid.ct.study_facts import Study
from pellucid.data.volumes import Frame, Volume
from pellucid.errors import BadInput

SHAPE = (7, 9, 11)
FRAME = Frame(np.array([-5.0, -4.0, 30.0]), np.ones(3), np.eye(3))


def lump(number, corner):
    outline = np.zeros((2, 3, 2), bool)
    outline[0, 1, :] = outline[1, :, 0] = True
    return Lump(number, (0.0, 0.0, 33.0), 3.0, 0.0, "right", 0.5, 3.0, "A spot.", corner, outline)


@pytest.fixture
def study():
    rng = np.random.default_rng(0)
    working = Volume(rng.integers(-1024, 1500, SHAPE).astype(np.int16), FRAME, "scan")
    heat = Likeness(
        rng.random(SHAPE).astype(np.float16), np.zeros(SHAPE, np.uint8), (3.0,), np.zeros((0, 3), int), np.zeros(0),
        np.zeros(0, np.uint8),
    )  # fmt: skip
    side = rng.integers(0, 3, SHAPE).astype(np.uint8)
    nodules = [Nodule(lump(1, (1, 2, 3)), 0.0, 0.9, True), Nodule(lump(2, (4, 5, 6)), 0.0, 0.1, False)]
    lumps = [one.lump for one in nodules]
    return Study(working, working, Lungs(side > 0, side), heat, lumps, nodules, [], {}, 0.5, 1.0)


def shown(study, *asked):
    return np.asarray(Image.open(io.BytesIO(picture(study.working, study, *asked)))).astype(int)


def voxel_of(plane, number, row, column):
    """Which voxel a pixel shows, worked out by hand: the head is above, the front above or at the left."""
    if plane == "axial":
        return number, row, column
    return (SHAPE[0] - 1 - row, number, column) if plane == "coronal" else (SHAPE[0] - 1 - row, column, number)


@pytest.mark.parametrize(("plane", "number"), [("axial", 4), ("coronal", 3), ("sagittal", 8)])
def test_every_pixel_is_its_voxel_through_the_window_with_the_stage_over_it(study, plane, number):
    hu = study.working.voxels_hu
    for stage, window in (("scan", BONE), ("lungs", LUNG), ("heat", LUNG)):
        found = shown(study, plane, number, window.name, stage)
        for row in range(found.shape[0]):
            for column in range(found.shape[1]):
                at = voxel_of(plane, number, row, column)
                grey = int(as_grey(hu[at].reshape(1, 1), window)[0, 0])
                over = {
                    "scan": np.zeros(4),
                    "lungs": lung_colours(study.lungs.side[at].reshape(1, 1))[0, 0],
                    "heat": heat_colours(study.likeness.values[at].reshape(1, 1).astype(float))[0, 0],
                }[stage].astype(float)
                wanted = grey + over[3] / 255 * (over[:3] - grey)
                assert np.abs(found[row, column] - wanted).max() <= 1


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_lumps_are_coloured_voxel_by_voxel_in_the_colour_of_their_verdict(study, plane):
    axis = ("axial", "coronal", "sagittal").index(plane)
    owner = np.zeros(SHAPE, int)
    for one in study.nodules:
        where = tuple((np.argwhere(one.lump.outline) + one.lump.corner_irc).T)
        owner[where] = 1 if one.accepted else 2
    colours = {1: ACCEPTED, 2: REJECTED}
    for number in range(SHAPE[axis]):
        bare = shown(study, plane, number, "lung", "scan")
        found = shown(study, plane, number, "lung", "verdicts")
        of = cut(owner, plane, number)
        for verdict, colour in colours.items():
            tint = np.array([*bytes.fromhex(colour[1:])])
            wanted = bare + 150 / 255 * (tint - bare)
            assert (np.abs(found - wanted)[of == verdict] <= 1).all()
        assert (found[of == 0] == bare[of == 0]).all()
        assert ((shown(study, plane, number, "lung", "lumps") != bare).any(axis=2) <= (of > 0)).all()


def test_what_is_not_there_is_refused(study):
    for asked in (("oblique", 0, "lung", "scan"), ("axial", 7, "lung", "scan"), ("axial", -1, "lung", "scan"),
                  ("axial", 0, "brain", "scan"), ("axial", 0, "lung", "rating")):  # fmt: skip
        with pytest.raises(BadInput, match=r"^There is no"):
            picture(study.working, study, *asked)


def test_before_the_stages_are_done_the_scan_alone_is_shown(study):
    bare = picture(study.working, study, "axial", 2, "lung", "scan")
    assert all(picture(study.working, None, "axial", 2, "lung", stage) == bare for stage in STAGES)


def test_what_the_page_lists_leads_to_the_lump_s_own_voxel(study, tmp_path):
    opened = OpenedScan(tmp_path)
    assert opened.facts() == {"stage": "reading", "problem": "", "name": tmp_path.name}
    opened.working, opened.study = study.working, replace(study, findings=[])
    facts = opened.facts()
    assert facts["sizes"] == {"axial": 7, "coronal": 9, "sagittal": 11}
    (one,) = facts["rejected"]
    assert (one["number"], one["at"], one["p_nodule"]) == (2, [3, 4, 5], "0.10")
    x, y, z = one["xyz_mm"]
    assert (x + 5, y + 4, z - 30) == (5, 4, 3)


def test_a_scan_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "notes.txt").write_text("no scan")
    opened = OpenedScan(tmp_path / "notes.txt")
    opened.begin()
    opened.wait()
    assert "holds no DICOM pictures" in opened.facts()["problem"]
