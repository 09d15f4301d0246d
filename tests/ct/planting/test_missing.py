"""Whole searches with a pipeline whose answers are known: rates, marks, stopping and going on."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64encode
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from pellucid.ct.lungs import Lungs
from pellucid.ct.planting import (
    Blur,
    ToPlant,
    as_dict,
    check_plant_folder,
    could_be_missed,
    lines,
    plant,
    plant_page,
    save_planted,
)  # fmt: skip
from pellucid.ct.planting.figure import found_rates
from pellucid.ct.planting.first_look import first_look
from pellucid.ct.planting.rounds import Planting
from pellucid.ct.planting.searching import search
from pellucid.errors import BadInput

from . import lung_like

BLUR = Blur(0.5, 0.5, 0.5, 1.0)
SETTINGS = {"diameters_mm": (4.0, 6.0, 8.0), "per_cell": 2, "blur": BLUR}


@pytest.fixture(scope="module")
def volume():
    return lung_like.scan()


def searched(volume, find, **settings):
    return could_be_missed(volume, find, rng=np.random.default_rng(4), **{**SETTINGS, **settings})


@pytest.fixture(scope="module")
def whole(volume):
    return searched(volume, lung_like.search_by_difference(volume, 5.0, marks=[(30.0, 40.0, 60.0)]))


def test_what_the_pipeline_finds_is_found_and_what_it_rejects_is_missed(whole):
    told = {cell.diameter_mm: cell for cell in whole.cells()}
    assert {size: (cell.found, cell.rejected, cell.no_lump) for size, cell in told.items()} == {
        4.0: (0, 6, 0), 6.0: (6, 0, 0), 8.0: (6, 0, 0),
    }  # fmt: skip
    assert whole.smallest(40.0).diameter_mm == 6.0
    assert [cell.rate.cases for cell in whole.cells("pleura")] == [2, 2, 2]
    # Wilson's interval of 6 in 6, by hand: low end 6 / (6 + 1.96^2) = 0.6097
    assert told[6.0].rate.low == pytest.approx(6 / (6 + 1.959964**2), abs=1e-6)


def test_marks_on_nothing_planted_are_counted_beside(whole):
    assert whole.marks_xyz_mm == ((30.0, 40.0, 60.0),)
    assert whole.other_marks() == 1.0


def test_the_lines_say_what_the_figures_mean(whole):
    said = "\n".join(lines(whole))
    assert "at least 90% were found from 6 mm on (smaller ones are missed more often): at 6 mm 6 of 6, 1.00" in said
    assert "the true share there may be as low as 0.61." in said
    assert "gets 1 mark." in said
    assert "not for other patients" in said
    assert "Not a medical device" in said


def test_json_holds_every_nodule_and_cell(whole):
    told = json.loads(json.dumps(as_dict(whole), allow_nan=False))
    assert next(iter(told)) == "made_by"  # by which an earlier report is known
    assert told["planted"] == len(told["nodules"]) == 18
    assert told["smallest_mostly_found"]["40"]["diameter_mm"] == 6.0
    assert len(told["cells"]) == 3 * 4
    assert told["nodules"][0]["outcome"] in ("found", "rejected")


def test_a_search_that_finds_nothing_says_that_all_can_be_missed(volume):
    report = searched(volume, lambda planted: lung_like.Searched([], []), per_cell=1)
    assert report.smallest(40.0) is None
    assert {one.outcome for one in report.tried} == {"no lump"}
    assert "can be missed at every diameter planted" in lines(report)[0]


def test_ctrl_c_keeps_the_rounds_that_are_done_and_the_same_command_goes_on(volume, whole, tmp_path):
    honest = lung_like.search_by_difference(volume, 5.0, marks=[(30.0, 40.0, 60.0)])
    calls = []

    def stopped_at_third(planted):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return honest(planted)

    first = searched(volume, stopped_at_third, out=tmp_path)
    assert (len(first.rounds), first.stopped) == (1, True)
    assert f"Stopped early: 1 of {len(whole.rounds)} rounds were done" in "\n".join(lines(first))
    calls[:] = [1] * 10
    second = searched(volume, stopped_at_third, out=tmp_path)
    assert len(calls) == 10 + len(whole.rounds) - 1  # the rounds that were missing
    assert as_dict(second) == as_dict(whole)


def nothing_more(planted):
    raise AssertionError("searched once more")


def test_a_finished_command_given_again_searches_nothing_and_shows_the_same(volume, whole, tmp_path):
    searched(volume, lung_like.search_by_difference(volume, 5.0, marks=[(30.0, 40.0, 60.0)]), out=tmp_path)
    again = searched(volume, nothing_more, out=tmp_path)
    assert as_dict(again) == as_dict(whole)
    assert plant_page(again, volume) == plant_page(whole, volume)  # the same places, and the same pictures
    save_planted(again, volume, tmp_path)  # beside what is kept


def test_ctrl_c_in_the_first_round_keeps_the_look_at_the_scan_as_it_is(volume, whole, tmp_path):
    honest = lung_like.search_by_difference(volume, 5.0, marks=[(30.0, 40.0, 60.0)])
    seen = []

    def stopped(planted):
        seen.append(planted)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return honest(planted)

    with pytest.raises(KeyboardInterrupt):
        searched(volume, stopped, out=tmp_path)
    second = searched(volume, stopped, out=tmp_path)
    assert [one is volume for one in seen].count(True) == 1
    assert len(seen) == 2 + len(whole.rounds)
    assert as_dict(second) == as_dict(whole)


def test_the_lungs_that_are_kept_are_those_that_were_found(volume, tmp_path):
    inside, side = np.zeros((2, *lung_like.SHAPE), np.uint8)
    inside[lung_like.INSIDE] = 1
    side[20:70, 12:90, 17:50], side[20:70, 12:90, 60:99] = 1, 2  # lopsided, and less than what is inside
    seen = lung_like.Searched([], [], lungs=Lungs(inside.astype(bool), side))
    first_look(volume, lambda scan: seen, out=tmp_path, blur=BLUR)
    kept = first_look(volume, nothing_more, out=tmp_path, blur=BLUR)
    np.testing.assert_array_equal(kept.lungs.inside, seen.lungs.inside)
    np.testing.assert_array_equal(kept.lungs.side, side)
    np.testing.assert_array_equal(kept.working.voxels_hu, volume.voxels_hu)  # which has the working grid's 1 mm


def test_the_blur_is_measured_once_and_kept_to_the_last_digit(volume, tmp_path, monkeypatch):
    measured = [Blur(0.1 + 0.2, 1 / 3, 2 / 3, 3.0, edges=812)]
    monkeypatch.setattr("pellucid.ct.planting.first_look.measure_blur", lambda scan: measured.pop())
    find = lung_like.search_by_difference(volume, 5.0)
    first = first_look(volume, find, out=tmp_path)
    assert first_look(volume, nothing_more, out=tmp_path).blur == first.blur == Blur(0.1 + 0.2, 1 / 3, 2 / 3, 3.0, 812)
    with pytest.raises(BadInput, match="or other settings"):  # a blur that is given is another one
        first_look(volume, nothing_more, out=tmp_path, blur=first.blur)


def test_a_blur_that_is_given_is_told_from_another_by_its_last_digit(volume, tmp_path):
    first_look(volume, lung_like.search_by_difference(volume, 5.0), out=tmp_path, blur=BLUR)
    assert first_look(volume, nothing_more, out=tmp_path, blur=BLUR).blur == BLUR
    with pytest.raises(BadInput, match="or other settings"):
        first_look(volume, nothing_more, out=tmp_path, blur=replace(BLUR, sigma_mm=0.50001))


def test_a_look_at_another_scan_is_not_taken_for_this_ones(volume, tmp_path):
    first_look(volume, lung_like.search_by_difference(volume, 5.0), out=tmp_path, blur=BLUR)
    other = replace(volume, voxels_hu=volume.voxels_hu + np.int16(1))
    moved = replace(volume, frame=replace(volume.frame, origin_xyz_mm=volume.frame.origin_xyz_mm + 1.0))
    for scan in (other, moved):
        with pytest.raises(BadInput, match="holds rounds of another scan"):
            first_look(scan, nothing_more, out=tmp_path, blur=BLUR)


@pytest.mark.parametrize("lungs", ["no base64", "AAAA", b64encode(zlib.compress(b"too short")).decode()])
def test_a_damaged_look_is_named(lungs, volume, tmp_path):
    first_look(volume, lung_like.search_by_difference(volume, 5.0), out=tmp_path, blur=BLUR)
    path = tmp_path / "first_look.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"lungs": lungs}, indent=1))
    with pytest.raises(BadInput, match=r"first_look\.json is damaged"):
        first_look(volume, nothing_more, out=tmp_path, blur=BLUR)


def test_rounds_of_another_pipeline_are_not_mixed_in(volume, tmp_path):
    find = lung_like.search_by_difference(volume, 5.0)
    searched(volume, find, out=tmp_path, finder="weights a", per_cell=1)
    with pytest.raises(BadInput, match="holds rounds of another scan, another pipeline or other settings"):
        searched(volume, find, out=tmp_path, finder="weights b", per_cell=1)


def test_a_damaged_file_of_rounds_is_named(volume, tmp_path):
    (tmp_path / "rounds.json").write_text('{\n "made_by": "pellucid ct plant",\n "form')
    with pytest.raises(BadInput, match=r"rounds\.json is damaged"):
        searched(volume, lung_like.search_by_difference(volume, 5.0), out=tmp_path, per_cell=1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"diameters_mm": (1.0, 6.0)}, "Diameters were given as 1, 6; each must be from 2 to 30 mm"),
        ({"densities_hu": ()}, "Densities were given as none"),
        ({"per_cell": 0}, "0 nodules a cell"),
    ],
)
def test_impossible_settings_are_refused(volume, wrong, said):
    with pytest.raises(BadInput, match=said):
        searched(volume, lambda planted: None, **wrong)


@pytest.mark.parametrize(("off_mm", "outcome"), [(2.9, "found"), (3.1, "no lump")])
def test_a_mark_counts_within_the_radius_and_no_farther(volume, off_mm, outcome):
    planted = Planting(ToPlant((0.0, 20.0, 60.0), 6.0), "centre")
    marks = [(0.0, 20.0 + off_mm, 60.0)]
    find = lung_like.search_by_difference(plant(volume, [planted.nodule], blur=BLUR), 5.0, marks=marks)
    done = search(volume, [planted], BLUR, find)  # the planted nodule itself stays unseen
    assert done.tried[0].outcome == outcome
    assert done.other_marks == (outcome != "found")


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.words = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.words += data


def test_the_page_shows_the_plot_the_table_and_both_kinds_of_pictures(whole, volume):
    text = plant_page(whole, volume)
    page = Page(text)
    assert page.tags.count("polyline") == 4  # three places, and all together
    assert "Missed, the largest" in page.words
    assert "Found, the smallest" in page.words
    assert page.tags.count("image") == 2 * 2 * 3 * 2  # missed and found, pairs, three places, two of each
    assert "Not a medical device" in page.words
    assert page.words.count("1.00 (0.61 to 1.00)") >= 2
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")  # nothing to load


def test_the_plot_has_each_rate_and_its_interval_at_its_height_and_each_diameter_at_its_place(whole):
    drawn = ElementTree.fromstring(found_rates(whole, 40.0))
    part = "{http://www.w3.org/2000/svg}"
    heights = {f"{percent}%": None for percent in range(0, 101, 20)}
    for text in drawn.iter(f"{part}text"):
        if text.text in heights:
            heights[text.text] = float(text.get("y")) - 4  # its letters hang a little below the line that they name
    zero, all_of_it = heights["0%"], heights["100%"]
    np.testing.assert_allclose(list(heights.values()), np.linspace(zero, all_of_it, 6), atol=0.1)
    bars = [{key: float(one.get(key)) for key in ("x1", "x2", "y1", "y2")} for one in drawn.iter(f"{part}line")]
    shown = {}
    for one in drawn.iter(f"{part}circle"):
        told = re.fullmatch(r"all places, (\d+) mm: (\d+) of (\d+) found, .*", one.find(f"{part}title").text)
        if told:
            size, found, planted = map(int, told.groups())
            x, y = float(one.get("cx")), float(one.get("cy"))
            assert y == pytest.approx(zero + (all_of_it - zero) * found / planted, abs=0.1)
            (bar,) = [one for one in bars if one["x1"] == one["x2"] == x and one["y1"] != one["y2"]]
            low, high = wilson(found, planted)
            assert [bar["y1"], bar["y2"]] == pytest.approx(
                [zero + (all_of_it - zero) * p for p in (low, high)], abs=0.1
            )
            shown[size] = x
    assert sorted(shown) == [4, 6, 8]
    assert shown[6] - shown[4] == pytest.approx(shown[8] - shown[6], abs=0.1)


def wilson(found, planted):
    """Wilson's 95% interval, the roots of (p - found / planted)^2 = z^2 p (1 - p) / planted."""
    z2 = 1.959964**2
    share = found / planted
    low, high = sorted(np.roots([1 + z2 / planted, -(2 * share + z2 / planted), share**2]))
    return max(low, 0.0), min(high, 1.0)


