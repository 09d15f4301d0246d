"""LUNA16's layout: what is written is read back by SimpleITK and by ourselves, after a kill at any moment too."""

from __future__ import annotations

import dataclasses
import hashlib
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from pellucid.ct.froc import score
from pellucid.ct.luna import fold_of, read_luna, read_planted, whole_scans, write_luna, writing
from pellucid.ct.planted import PlantedNodule
from pellucid.data.volumes import Frame, Volume
from pellucid.errors import BadInput, MissingPart

FIRST = PlantedNodule((-40.1, 12.3 / 7, -180.0), 6.25, "solid", "pleura, left")
SECOND = PlantedNodule((1 / 3, -2.0, 5.0), 9.5, "ground-glass", "")
SMALL = PlantedNodule((10.0, 20.0, 30.0), 2.5, "part-solid", "near vessels", counts=False)


def volume(name, seed=0):
    """Lopsided, tilted, with HU of either sign."""
    c, s = np.cos(0.3), np.sin(0.3)
    frame = Frame(
        np.array([-100.1, 50 / 3, 7.0]), np.array([0.7, 0.8, 2.5]), np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    )
    voxels_hu = np.random.default_rng(seed).integers(-1024, 3000, (4, 5, 6)).astype(np.int16)
    return Volume(voxels_hu, frame, name)


def three():
    return [(volume("scan-1"), [FIRST, SMALL]), (volume("scan-2", 1), []), (volume("scan-3", 2), [SECOND])]


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("compressed", [False, True])
def test_simpleitk_reads_the_scan_that_was_written(tmp_path, compressed):
    scan = volume("1.2.840.1")
    assert write_luna(tmp_path, [(scan, [FIRST])], compressed=compressed) == ("1.2.840.1",)
    path = tmp_path / f"subset{fold_of('1.2.840.1')}" / "1.2.840.1.mhd"
    image = sitk.ReadImage(str(path))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), scan.voxels_hu)
    assert image.GetPixelID() == sitk.sitkInt16
    index = (5.0, 3.0, 2.0)  # column, row, slice, as ITK counts
    ours = scan.frame.to_xyz_mm(np.array([index[::-1]]))[0]
    np.testing.assert_allclose(image.TransformContinuousIndexToPhysicalPoint(index), ours, atol=1e-9)
    assert path.with_suffix(".zraw" if compressed else ".raw").is_file()


def test_the_tables_are_luna16s_with_kind_and_place_behind(tmp_path):
    write_luna(tmp_path, three())
    heading = "seriesuid,coordX,coordY,coordZ,diameter_mm,kind,place"
    assert (tmp_path / "annotations.csv").read_text().splitlines() == [
        heading,
        f'scan-1,-40.1,{12.3 / 7!r},-180.0,6.25,solid,"pleura, left"',
        f"scan-3,{1 / 3!r},-2.0,5.0,9.5,ground-glass,",
    ]
    excluded = (tmp_path / "annotations_excluded.csv").read_text().splitlines()
    assert excluded == [heading, "scan-1,10.0,20.0,30.0,2.5,part-solid,near vessels"]
    assert (tmp_path / "seriesuids.csv").read_text() == "scan-1\nscan-2\nscan-3\n"


def test_what_is_written_is_read_back(tmp_path):
    write_luna(tmp_path, three())
    assert read_planted(tmp_path) == {"scan-1": (FIRST, SMALL), "scan-2": (), "scan-3": (SECOND,)}
    scans = read_luna(tmp_path)
    assert [(scan.seriesuid, scan.fold) for scan in scans] == [(f"scan-{n}", fold_of(f"scan-{n}")) for n in (1, 2, 3)]
    assert scans[0].nodules == ((FIRST.centre_xyz_mm, 6.25),)
    assert scans[0].excluded == ((SMALL.centre_xyz_mm, 2.5),)
    assert scans[1].nodules == scans[1].excluded == ()
    assert all(scan.path.is_file() for scan in scans)


def test_what_is_written_can_be_scored(tmp_path):
    write_luna(tmp_path, three())
    marks = "seriesuid,coordX,coordY,coordZ,probability\nscan-1,-40,2,-179,0.9\nscan-1,10,20,31,0.8\nscan-2,0,0,0,0.7\n"
    (tmp_path / "marks.csv").write_text(marks)
    found = score(tmp_path / "marks.csv", tmp_path)
    assert (found.true_positives, found.ignored_on_excluded, found.false_positives, found.nodules) == (1, 1, 1, 2)


def test_a_scan_that_is_whole_is_not_written_again(tmp_path):
    write_luna(tmp_path, three()[:2])
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.mhd")}
    assert set(whole_scans(tmp_path)) == {"scan-1", "scan-2"}
    assert write_luna(tmp_path, three()) == ("scan-3",)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert set(read_planted(tmp_path)) == {"scan-1", "scan-2", "scan-3"}


@pytest.mark.parametrize("moment", range(15))
def test_stopped_at_any_moment_and_begun_again_it_comes_out_the_same(tmp_path, monkeypatch, moment):
    write_luna(tmp_path / "whole", three())
    left, broken = [moment], tmp_path / "broken"

    def stopping(do):
        def step(*told):
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
            return do(*told)

        return step

    with monkeypatch.context() as patched:
        for step in ("as_image", "write_text", "_write_tables"):
            patched.setattr(writing, step, stopping(getattr(writing, step)))
        with pytest.raises(KeyboardInterrupt):
            write_luna(broken, three())
    done = whole_scans(broken)
    assert len(done) == moment // 5  # a scan takes five of these steps: its image, its tables, and three files
    write_luna(broken, three())
    assert contents(broken) == contents(tmp_path / "whole")


