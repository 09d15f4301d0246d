"""The commands `pellucid ct ...` as a shell meets them: what is found, what is told, what is refused in one line."""

from __future__ import annotations

import csv
import json
import os
import shlex
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import pellucid.ct.phantom
from pellucid.ct.grid import working_copy
from pellucid.ct.luna import write_luna
from pellucid.ct.phantom import Phantom, phantom_name
from pellucid.ct.study import find_nodules
from pellucid.ct.told import Told

from . import small_chest

MARKS = "seriesuid,coordX,coordY,coordZ,probability"


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with one small chest in several forms, and with things that are no scans, weights, or marks."""
    folder = tmp_path_factory.mktemp("place")
    volume = small_chest.chest("small-chest")
    write_luna(folder / "luna", [(volume, small_chest.truth())])
    small_chest.write_dicom(folder / "dicom", volume, "1.2.3.4")
    few = replace(volume, voxels_hu=volume.voxels_hu[:20])
    small_chest.write_dicom(folder / "two" / "a", few, "1.2.3.4")
    small_chest.write_dicom(folder / "two" / "b", few, "1.2.3.5")
    shutil.copytree(folder / "two" / "a", folder / "both")
    (folder / "both" / "mask.nii").write_bytes(b"")
    head = small_chest.chest("head", (), lungs=())
    small_chest.write_dicom(folder / "head", replace(head, voxels_hu=head.voxels_hu[:20]), "1.2.3.6")
    (folder / "empty").mkdir()
    (folder / "notes").mkdir()
    (folder / "notes" / "a.txt").write_text("No scan.")
    with zipfile.ZipFile(folder / "notes.zip", "w") as archive:
        archive.writestr("a.txt", "No scan.")
    (folder / "cut.zip").write_bytes((folder / "notes.zip").read_bytes()[:60])
    (folder / "none.safetensors").write_bytes(b"These are no weights.")
    (folder / "marks.csv").write_text(f"{MARKS}\nsomeone-else,1,2,3,0.5\n")
    return folder


@pytest.fixture
def at(place, command_here, monkeypatch):
    """Run `pellucid ct` beside those files; what is written goes to the test's own folder."""

    def run(*arguments: object):
        monkeypatch.chdir(place)
        return command_here("ct", *arguments)

    return run


def hits(findings, balls=small_chest.BALLS):
    """How many findings lie within each ball."""
    places = np.array([one["centre_xyz_mm"] for one in findings]).reshape(-1, 3)
    return [int((np.linalg.norm(places - np.array(centre), axis=1) < width / 2).sum()) for centre, width in balls]