def test_a_report_is_replaced_by_the_next_and_its_folder_is_private(whole, volume, tmp_path):
    folder = tmp_path / "planted"
    save_planted(whole, volume, folder)
    (folder / "rounds.json").write_text("{}")  # those of the report
    (folder / ".plant.json.making").write_text("{")  # what a killed run left
    assert save_planted(whole, volume, folder) == folder / "plant.html"
    assert json.loads((folder / "plant.json").read_text()) == json.loads(json.dumps(as_dict(whole)))
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("letter.txt", r"holds other files \(letter\.txt\)"),
        ("plant.json", r"plant\.json is there already, and is no report of pellucid ct plant"),
        ("plant.html", r"plant\.html is there already, and is no page of pellucid ct plant"),
    ],
)
def test_what_someone_else_wrote_is_never_written_over(name, said, whole, volume, tmp_path):
    (tmp_path / name).write_text("mine")
    for refuse in (check_plant_folder, lambda folder: save_planted(whole, volume, folder)):
        with pytest.raises(BadInput, match=said):
            refuse(tmp_path)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, "mine")]


def test_the_lungs_are_those_that_the_pipeline_found(volume):
    half = np.zeros(lung_like.SHAPE, bool)
    half[lung_like.INSIDE] = True
    half[:, :, 60:] = False
    seen = lung_like.Searched([], [], lungs=Lungs(half, half.astype(np.uint8)))
    report = searched(volume, lambda planted: seen)
    columns = volume.frame.to_irc(np.array([one.centre_xyz_mm for one in report.tried]))[:, 2]
    assert len(columns) > 3
    assert columns.max() < 60
