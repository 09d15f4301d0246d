"""Several scans in one folder: which files are meant, what is done again, and what is never mixed."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from pellucid.ct import reporting
from pellucid.ct.several import find_each, scans_in
from pellucid.errors import BadInput


@pytest.fixture
def scans(tmp_path):
    """Files with the names of scans; what is in them does not matter here."""
    for name in ("a", "b", "c"):
        (tmp_path / "scans").mkdir(exist_ok=True)
        (tmp_path / "scans" / f"{name}.mhd").write_text(name)
    return sorted((tmp_path / "scans").iterdir())


@pytest.fixture
def look(monkeypatch):
    """A pipeline that refuses scan b; it remembers what it has looked through."""
    seen = []

    def look_through(path):
        seen.append(path.name[0])
        if path.name[0] == "b":
            raise BadInput("No lungs were found.")
        return SimpleNamespace(name=path.name[0])

    def save(study, folder):
        folder.mkdir()
        (folder / "findings.csv").write_text(f"seriesuid,coordX,coordY,coordZ,probability\n{study.name},1,2,3,0.5\n")
        (folder / "findings.json").write_text('{"findings": [{}, {}]}')
        (folder / "findings.html").write_text("")

    monkeypatch.setattr(reporting, "save_study", save)
    look_through.seen = seen
    return look_through


def test_one_table_holds_the_marks_of_all_scans_but_the_refused_one(scans, look, tmp_path):
    told = find_each(scans, tmp_path / "out", look, "1")
    assert told.facts["findings"] == {"a": 2, "c": 2}
    assert told.said[0] == "2 of 3 scans were looked through: 4 findings."
    assert told.said[1] == f"  2 findings: {tmp_path / 'out' / 'a' / 'findings.html'}"
    assert told.facts["refused"] == [{"scan": str(scans[1]), "why": "No lungs were found."}]
    table = (tmp_path / "out" / "findings.csv").read_text()
    assert table == "seriesuid,coordX,coordY,coordZ,probability\na,1,2,3,0.5\nc,1,2,3,0.5\n"


def test_cut_short_it_goes_on_with_the_scan_it_was_at(scans, look, tmp_path):
    def interrupted(what, done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find_each(scans, tmp_path / "out", look, "1", interrupted)
    assert look.seen == ["a", "b"]
    find_each(scans, tmp_path / "out", look, "1")
    assert look.seen == ["a", "b", "b", "c"]  # one that was refused is tried again


def test_a_scan_that_has_changed_is_looked_through_again(scans, look, tmp_path):
    find_each(scans[:1], tmp_path / "out", look, "1")
    scans[0].write_text("another scan")
    (tmp_path / "out" / "a" / "findings.csv").unlink()
    with pytest.raises(FileExistsError):  # from the made-up save_study: it was called
        find_each(scans[:1], tmp_path / "out", look, "1")
    assert look.seen == ["a", "a"]


@pytest.mark.parametrize("gone", ["findings.csv", "findings.json", "findings.html"])
def test_a_scan_whose_findings_are_not_all_there_is_looked_through_again(scans, look, tmp_path, gone):
    find_each(scans[:1], tmp_path / "out", look, "1")
    (tmp_path / "out" / "a" / gone).unlink()
    with pytest.raises(FileExistsError):  # from the made-up save_study: it was called
        find_each(scans[:1], tmp_path / "out", look, "1")
    assert look.seen == ["a", "a"]


def test_a_metaimage_whose_voxels_alone_have_changed_is_looked_through_again(scans, look, tmp_path):
    scans[0].with_suffix(".raw").write_bytes(bytes(4))
    find_each(scans[:1], tmp_path / "out", look, "1")
    find_each(scans[:1], tmp_path / "out", look, "1")
    scans[0].with_suffix(".raw").write_bytes(bytes(6))
    with pytest.raises(FileExistsError):  # from the made-up save_study: it was called
        find_each(scans[:1], tmp_path / "out", look, "1")
    assert look.seen == ["a", "a"]


def test_what_a_killed_run_left_in_an_empty_folder_does_not_stand_in_the_way(scans, look, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".scans.json.making").write_text("{")
    assert find_each(scans[:1], tmp_path / "out", look, "1").facts["looked_through"] == 1


def test_a_scan_whose_table_was_lost_is_looked_through_again(scans, look, tmp_path):
    find_each(scans[:1], tmp_path / "out", look, "1")
    (tmp_path / "out" / "a" / "findings.csv").unlink()
    with pytest.raises(FileExistsError):
        find_each(scans[:1], tmp_path / "out", look, "1")


def test_findings_of_other_weights_are_never_mixed(scans, look, tmp_path):
    find_each(scans, tmp_path / "out", look, "1 weights-a")
    with pytest.raises(BadInput, match="of other weights, which must not be mixed"):
        find_each(scans, tmp_path / "out", look, "1 weights-b")
    (tmp_path / "out" / "scans.json").write_text("{}")
    with pytest.raises(BadInput, match=r"scans.json is damaged"):
        find_each(scans, tmp_path / "out", look, "1 weights-a")


def test_a_folder_of_something_else_is_not_written_to(scans, look, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("")
    with pytest.raises(BadInput, match=r"out holds other files \(letter\.txt\)"):
        find_each(scans, tmp_path / "out", look, "1")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["letter.txt"]


def test_it_fails_if_no_scan_could_be_looked_through(scans, look, tmp_path):
    with pytest.raises(BadInput, match=r"^None of the 1 scans could be looked through; of .*b\.mhd: No lungs"):
        find_each(scans[1:2], tmp_path / "out", look, "1")
    assert json.loads((tmp_path / "out" / "scans.json").read_text())["finder"] == "1"


def laid_out(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(bytes(128) + (b"DICM" if name.endswith("dcm") else b"none"))
    return root


def test_with_subsets_only_their_scans_are_meant(tmp_path):
    folder = laid_out(
        tmp_path, "subset0/a.mhd", "subset0/a.raw", "subset9/b.mhd", "seg-lungs/a.mhd", ".making/c.mhd", "x.dcm"
    )
    assert [str(path.relative_to(folder)) for path in scans_in(folder)] == ["subset0/a.mhd", "subset9/b.mhd"]


def test_without_subsets_scans_lie_in_the_folder_or_one_below(tmp_path):
    folder = laid_out(tmp_path, "a.NRRD", "p/b.nii.gz", ".hidden.mhd", ".making/c.mhd", "p/deep/d.mhd", "read.me")
    assert [str(path.relative_to(folder)) for path in scans_in(folder)] == ["a.NRRD", "p/b.nii.gz"]
    assert scans_in(folder / "a.NRRD") == []


def test_two_scans_of_one_name_are_refused(tmp_path):
    with pytest.raises(BadInput, match="have one name"):
        scans_in(laid_out(tmp_path, "p/a.mhd", "q/a.nii.gz"))


def test_a_mask_beside_dicom_files_is_not_taken_for_the_scan(tmp_path):
    with pytest.raises(BadInput, match=r"holds mask.nii and DICOM files such as deep/1.dcm"):
        scans_in(laid_out(tmp_path, "mask.nii", "deep/1.dcm"))