def one_line(done, said):
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("pellucid: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


def mhd(place):
    return next(place.glob("luna/subset*/small-chest.mhd"))


@pytest.mark.slow
def test_find_marks_each_ball_once_and_prints_one_json_object(at, place, tmp_path):
    done = at("find", mhd(place), "--out", tmp_path / "out", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told == json.loads((tmp_path / "out" / "findings.json").read_text()) | {"seconds": told["seconds"]}
    assert told["seriesuid"] == "small-chest"
    assert hits(told["findings"]) == [1, 1, 1]
    assert {"stages", "seconds", "peak_memory_mb", "not_a_medical_device"} <= told.keys()
    with (tmp_path / "out" / "findings.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == MARKS.split(",")
    assert len(rows) >= len(told["findings"])
    assert "<html" in (tmp_path / "out" / "findings.html").read_text()


@pytest.mark.slow
def test_spots_beyond_the_hottest_lumps_are_told(monkeypatch):
    for module in ("pellucid.ct.lumps", "pellucid.ct.lumps.grouping"):
        monkeypatch.setattr(f"{module}.MOST_LUMPS", 2)
    volume = small_chest.chest("small-chest")
    working = working_copy(volume)
    study = find_nodules(volume, working=working)
    assert study.working is working  # it is not worked out twice
    assert len(study.lumps) == 2
    assert "The 2 hottest lumps were looked at; cooler spots were not." in study.told


@pytest.mark.slow
def test_find_says_the_same_of_dicom_a_zip_of_it_and_metaimage(at, place, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "dicom"), "zip", place / "dicom")
    found = []
    for number, study in enumerate((place / "dicom", archive, place / "luna")):
        done = at("find", study, "--out", tmp_path / str(number), "--json")
        found.append(json.loads(done.stdout)["findings"])
    for other in found[1:]:
        np.testing.assert_allclose(
            [one["centre_xyz_mm"] for one in other], [one["centre_xyz_mm"] for one in found[0]], atol=1e-3
        )
        np.testing.assert_allclose([one["p_nodule"] for one in other], [one["p_nodule"] for one in found[0]], atol=1e-4)
    assert hits(found[0]) == [1, 1, 1]


@pytest.mark.slow
def test_a_folder_of_scans_goes_from_find_to_a_scored_froc_and_tells_of_what_is_no_chest(at, tmp_path):
    scans = tmp_path / "scans"
    write_luna(
        scans,
        [
            (small_chest.chest("one"), small_chest.truth()),
            (small_chest.chest("two", small_chest.BALLS[:1], seed=1), small_chest.truth(small_chest.BALLS[:1])),
            (small_chest.chest("no-chest", (), lungs=()), []),
        ],
    )
    done = at("find", scans, "--out", tmp_path / "marks", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["scans"], told["looked_through"]) == (0, 3, 2)
    assert [Path(one["scan"]).name for one in told["refused"]] == ["no-chest.mhd"]
    assert "No lungs were found" in told["refused"][0]["why"]
    scored = at("score", tmp_path / "marks" / "findings.csv", scans, "--json")
    figures = json.loads(scored.stdout)
    assert (figures["true_positives"], figures["false_negatives"], figures["sensitivity"]["8"]) == (4, 0, 1.0)
    before = (tmp_path / "marks" / "two" / "findings.json").read_bytes()
    (tmp_path / "marks" / "one" / "findings.html").unlink()  # as if cut short while writing it
    lines = at("find", scans, "--out", tmp_path / "marks").stdout.splitlines()
    count = sum(told["findings"].values())
    assert count >= 4
    assert lines[0] == f"2 of 3 scans were looked through: {count} findings."
    assert lines[3].startswith("Not looked through: ")
    marks = shlex.quote(str(tmp_path / "marks" / "findings.csv"))
    assert lines[-1] == f"Score them: pellucid ct score {marks} {shlex.quote(str(scans))}"
    assert (tmp_path / "marks" / "two" / "findings.json").read_bytes() == before
    assert (tmp_path / "marks" / "one" / "findings.html").is_file()


@pytest.mark.slow
def test_plant_tells_how_many_of_what_it_planted_were_found_and_does_it_once(at, place, tmp_path, monkeypatch):
    done = at("plant", mhd(place), "--out", tmp_path / "planted", "--diameters", "6", "--each", "1", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["rounds"] == {"done": 1, "planned": 1, "stopped": False}
    assert 1 <= told["planted"] <= 3
    assert len(told["marks_as_it_is_xyz_mm"]) == 3
    assert (tmp_path / "planted" / "plant.html").is_file()
    monkeypatch.setattr("pellucid.ct.study.find_nodules", None)  # nothing is searched once more
    again = at("plant", mhd(place), "--out", tmp_path / "planted", "--diameters", "6", "--each", "1", "--json")
    assert json.loads(again.stdout) == told


def test_list_names_series_with_their_planes_and_why_one_cannot_be_used(at):
    told = json.loads(at("list", "two", "--json").stdout)["series"]
    assert [(one["uid"], one["slices"], one["plane"], one["usable"]) for one in told] == [
        ("1.2.3.4", 20, "axial", True),
        ("1.2.3.5", 20, "axial", True),
    ]
    assert at("list", "two").stdout.splitlines()[1] == "1.2.3.5, CHEST, CT, axial, 20 slices of 110 x 178"
    assert at("list", "luna").stdout == "small-chest, 80 slices of 110 x 178\n"


def test_list_says_below_a_series_what_its_headers_show(at, place, monkeypatch):
    from pellucid.data.volumes import list_series

    tilted = "The gantry was tilted by 18.5 degrees."
    known = [replace(series, told=(tilted,)) for series in list_series(place / "two")]
    monkeypatch.setattr("pellucid.data.volumes.list_series", lambda study: known)
    lines = at("list", "two").stdout.splitlines()
    assert [line.split(",")[0] for line in lines] == ["1.2.3.4", f"  {tilted}", "1.2.3.5", f"  {tilted}"]
    assert json.loads(at("list", "two", "--json").stdout)["series"][0]["told"] == [tilted]


@pytest.fixture
def quick_phantoms(monkeypatch):
    """Small chests in the place of phantoms, which take many seconds to draw; tells of which seeds were drawn."""
    drawn = []

    def draw(seed, *, part):
        drawn.append(seed)
        return Phantom(small_chest.chest(phantom_name(seed, part), seed=seed), small_chest.truth())

    monkeypatch.setattr("pellucid.ct.phantom.draw_phantom", draw)
    return drawn


def test_phantom_draws_each_seed_once_and_says_what_comes_next(at, tmp_path, quick_phantoms):
    folder = tmp_path / "my phantoms"
    first = json.loads(at("phantom", folder, "--count", "2", "--seed", "3", "--json").stdout)
    assert first == {"folder": str(folder), "scans": 2, "drawn": 2, "seed": 3, "nodules": 6}
    table = (folder / "annotations.csv").read_bytes()
    again = json.loads(at("phantom", folder, "--count", "2", "--seed", "3", "--json").stdout)
    assert (again["drawn"], again["scans"], (folder / "annotations.csv").read_bytes()) == (0, 2, table)
    lines = at("phantom", folder, "--count", "2", "--seed", "4").stdout.splitlines()
    assert lines[0].startswith("1 simulated chest CT was drawn.")
    assert "holds 3 with 9 nodules" in lines[0]
    assert lines[1] == f"Next: pellucid ct find '{folder}' --out marks"
    assert quick_phantoms == [3, 4, 5]
    assert (folder / "seriesuids.csv").read_text().split() == [f"phantom-test-{seed}" for seed in (3, 4, 5)]


def test_phantoms_cut_short_by_ctrl_c_go_on_with_the_one_that_was_begun(at, tmp_path, quick_phantoms, monkeypatch):
    draw = pellucid.ct.phantom.draw_phantom

    def interrupted(seed, *, part):
        if seed == 1:
            raise KeyboardInterrupt
        return draw(seed, part=part)

    with monkeypatch.context() as patched:
        patched.setattr("pellucid.ct.phantom.draw_phantom", interrupted)
        done = at("phantom", tmp_path, "--count", "2")
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "Interrupted; the same command goes on from what is finished.\n"
    told = json.loads(at("phantom", tmp_path, "--count", "2", "--json").stdout)
    assert (told["drawn"], told["scans"], quick_phantoms) == (1, 2, [0, 1])


@pytest.mark.parametrize(("stopped", "status"), [(False, 0), (True, 130)])
def test_planting_cut_short_shows_what_is_done_and_ends_as_ctrl_c_does(stopped, status, at, tmp_path, monkeypatch):
    told = Told({"rounds": {"done": 1, "planned": 2, "stopped": stopped}}, ("Stopped early.",))
    monkeypatch.setattr("pellucid.ct.commands.plant_and_find", lambda *_, **__: told)
    done = at("plant", "dicom", "--out", tmp_path / "out")
    assert (done.returncode, done.stdout) == (status, "Stopped early.\n")


@pytest.mark.parametrize("arguments", [["score", "marks.csv", "luna"], ["plant", "dicom", "--out", "x"]])
def test_a_seed_below_0_is_wrong_usage(arguments, at):
    done = at(*arguments, "--seed", "-1")
    assert (done.returncode, done.stdout) == (2, "")


def test_phantoms_are_not_drawn_into_a_folder_of_something_else(at, tmp_path, quick_phantoms):
    one_line(at("phantom", "dicom"), "dicom holds other files (000.dcm): choose another folder")
    one_line(at("phantom", "marks.csv"), "marks.csv is a file: name a folder")
    assert quick_phantoms == []


OUT = "OUT"
ONE_LINE = [
    (["find", "notes/a.txt", "--out", OUT], "notes/a.txt holds no DICOM pictures. Name a CT:"),
    (["find", "nowhere", "--out", OUT], "nowhere"),
    (["find", "empty", "--out", OUT], "empty holds no DICOM pictures"),
    (["find", "notes.zip", "--out", OUT], "notes.zip holds no DICOM pictures"),
    (["find", "cut.zip", "--out", OUT], "cut.zip"),
    (["find", "two", "--out", OUT], "Choose one: --series UID"),
    (["find", "two", "--out", OUT, "--series", "9.9"], "holds no series whose UID begins with '9.9'"),
    (["find", "both", "--out", OUT], "both holds mask.nii and DICOM files such as 000.dcm"),
    (["find", "head", "--out", OUT], "No lungs were found"),
    (["find", "dicom", "--out", "empty/../marks.csv"], "marks.csv is a file"),
    (["find", "dicom", "--out", "notes"], "notes holds other files"),
    (["find", "dicom", "--out", OUT, "--weights", "none.safetensors"], "none.safetensors is no network"),
    (["find", "dicom", "--out", OUT, "--weights", "nowhere"], "nowhere is not there"),
    (["list", "empty"], "empty holds no DICOM pictures"),
    (["list", "nowhere.mhd"], "no file nowhere.mhd"),
    (["score", "marks.csv", "luna"], "someone-else"),
    (["score", "nowhere.csv", "luna"], "nowhere.csv"),
    (["score", "marks.csv", "empty"], "annotations.csv"),
    (["plant", "dicom", "--out", OUT, "--diameters", "3,x"], "--diameters 3,x is not understood"),
    (["plant", "dicom", "--out", OUT, "--diameters", "99"], "each must be from 2 to 30 mm"),
    (["plant", "dicom", "--out", OUT, "--weights", "none.safetensors"], "none.safetensors is no network"),
    (["plant", "dicom", "--out", "notes"], "notes holds other files"),
    (["train", "--out", "empty"], "empty is a folder"),
    (["train", "--out", "nowhere/w.safetensors"], "nowhere is not there"),
    (["train", "--out", "marks.csv"], "marks.csv is there already, and is no network"),
    (["train", "--out", OUT, "--luna", "empty"], "empty holds no .mhd file"),
    (["train", "--out", OUT, "--luna", "luna"], "fold 9 and at least one more are needed"),
]


@pytest.mark.parametrize(
    ("arguments", "said"), ONE_LINE, ids=[" ".join(line[:2]) + f" {n}" for n, (line, _) in enumerate(ONE_LINE)]
)
def test_what_cannot_be_done_is_one_line_with_status_1(arguments, said, at, tmp_path):
    out = tmp_path / "out"
    one_line(at(*(out if part == OUT else part for part in arguments)), said)
    assert not out.exists() or not list(out.iterdir())
    assert not list(tmp_path.glob("*.gathered"))


@pytest.mark.realdata
@pytest.mark.slow
def test_a_real_head_is_no_chest(at, tmp_path):
    path = Path(os.environ.get("PELLUCID_DATA", "")) / "ct" / "tilted_head_ct_dicom.zip"
    if "PELLUCID_DATA" not in os.environ or not path.is_file():
        pytest.skip("needs tilted_head_ct_dicom.zip: set PELLUCID_DATA")
    assert "  The gantry was tilted by 18.5 degrees: " in at("list", path).stdout
    one_line(at("find", path, "--out", tmp_path / "out"), "No lungs were found")
