"""The page on a chest CT: what it works out by hand is what SimpleITK and the pipeline say; each finding is ringed."""

import re
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from pellucid.ct.network import cut_windows, load_network
from pellucid.ct.network.verdicts import LOOKED_AT_AGAIN, from_all_sides, logits_of
from pellucid.ct.planting.searching import search
from pellucid.ct.reporting.windows import BONE, LUNG, MEDIASTINUM

pytestmark = pytest.mark.slow  # a scan is simulated, and looked through twice
SHOWN = Path(__file__).parents[2] / "docs" / "ladder" / "ct_five_stages.md"


@pytest.fixture(scope="module")
def walked(run):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PELLUCID_DATA", raising=False)
        return run("ct_five_stages.py", shapes=False)


def test_without_a_real_scan_a_simulated_one_is_walked_through_and_named(walked):
    assert walked["scan"] == "phantom 3, a simulated scan"
    assert walked["volume"].seriesuid == "phantom-test-3"


def test_the_place_worked_out_by_hand_is_simpleitk_s(walked):
    frame, index = walked["frame"], walked["index"]
    image = sitk.Image(2, 2, 2, sitk.sitkUInt8)
    image.SetOrigin(frame.origin_xyz_mm.tolist())
    image.SetSpacing(frame.spacing_xyz_mm.tolist())
    image.SetDirection(frame.direction.ravel().tolist())
    expected = image.TransformContinuousIndexToPhysicalPoint(index[::-1].tolist())
    np.testing.assert_allclose(walked["place_by_hand"], expected, atol=1e-6)
    np.testing.assert_allclose(walked["place"], expected, atol=1e-6)
    np.testing.assert_allclose(walked["back"], index, atol=1e-6)


def test_the_shares_of_tissues_are_counts_of_voxels(walked):
    hu = walked["volume"].voxels_hu
    for name, (low, high) in walked["TISSUES_HU"].items():
        assert walked["tissue_share"][name] == pytest.approx(((hu >= low) & (hu < high)).mean()), name
        assert walked["tissue_share"][name] > 0.001, name


def test_the_three_pictures_are_one_slice_through_three_windows(walked):
    frame, hu = walked["frame"], walked["volume"].voxels_hu[walked["middle_slice"]].astype(float)
    assert np.array_equal(frame.direction, np.eye(3))
    _, sheet = walked["plane"](walked["volume"], walked["middle"], "axial", walked["wide_mm"])
    _, above, left = -np.rint(frame.to_irc(np.array([sheet.corner_xyz_mm]))[0]).astype(int)  # black around the slice
    for window in (LUNG, MEDIASTINUM, BONE):
        grey = walked["three_windows"][window.name][above:, left:][: hu.shape[0], : hu.shape[1]]
        expected = np.clip((hu - window.centre_hu) / window.width_hu + 0.5, 0, 1) * 255
        np.testing.assert_allclose(grey, expected, atol=0.501, err_msg=window.name)


def test_the_right_lung_lies_at_the_left_of_the_pictures(walked):
    side = walked["side"]
    assert np.argwhere(side == 1)[:, 2].mean() < np.argwhere(side == 2)[:, 2].mean()
    assert walked["litres"]["right"] == pytest.approx(np.count_nonzero(side == 1) / 1e6)


def test_the_heat_that_is_drawn_is_hottest_where_the_page_says(walked):
    heat = walked["likeness"].values
    assert walked["heat"].max() == heat.max()
    slice_of_grid = walked["hottest_slice"] + walked["box"][0].start
    assert heat[slice_of_grid].max() == heat.max()