def test_voxels_without_their_heading_are_no_scan(tmp_path):
    write_luna(tmp_path, three())
    whole = contents(tmp_path)
    removed = next(tmp_path.rglob("scan-2.mhd"))
    removed.unlink()
    assert set(whole_scans(tmp_path)) == {"scan-1", "scan-3"}
    assert write_luna(tmp_path, three()) == ("scan-2",)
    assert contents(tmp_path).keys() == whole.keys()


def test_a_heading_never_stands_there_without_its_voxels(tmp_path, monkeypatch):
    moves, move = [], Path.replace

    def stopping(path, target):
        moves.append(path.suffix)
        if len(moves) == 2:
            raise KeyboardInterrupt
        return move(path, target)

    monkeypatch.setattr(Path, "replace", stopping)
    with pytest.raises(KeyboardInterrupt):
        write_luna(tmp_path, three())
    assert [path.suffix for path in tmp_path.glob("subset?/*")] == [".raw"]
    assert not (tmp_path / ".making").exists()


def test_a_scan_of_the_same_name_with_other_nodules_is_refused(tmp_path):
    write_luna(tmp_path, three())
    other = dataclasses.replace(FIRST, diameter_mm=7.0)
    with pytest.raises(BadInput, match="holds a scan scan-1 with other nodules"):
        write_luna(tmp_path, [(volume("scan-1"), [other, SMALL])])


def test_tables_of_someone_else_are_never_written_over(tmp_path):
    (tmp_path / "annotations.csv").write_text("seriesuid,coordX,coordY,coordZ,diameter_mm\na,1,2,3,8\n")
    with pytest.raises(BadInput, match="was not written by pellucid: choose another folder"):
        write_luna(tmp_path, three())
    assert [path.name for path in tmp_path.iterdir()] == ["annotations.csv"]


@pytest.mark.parametrize("name", ["", "a/b", "../a", ".a", "a ", "a,b", "a\\b", "a\nb"])
def test_names_that_make_no_file_are_refused(tmp_path, name):
    with pytest.raises(BadInput, match="makes no file name"):
        write_luna(tmp_path, [(volume(name), [])])


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        write_luna(tmp_path / "file", three())


def test_scans_without_subset_folders_get_their_fold_by_name(tmp_path):
    names = [f"scan {number}" for number in range(400)]
    for name in names:
        (tmp_path / f"{name}.mhd").touch()
    (tmp_path / "._scan 1.mhd").touch()  # as some systems leave beside each file
    (tmp_path / "annotations.csv").write_text("seriesuid,coordX,coordY,coordZ,diameter_mm\nscan 7,1,2,3,8\n")
    scans = read_luna(tmp_path)
    assert {scan.seriesuid for scan in scans} == set(names)
    by_hand = {name: int(hashlib.sha256(name.encode()).hexdigest()[:16], 16) % 10 for name in names}
    assert {scan.seriesuid: scan.fold for scan in scans} == by_hand
    assert np.bincount([scan.fold for scan in scans], minlength=10).min() >= 20  # 40 each on average
    assert [scan.seriesuid for scan in scans if scan.nodules] == ["scan 7"]


@pytest.fixture
def luna16(tmp_path):
    """As LUNA16 is unpacked, two subsets of it."""
    for subset, name in ((3, "1.3.6"), (8, "1.3.7")):
        (tmp_path / f"subset{subset}").mkdir()
        (tmp_path / f"subset{subset}" / f"{name}.mhd").touch()
    heading = "seriesuid,coordX,coordY,coordZ,diameter_mm\n"
    (tmp_path / "annotations.csv").write_text(f"{heading}1.3.6,1,2,3,8\n1.3.6,-4,5,6,4.5\n9.9.9,1,2,3,8\n")
    (tmp_path / "evaluationScript" / "annotations").mkdir(parents=True)
    (tmp_path / "evaluationScript" / "annotations" / "annotations_excluded.csv").write_text(
        f"{heading}1.3.7,7,8,9,-1\n"
    )
    return tmp_path


def test_luna16_as_it_is_unpacked(luna16):
    first, second = read_luna(luna16)
    assert (first.fold, first.nodules, first.excluded) == (3, (((1, 2, 3), 8), ((-4, 5, 6), 4.5)), ())
    assert (second.fold, second.nodules, second.excluded) == (8, (), (((7, 8, 9), -1),))


def test_only_listed_scans_are_taken(luna16):
    (luna16 / "seriesuids.csv").write_text("1.3.7\n5.5.5\n")
    assert [scan.seriesuid for scan in read_luna(luna16)] == ["1.3.7"]


def test_folders_that_do_not_fit_are_refused(luna16, tmp_path):
    with pytest.raises(BadInput, match="is no folder: one with subset0 to subset9"):
        read_luna(luna16 / "nowhere")
    (luna16 / "seriesuids.csv").write_text("5.5.5\n")
    with pytest.raises(BadInput, match=r"seriesuids.csv names none of the 2 scans"):
        read_luna(luna16)
    (luna16 / "annotations.csv").write_text("seriesuid,coordX,coordY,coordZ,diameter_mm\n00783,1,2,3,8\n")
    with pytest.raises(BadInput, match=r"annotations.csv names none of the 2 scans there, but '00783'"):
        read_luna(luna16)
    (luna16 / "subset3" / "1.3.7.mhd").touch()
    with pytest.raises(BadInput, match=r"1\.3\.7 lies in .*subset3 and in .*subset8"):
        read_luna(luna16)
    (luna16 / "empty").mkdir()
    with pytest.raises(BadInput, match=r"holds no \.mhd file"):
        read_luna(luna16 / "empty")


def test_without_simpleitk_the_missing_part_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "SimpleITK", None)
    with pytest.raises(MissingPart, match=r'pip install "pellucid\[ct\]"'):
        write_luna(tmp_path, three())
