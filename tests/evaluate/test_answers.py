"""What the three tables of a run say, read by the csv module; and what is read back from them."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from pellucid.errors import BadInput
from pellucid.evaluate.answers import Answers, Cases, Other, output_names
from pellucid.evaluate.checking.reading_back import read_answers, read_cases
from pellucid.run import Run

CLASSES = ("normal", 'the "other", odd', "two\nlines")
PARTS = np.array(["train", "valid", "calibrate", "held_out", "", "held_out", "train", "valid"])


def cases(**told) -> Cases:
    known = {
        "task": "multi-class",
        "classes": CLASSES,
        "names": ['a,1 "x"\n.png', "b", "caf\udce9", "d", "e", "f", "g", "h"],
        "sha256": [f"{row % 6:064x}" for row in range(8)],
        "labels": np.array([0, 1, 2, 0, 1, 2, 0, 1]),
        "groups": np.array([5, 5, 3, 9, 9, 3, 1, 1]),
        "parts": PARTS,
        "twin": ["", 'a,1 "x"\n.png', "", "", "", "", "", ""],
        "likeness": np.array(["", "same group", "", "", "", "", "", ""]),
        "alike": np.array([0, 1, 2, 3, 3, 5, 0, 1]),
        "seen": ["", "blank", "", "blank|odd_sizes", "", "", "", ""],
    }
    return Cases(**(known | told))


def answers(of: Cases, outputs: int = 3) -> Answers:
    generator = np.random.default_rng(0)
    rival = Other.of("rivals", "a, b", "told", of.rows("held_out"), generator.dirichlet(np.ones(3), 2))
    rung = Other.of("ladder", "linear", "", of.rows("valid"), generator.dirichlet(np.ones(3), 2))
    logits = generator.normal(0, 30, (5, outputs)).astype(np.float32)
    return Answers(of, logits, np.array([False, True, False, False, True]), (rival, rung))


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@pytest.fixture
def written(tmp_path) -> tuple[Run, Answers, np.ndarray]:
    told = answers(cases(), outputs=4)
    p = np.random.default_rng(1).dirichlet(np.ones(3), 5)
    (tmp_path / "split.csv").write_bytes(told.cases.as_csv().encode("utf-8", "surrogateescape"))
    (tmp_path / "predictions.csv").write_bytes(told.predictions_csv(p).encode("utf-8", "surrogateescape"))
    (tmp_path / "rivals.csv").write_bytes(told.rivals_csv().encode("utf-8", "surrogateescape"))
    return Run(tmp_path), told, p


def test_split_csv_says_of_every_case_what_is_known():
    rows = table(cases().as_csv())
    assert [row["name"] for row in rows] == cases().names
    assert [row["label"] for row in rows] == [CLASSES[label] for label in cases().labels]
    assert [row["part"] for row in rows] == PARTS.tolist()
    assert rows[1]["twin"] == 'a,1 "x"\n.png'
    assert rows[1]["likeness"] == "same group"
    assert [int(row["alike"]) for row in rows] == [0, 1, 2, 3, 3, 5, 0, 1]
    assert rows[3]["seen"] == "blank|odd_sizes"


def test_groups_are_told_apart_and_not_named():
    first, second = ([row["group"] for row in table(cases().as_csv())] for _ in range(2))
    for column in (first, second):
        assert [column.index(group) for group in column] == [0, 0, 2, 3, 3, 2, 6, 6]
        assert all(len(group) == 16 for group in column)
    assert not set(first) & set(second)  # the salt is another one each time
    assert {row["group"] for row in table(cases(groups=None).as_csv())} == {""}


def test_predictions_hold_logits_of_all_outputs_and_probabilities_of_the_classes(written):
    _, told, p = written
    rows = table(told.predictions_csv(p))
    assert [row["part"] for row in rows] == ["valid", "valid", "calibrate", "held_out", "held_out"]
    assert [row["name"] for row in rows] == [told.cases.names[at] for at in (1, 7, 2, 3, 5)]
    assert [row["unlike_training"] for row in rows] == ["no", "yes", "no", "no", "yes"]
    for at, name in enumerate((*CLASSES, "no class 3")):
        assert [np.float32(row[f"logit_{name}"]) for row in rows] == told.logits[:, at].tolist()
    for at, name in enumerate(CLASSES):
        np.testing.assert_allclose([float(row[f"p_{name}"]) for row in rows], p[:, at], rtol=5e-9)
    assert "p_no class 3" not in rows[0]


def test_each_rival_answers_to_its_own_cases(written):
    rows = table(written[1].rivals_csv())
    assert [(row["kind"], row["rival"], row["part"]) for row in rows] == [
        *[("rivals", "a, b", "held_out")] * 2,
        *[("ladder", "linear", "valid")] * 2,
    ]
    np.testing.assert_array_equal(
        [[np.float32(row[f"p_{name}"]) for name in CLASSES] for row in rows[:2]], written[1].others[0].probabilities
    )


def test_the_tables_give_back_what_they_were_written_from(written):
    run, told, p = written
    read = read_cases(run, "multi-class", CLASSES)
    assert read.names == told.cases.names  # a comma, quotes, a line end, and bytes that are no UTF-8
    assert read.fingerprints() == told.cases.fingerprints()
    found, p_found = read_answers(run, read, 4, {("rivals", "a, b"): "told"})
    np.testing.assert_array_equal(found.logits, told.logits)
    np.testing.assert_allclose(p_found, p, rtol=5e-9)
    assert found.fingerprints() == told.fingerprints()
    assert [(one.kind, one.name, one.told) for one in found.others] == [
        ("rivals", "a, b", "told"),
        ("ladder", "linear", ""),
    ]


@pytest.mark.parametrize(
    ("table_name", "change"),
    [
        ("source", {"names": list("abcdefgh")}),
        ("source", {"sha256": [f"{row:064x}" for row in range(8)]}),
        ("source", {"labels": np.array([0, 1, 2, 0, 1, 2, 0, 2])}),
        ("source", {"groups": np.array([5, 5, 3, 9, 9, 3, 1, 3])}),
        ("source", {"groups": None}),
        ("source", {"alike": np.arange(8)}),
        ("source", {"seen": [""] * 8}),
        ("split", {"parts": np.array(["train", "valid", "calibrate", "held_out", "train", "held_out", "train", ""])}),
        ("split", {"twin": ["", "g", "", "", "", "", "", ""]}),
        ("split", {"likeness": np.array(["", "identical", "", "", "", "", "", ""])}),
    ],
)
def test_every_column_has_its_share_in_a_fingerprint(table_name, change):
    before, after = cases().fingerprints(), cases(**change).fingerprints()
    assert before[table_name] != after[table_name]


def test_a_fingerprint_knows_groups_whatever_they_are_called():
    renamed = cases(groups=np.array([0, 0, 7, 2, 2, 7, 1, 1]))
    assert renamed.fingerprints() == cases().fingerprints()


def test_every_answer_has_its_share_in_a_fingerprint():
    before = answers(cases())
    logits, unlike = before.logits.copy(), ~before.unlike
    logits[2, 1] = np.nextafter(logits[2, 1], np.float32(9e9))
    p = before.others[0].probabilities.copy()
    p[0, 0] += 1e-7
    other = Other.of("rivals", "a, b", "told", before.others[0].rows, p)
    for changed in (
        Answers(before.cases, logits, before.unlike, before.others),
        Answers(before.cases, before.logits, unlike, before.others),
        Answers(before.cases, before.logits, before.unlike, (other, before.others[1])),
    ):
        apart = [name for name, one in changed.fingerprints().items() if one != before.fingerprints()[name]]
        assert len(apart) == 1


def test_a_multi_label_case_is_told_by_all_its_labels(tmp_path):
    labels = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0]] + [[1, 1, 1]] * 5)
    told = cases(task="multi-label", classes=("x", "y", "z"), labels=labels)
    assert told.label_texts(np.array([2, 0, 1, 3])) == ["y", "x|z", "", "x|y|z"]
    (tmp_path / "split.csv").write_bytes(told.as_csv().encode("utf-8", "surrogateescape"))
    read = read_cases(Run(tmp_path), "multi-label", ("x", "y", "z"))
    np.testing.assert_array_equal(read.labels, labels)


def test_counts_are_of_each_part():
    assert cases().counts() == {"train": 2, "valid": 2, "calibrate": 1, "held_out": 2}
    assert cases().class_counts()["held_out"] == {"normal": 1, CLASSES[1]: 0, CLASSES[2]: 1}


def test_every_output_has_a_name():
    assert output_names(("a", "b"), 2) == ["a", "b"]
    assert output_names(("a", "b"), 4)[2:] == ["no class 2", "no class 3"]


def spoilt(run: Run, name: str, old: bytes, new: bytes) -> None:
    contents = run.file(name).read_bytes()
    assert old in contents
    Path(run.file(name)).write_bytes(contents.replace(old, new, 1))


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("split.csv", b"name,", b"nome,", "not the columns"),
        ("split.csv", b",seen", b",seen,more", "not the columns"),
        ("split.csv", b"calibrate", b"calibrato", "'calibrato' is no part"),
        ("split.csv", b"same group", b"same groop", "'same groop' is no likeness"),
        ("split.csv", b"0000", b"000g", "'sha256'"),
        ("split.csv", b"normal", b"nirmal", "'nirmal' is none of the classes"),
        ("split.csv", b",3,blank", b",3e400,blank", "no whole number"),
        ("split.csv", b",3,blank", b",99999999999999999999,blank", "no whole number"),
        ("split.csv", b"blank|", b'"blank|', "cannot be read"),
        ("split.csv", b"d,", b"d" * 2**20 + b",", "a line of 1,048,576 letters"),
        ("split.csv", b"d,", b"d" * 2**18 + b",", "cannot be read (field larger"),
        ("split.csv", b"d,", b"d" + b"," * 10**6, "one row too many, or no whole row"),
        ("predictions.csv", b",yes,", b",perhaps,", "neither yes nor no"),
        ("predictions.csv", b"caf\xe9,", b"cafe,", "its column 'name' does not tell"),
        ("predictions.csv", b"held_out", b"valid", "its column 'part' does not tell"),
        ("predictions.csv", b"yes,", b"yes,nan,", "no whole row"),
        ("rivals.csv", b"0.", b"nan0.", "no number"),
        ("rivals.csv", b"0.", b"1e39", "beyond all bounds"),
        ("rivals.csv", b"0.", b"inf\x00", "no number"),
        ("rivals.csv", b"linear", b"linaer", "does not tell of the cases"),
    ],
)
def test_a_spoilt_table_is_refused_in_one_line(written, name, old, new, said):
    run = written[0]
    spoilt(run, name, old, new)
    with pytest.raises(BadInput) as told:
        read_answers(run, read_cases(run, "multi-class", CLASSES), 4, {})
    assert said in str(told.value)
    assert name in str(told.value)


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e400"])
def test_a_number_that_is_none_is_refused(written, number):
    run = written[0]
    whole, _, _ = run.file("predictions.csv").read_bytes().rstrip(b"\n").rpartition(b",")
    run.file("predictions.csv").write_bytes(whole + f",{number}\n".encode())
    with pytest.raises(BadInput, match="is none, or beyond all bounds"):
        read_answers(run, read_cases(run, "multi-class", CLASSES), 4, {})


def test_a_table_that_never_ends_is_read_no_further_than_it_should(written):
    run = written[0]
    with run.file("predictions.csv").open("ab") as file:
        file.write(run.file("predictions.csv").read_bytes().splitlines(keepends=True)[-1] * 3)
    with pytest.raises(BadInput, match="one row too many"):
        read_answers(run, read_cases(run, "multi-class", CLASSES), 4, {})


@pytest.mark.parametrize("contents", [b"", b"name\n"])
def test_an_empty_table_is_refused(written, contents):
    run = written[0]
    run.file("split.csv").write_bytes(contents)
    with pytest.raises(BadInput, match="not the columns"):
        read_cases(run, "multi-class", CLASSES)