def test_an_outline_drawn_on_a_picture_has_the_lump_s_own_voxels(walked):
    lump, working = walked["lumps"][0], walked["working"]
    centre = working.frame.to_xyz_mm(np.array([lump.corner_irc], float) + np.array(lump.outline.shape) // 2)[0]
    _, sheet = walked["plane"](working, tuple(centre.tolist()), "axial", 60.0)
    drawn = walked["outlined"](lump, sheet)
    assert drawn.sum() == lump.outline[lump.outline.shape[0] // 2].sum() > 0


def test_the_windows_that_are_drawn_give_the_network_s_logits_and_the_printed_probabilities(walked):
    network, facts = load_network()
    once = logits_of(network, walked["seen_of"])
    from_all = np.mean([logits_of(network, seen) for seen in from_all_sides(walked["seen_of"])], axis=0)
    working = walked["working"]
    places = working.frame.to_irc(np.array([one.lump.centre_xyz_mm for one in walked["nodules"]]))
    every_logit = logits_of(network, cut_windows(working.voxels_hu, places))
    looked_at_again = set(np.argsort(-every_logit, kind="stable")[:LOOKED_AT_AGAIN].tolist())
    for row, (told, nodule) in enumerate(walked["pair"].items()):
        number = next(at for at, one in enumerate(walked["nodules"]) if one is nodule)
        asked = from_all[row] if number in looked_at_again else once[row]
        assert asked == pytest.approx(nodule.logit, abs=1e-3)
        assert walked["p_by_hand"][told] == pytest.approx(nodule.p_nodule, abs=1e-9)
    assert walked["pair"]["the likeliest"].p_nodule == max(one.p_nodule for one in walked["nodules"])
    assert not walked["pair"]["a rejected one"].accepted
    assert walked["threshold"] == facts.threshold


def test_the_rating_s_terms_add_up_to_the_pipeline_s_rating(walked):
    lump = walked["likeliest"].lump
    rated = {one.nodule.lump.number: one.p_rated_suspicious for one in walked["findings"]}
    assert rated[lump.number] == pytest.approx(walked["p_suspicious"], abs=1e-12)
    assert sum(walked["terms"].values()) == pytest.approx(np.log(rated[lump.number] / (1 - rated[lump.number])))
    assert walked["outline"].volume_mm3 == np.count_nonzero(lump.outline)


def test_ten_nodules_are_planted_and_counted_as_planting_itself_counts_them(walked):
    assert len(walked["planted"]) == 10
    counted = search(walked["volume"], walked["planted"], walked["blur"], lambda _: walked["again"])
    assert walked["outcomes"] == [one.outcome for one in counted.tried]
    assert walked["outcomes"].count("found") >= 5


def test_the_scan_gets_the_planted_nodules_and_is_otherwise_as_it_was(walked):
    changed = np.argwhere(walked["with_them"].voxels_hu != walked["volume"].voxels_hu)
    places = walked["frame"].to_xyz_mm(changed.astype(float))
    centres = np.array([one.nodule.centre_xyz_mm for one in walked["planted"]])
    off = np.linalg.norm(places[:, None] - centres, axis=2)
    assert off.min(axis=1).max() < 25.0  # nodules of at most 10 mm, blurred
    assert set(off.argmin(axis=1)) == set(range(10))


def test_every_finding_is_ringed_once_in_the_slice_nearest_to_it(walked):
    ringed = [lump.number for lumps in walked["ringed"].values() for lump in lumps]
    assert sorted(ringed) == sorted(one.nodule.lump.number for one in walked["findings"])
    for at, lumps in walked["ringed"].items():
        for lump in lumps:
            z = walked["working"].frame.to_irc(np.array([lump.centre_xyz_mm]))[0, 0]
            assert abs(at - z) == min(abs(other - z) for other in walked["chosen"])
    inside = np.flatnonzero(walked["lungs"].inside.any(axis=(1, 2)))
    assert set(np.diff(walked["chosen"])) == {-12}
    assert walked["chosen"][-1] <= inside[0] + 12
    assert walked["chosen"][0] >= inside[-1] - 12


def test_a_scan_that_is_not_there_ends_the_page_with_one_line(run):
    with pytest.raises(SystemExit) as stopped:
        run("ct_five_stages.py", "no/such/scan.mhd")
    assert str(stopped.value.code) == "There is no file no/such/scan.mhd; check the name."


def test_the_shown_page_is_of_the_real_scan_and_says_what_it_is_not():
    shown = SHOWN.read_text("utf-8")
    assert "chest_ct_dicom.zip: 99 slices of 512 x 512 voxels" in shown
    assert "Not a medical device" in shown
    assert len(re.findall(r"^!\[", shown, re.MULTILINE)) == 11
