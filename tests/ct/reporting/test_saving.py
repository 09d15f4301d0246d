"""Files of a study: whole, private, and never in the place of somebody else's."""

from __future__ import annotations

import errno
import json
import stat
from pathlib import Path

import pytest

from pellucid.ct.reporting import as_csv, as_dict, check_folder, save_study
from pellucid.errors import BadInput


def test_three_files_are_written_into_a_private_folder_and_nothing_is_left_beside_them(study, tmp_path):
    folder = tmp_path / "new" / "study"
    paths = save_study(study, folder)
    assert [path.name for path in paths] == ["findings.json", "findings.csv", "findings.html"]
    assert sorted(folder.iterdir()) == sorted(paths)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert json.loads(paths[0].read_text("utf-8")) == json.loads(json.dumps(as_dict(study)))
    assert paths[1].read_text("utf-8") == as_csv(study)


def test_an_earlier_study_is_replaced(study, tmp_path, study_of):
    save_study(study, tmp_path)
    (table,) = [path for path in save_study(study_of("9.9"), tmp_path) if path.suffix == ".csv"]
    assert "1.2.840.7" not in table.read_text("utf-8")


@pytest.mark.parametrize("name", ["findings.json", "findings.csv", "findings.html"])
def test_a_foreign_file_of_the_same_name_is_left_alone(study, tmp_path, name, study_of):
    save_study(study, tmp_path)
    (tmp_path / name).write_text("mine")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(BadInput, match=f"{name} is there already"):
        save_study(study_of("9.9"), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_of_other_things_is_refused_and_stays_as_open_as_it_was(study, tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "findings.csv").write_text("seriesuid,coordX,coordY,coordZ,probability\n")  # of another program
    for check in (check_folder, lambda folder: save_study(study, folder)):
        with pytest.raises(BadInput, match=r"holds other files \(findings\.csv\)"):
            check(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert (tmp_path / "findings.csv").read_text() == "seriesuid,coordX,coordY,coordZ,probability\n"


def test_a_file_in_the_place_of_the_folder_is_refused(study, tmp_path):
    (tmp_path / "a").write_text("mine")
    with pytest.raises(BadInput, match="is a file: name a folder"):
        save_study(study, tmp_path / "a")


def test_what_a_killed_run_left_behind_does_not_stand_in_the_way(study, tmp_path):
    (tmp_path / ".findings.json.making").write_text("{")
    check_folder(tmp_path)
    save_study(study, tmp_path)
    (tmp_path / "findings.csv").unlink()  # killed after the first file
    save_study(study, tmp_path)
    assert (tmp_path / "findings.csv").is_file()


def test_a_full_disk_is_told_in_one_line_and_the_earlier_study_stays(study, tmp_path, monkeypatch, study_of):
    save_study(study, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(BadInput, match=r"findings\.json cannot be written \(No space left on device\): make room"):
        save_study(study_of("9.9"), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_that_cannot_be_looked_into_or_made_is_told(study, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    for deep in (Path("below"), Path("far", "below")):
        with pytest.raises(BadInput, match=r"below cannot be made \(.*file is no folder\)"):
            check_folder(tmp_path / "file" / deep)
    monkeypatch.setattr("os.access", lambda path, _: path != tmp_path)  # root may write everywhere
    with pytest.raises(BadInput, match="may not be written to"):
        check_folder(tmp_path / "new" / "below")
    (tmp_path / "open").mkdir()
    check_folder(tmp_path / "open" / "below")

    def closed(_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("pathlib.Path.iterdir", closed)
    with pytest.raises(BadInput, match=r"cannot be looked into \(Permission denied\)"):
        check_folder(tmp_path / "closed")
