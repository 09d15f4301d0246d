"""Planes of a scan and what is laid over them: each pixel against the voxel that it shows."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from pellucid.app.scan.opened import OpenedScan
from pellucid.app.scan.pictures import ACCEPTED, OPACITY, REJECTED, STAGES, cut, picture
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


def made_study():
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


@pytest.fixture
def study():
    return made_study()


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


def beside(owner, row, column):
    """The values of a pixel's neighbours that share a side with it."""
    around = [(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)]
    return {int(owner[at]) for at in around if 0 <= at[0] < owner.shape[0] and 0 <= at[1] < owner.shape[1]}


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_lumps_are_outlined_around_their_voxels_which_stay_as_scanned(study, plane):
    axis = ("axial", "coronal", "sagittal").index(plane)
    owner = np.zeros(SHAPE, int)
    for one in study.nodules:
        where = tuple((np.argwhere(one.lump.outline) + one.lump.corner_irc).T)
        owner[where] = 1 if one.accepted else 2
    yellow, grey = (np.array([*bytes.fromhex(colour[1:])]) for colour in (ACCEPTED, REJECTED))
    seen = {"yellow": 0, "grey": 0}
    for number in range(SHAPE[axis]):
        bare, of = shown(study, plane, number, "lung", "scan"), cut(owner, plane, number)
        verdicts, lumps = (shown(study, plane, number, "lung", stage) for stage in ("verdicts", "lumps"))
        for row, column in np.ndindex(of.shape):
            touched = beside(of, row, column) if of[row, column] == 0 else set()
            tint = yellow if 1 in touched else grey if 2 in touched and (row + column) % 2 == 0 else None
            for found, colour in ((verdicts, tint), (lumps, yellow if touched & {1, 2} else None)):
                pixel = bare[row, column]
                wanted = pixel if colour is None else pixel + OPACITY / 255 * (colour - pixel)
                assert np.abs(found[row, column] - wanted).max() <= (colour is not None)
            seen["yellow"] += tint is yellow
            seen["grey"] += tint is grey
    assert min(seen.values()) > 0


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
    opened.volume, opened.working, opened.study = study.volume, study.working, replace(study, findings=[])
    facts = opened.facts()
    assert facts["sizes"] == {"axial": 7, "coronal": 9, "sagittal": 11}
    (one,) = facts["rejected"]
    assert (one["number"], one["at"], one["p_nodule"]) == (2, [3, 4, 5], "0.10")
    x, y, z = one["xyz_mm"]
    assert (x + 5, y + 4, z - 30) == (5, 4, 3)
    assert "From 0.50 on" in facts["means"][0]
    assert facts["means"][1].startswith("p_rated_suspicious is how likely")


def test_a_scan_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "notes.txt").write_text("no scan")
    opened = OpenedScan(tmp_path / "notes.txt")
    opened.begin()
    opened.wait()
    assert "holds no DICOM pictures" in opened.facts()["problem"]
