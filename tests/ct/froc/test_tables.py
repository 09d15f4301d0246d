"""Tables as people have them: what is taken as it is meant, and what is refused in one line that names the place."""

import numpy as np
import pytest

from pellucid.ct.froc import score
from pellucid.ct.froc.tables import read_places, read_seriesuids
from pellucid.errors import BadInput

HEADING = "seriesuid,coordX,coordY,coordZ,"
GOOD = {
    "marks": f"{HEADING}probability\na,1,2,3,0.5\nb,1,2,3,0.5\n",
    "annotations": f"{HEADING}diameter_mm\na,1,2,3,8\n",
    "annotations_excluded": f"{HEADING}diameter_mm\nb,1,2,3,-1\n",
    "seriesuids": "a\nb\n",
}


@pytest.fixture
def files(tmp_path):
    """Good files but for the one named (None: it is missing), scored."""

    def run(**changed):
        for name, text in (GOOD | changed).items():
            if text is not None:
                (tmp_path / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
        return score(tmp_path / "marks.csv", tmp_path)

    return run


@pytest.mark.parametrize(
    "marks",
    [
        b"\xef\xbb\xbf" + GOOD["marks"].encode(),
        GOOD["marks"].replace("\n", "\r\n"),
        GOOD["marks"].replace(",", " , ").replace("\n", "\n\n"),
        GOOD["marks"].upper().replace("A,", "a,").replace("B,", "b,"),
        "number,probability,coordZ,coordY,coordX,seriesuid\n1,0.5,3,2,1,a\n2,0.5,3,2,1,b\n",
        GOOD["marks"].rstrip("\n"),
        GOOD["marks"].replace("a,1,", '"a",1.0e0,'),
    ],
    ids=["mark", "Windows", "spaces", "capitals", "order", "no last line end", "quoted"],
)
def test_tables_as_spreadsheets_write_them_are_read(files, marks):
    found = files(marks=marks)
    assert (found.true_positives, found.ignored_on_excluded, found.sensitivity[0]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"marks": None}, r"marks.csv is not there"),
        ({"annotations": None}, r"annotations.csv is not there"),
        ({"annotations_excluded": None}, r"annotations_excluded.csv is not there"),
        ({"seriesuids": None}, r"seriesuids.csv is not there"),
        ({"marks": ""}, r"marks.csv is empty: a heading seriesuid,coordX,coordY,coordZ,probability"),
        ({"marks": "seriesuid,x,y,z,probability\n"}, r"marks.csv lacks coordX, coordY, coordZ; its first line is"),
        ({"marks": GOOD["marks"].replace(",", ";")}, r"its first line is 'seriesuid;coordX"),
        ({"marks": GOOD["annotations"]}, r"marks.csv lacks probability"),
        ({"marks": GOOD["marks"] + "a,1,2,nan,0.5\n"}, r"marks.csv line 4 has 'nan' where a finite number is needed"),
        ({"marks": GOOD["marks"] + "a,1,2,3,inf\n"}, r"marks.csv line 4 has 'inf'"),
        ({"marks": GOOD["marks"] + "a,1,2,,0.5\n"}, r"marks.csv line 4 has '' where"),
        ({"marks": GOOD["marks"] + "\n\na,1,2,three,0.5\n"}, r"marks.csv line 6 has 'three'"),
        ({"marks": GOOD["marks"] + "a,1,2\n"}, r"marks.csv line 4 has 3 cells"),
        ({"marks": GOOD["marks"] + " ,1,2,3,0.5\n"}, r"marks.csv line 4 names no seriesuid"),
        ({"marks": GOOD["marks"] + "c,1,2,3,0.5\n"}, r"marks.csv line 4 marks the scan 'c'.*\(1 such scans\)"),
        ({"marks": GOOD["marks"] + "a,1.0,2,3,0.50\n"}, r"marks.csv holds the same mark in lines 2 and 4"),
        ({"marks": GOOD["marks"].encode("utf-16")}, r"marks.csv is no CSV table in UTF-8"),
        (
            {"annotations": GOOD["annotations"] + "a,1,2,3,8\n"},
            r"annotations.csv holds the same nodule in lines 2 and 3",
        ),
        ({"annotations": GOOD["annotations"].replace("8", "0")}, r"annotations.csv line 2 has a nodule of 0 mm"),
        ({"annotations": GOOD["annotations"].replace("8", "-1")}, r"a nodule of -1 mm: a diameter above 0"),
        ({"annotations": f"{HEADING}diameter_mm\n"}, r"holds no nodule in the 2 scans of seriesuids.csv"),
        ({"annotations": GOOD["annotations"].replace("a,", "z,")}, r"holds no nodule in the 2 scans"),
        ({"seriesuids": "a\nb\n\na\n"}, r"seriesuids.csv names 'a' in lines 1 and 4"),
        ({"seriesuids": "\n"}, r"seriesuids.csv names no scan"),
        ({"seriesuids": "a\n,b\n"}, r"seriesuids.csv line 2 begins with an empty cell"),
        (
            {"marks": f"{HEADING}probability, Probability\na,1,2,3,0.5,0.6\n"},
            r"marks.csv has two columns probability: which one is meant",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(files, changed, said):
    with pytest.raises(BadInput, match=said) as problem:
        files(**changed)
    assert "\n" not in str(problem.value)


def test_the_same_place_with_another_probability_is_a_second_mark(files):
    assert files(marks=GOOD["marks"] + "a,1,2,3,0.6\n").ignored_double == 1


def test_the_truth_has_to_be_a_folder(files, tmp_path):
    files()
    with pytest.raises(BadInput, match="is no folder: one with annotations"):
        score(tmp_path / "marks.csv", tmp_path / "annotations.csv")
    with pytest.raises(BadInput, match="cannot be read"):
        score(tmp_path, tmp_path)


def test_columns_are_found_by_name_and_lines_are_counted_as_an_editor_does(tmp_path):
    (tmp_path / "t.csv").write_text("probability,coordZ,coordY,coordX,seriesuid\n\n0.5,3,2,1, a b \n")
    table = read_places(tmp_path / "t.csv", "probability")
    np.testing.assert_array_equal(table.xyz_mm, [[1, 2, 3]])
    assert (table.number.tolist(), table.seriesuids, table.lines) == ([0.5], ["a b"], [3])


def test_a_heading_above_the_list_of_scans_is_no_scan(tmp_path):
    (tmp_path / "s.csv").write_text("SeriesUID\r\na \r\nb\r\n")
    assert read_seriesuids(tmp_path / "s.csv") == ["a", "b"]
