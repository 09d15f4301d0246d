"""Runs side by side: differences counted from their tables by hand, and pictures read back by their own axes."""

from __future__ import annotations

import csv
import json
import shutil
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from pellucid.app.runs.compared import compare
from pellucid.app.runs.figures import figures_of
from pellucid.app.runs.paired import differences, signed
from pellucid.app.runs.settings_apart import settings_apart
from pellucid.app.runs.shelf import rows_of
from pellucid.errors import BadInput
from pellucid.evaluate.estimates.intervals import Estimate
from pellucid.run import Run

pytestmark = pytest.mark.slow  # trains models


def runs_of(folder, *names):
    return [(name, Run(folder / name)) for name in names]


def right(folder, name):
    """By its name, whether each held-out case was called what it is."""
    with (folder / name / "predictions.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["part"] == "held_out"]
    chances = [{key[2:]: float(value) for key, value in row.items() if key.startswith("p_")} for row in rows]
    return {row["name"]: max(p, key=p.get) == row["label"] for row, p in zip(rows, chances, strict=True)}


def score(won, lost, cases, tried):
    """How many standard errors the counts are from a difference, whose other parameter is the likeliest one."""

    def less_likely(p_lost):
        p_won = p_lost + tried
        return -(won * np.log(p_won) + lost * np.log(p_lost) + (cases - won - lost) * np.log(1 - p_won - p_lost))

    bounds = (max(0.0, -tried) + 1e-9, (1 - tried) / 2 - 1e-9)
    p_lost = minimize_scalar(less_likely, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
    return (won - lost - cases * tried) / np.sqrt(cases * (2 * p_lost + tried - tried**2))


def test_the_difference_is_that_of_the_very_same_cases_with_tango_s_interval(folder):
    (found,) = differences(runs_of(folder, "humble", "digits"))
    ours, theirs = right(folder, "digits"), right(folder, "humble")
    assert ours.keys() == theirs.keys()
    won = sum(ours[name] and not theirs[name] for name in ours)
    lost = sum(theirs[name] and not ours[name] for name in ours)
    assert won > 0
    assert lost > 0
    assert found.estimate.value == pytest.approx((won - lost) / len(ours), abs=1e-12)
    assert score(won, lost, len(ours), found.estimate.low) == pytest.approx(norm.ppf(0.975), abs=1e-3)
    assert score(won, lost, len(ours), found.estimate.high) == pytest.approx(-norm.ppf(0.975), abs=1e-3)
    assert f"on the same {len(ours)} held-out cases. 0 lies outside" in found.told
    assert "0 lies inside" in differences(runs_of(folder, "digits", "digits"))[0].told


def test_each_run_is_compared_with_the_first_that_was_measured_on_its_cases(folder):
    found = differences(runs_of(folder, "other split", "digits", "humble"))
    assert [(one.name, one.first, one.estimate is None) for one in found] == [
        ("digits", "other split", True), ("humble", "digits", False)
    ]  # fmt: skip
    assert found[1] == differences(runs_of(folder, "digits", "humble"))[0]


def reordered(path, key):
    with path.open() as file:
        head, *rows = csv.reader(file)
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *sorted(rows, key=key)])


def test_cases_are_found_by_their_names_whatever_their_order(folder, tmp_path):
    shutil.copytree(folder / "humble", tmp_path / "humble")
    shutil.copytree(folder / "digits", tmp_path / "digits")
    at = {name: place for place, name in enumerate(sorted(right(folder, "humble"), reverse=True))}
    parts = ("valid", "calibrate", "held_out")
    with (tmp_path / "humble" / "rivals.csv").open() as file:
        blocks = {tuple(row[:2]): number for number, row in enumerate(csv.reader(file))}
    reordered(tmp_path / "humble" / "split.csv", lambda row: at.get(row[0], -1))
    reordered(tmp_path / "humble" / "predictions.csv", lambda row: (parts.index(row[2]), at.get(row[0], -1)))
    reordered(
        tmp_path / "humble" / "rivals.csv",
        lambda row: (blocks[tuple(row[:2])], parts.index(row[4]), at.get(row[2], -1)),
    )
    (found,) = differences(runs_of(tmp_path, "humble", "digits"))
    assert found.estimate == differences(runs_of(folder, "humble", "digits"))[0].estimate


def test_on_other_cases_no_difference_is_taken_and_it_is_said_how_many_are_shared(folder):
    (found,) = differences(runs_of(folder, "digits", "other split"))
    shared = len(right(folder, "digits").keys() & right(folder, "other split").keys())
    assert found.estimate is None
    assert f"({shared} of the 360 held out by other split were held out by digits, too)" in found.told


def test_a_case_with_another_truth_is_another_case(folder, tmp_path):
    shutil.copytree(folder / "humble", tmp_path / "humble")
    name = next(iter(right(folder, "humble")))
    for file, column in (("split.csv", 2), ("predictions.csv", 1), ("rivals.csv", 3)):
        at = 2 if file == "rivals.csv" else 0
        with (tmp_path / "humble" / file).open() as held:
            rows = list(csv.reader(held))
        for row in rows:
            row[column] = str((int(row[column]) + 1) % 10) if row[at] == name else row[column]
        with (tmp_path / "humble" / file).open("w", newline="") as held:
            csv.writer(held, lineterminator="\n").writerows(rows)
    (found,) = differences([*runs_of(folder, "digits"), *runs_of(tmp_path, "humble")])
    assert found.estimate is None
    assert "(359 of the 360" in found.told


def test_figures_are_those_of_the_reports(folder):
    told = {name: json.loads((folder / name / "report.json").read_text())["held_out"] for name in ("digits", "humble")}
    found = dict(figures_of(runs_of(folder, "digits", "humble")))
    assert list(found) == ["accuracy", "balanced accuracy", "AUROC"]
    for said, key in (("accuracy", "accuracy"), ("balanced accuracy", "balanced_accuracy"), ("AUROC", "auroc")):
        assert found[said] == [(name, told[name][key]) for name in told]


def read_back(drawn):
    """Name, value and both limits of every row, measured on the picture by the numbers below its axis."""
    whole = ElementTree.fromstring(drawn)
    texts = [node for node in whole.iter() if node.tag.endswith("text")]
    marks = [(float(node.text), float(node.get("x"))) for node in texts if node.get("text-anchor") == "middle"]
    (low, start), (high, end) = marks[0], marks[-1]
    found = []
    for one in (node for node in whole.iter() if node.tag.endswith("circle")):
        height = float(one.get("cy"))
        (held,) = [node for node in whole.iter() if node.tag.endswith("line") and node.get("stroke-width") == "2.5"
                   and float(node.get("y1")) == height]  # fmt: skip
        places = [float(one.get("cx")), float(held.get("x1")), float(held.get("x2"))]
        (name,) = [node.text for node in texts if node.get("text-anchor") == "end"
                   and abs(float(node.get("y")) - height) < 6]  # fmt: skip
        found.append((name, [low + (place - start) / (end - start) * (high - low) for place in places]))
    return found


def test_dots_and_intervals_stand_where_their_numbers_are(folder):
    rows = {row.name: row for row in rows_of(folder)}
    found = compare(folder, [rows["digits"], rows["humble"]])
    told = [one for _, held in figures_of(runs_of(folder, "digits", "humble")) for one in held]
    for (name, places), (wanted, figure) in zip(read_back(found.figures), told, strict=True):
        assert name == wanted
        assert places == pytest.approx([figure["value"], figure["low"], figure["high"]], abs=5e-4)
    (one,) = differences(runs_of(folder, "digits", "humble"))
    ((name, places),) = read_back(found.apart)
    assert name == "humble"
    assert places == pytest.approx([one.estimate.value, one.estimate.low, one.estimate.high], abs=5e-4)
    assert found.said == [one.told]
    assert not compare(folder, [rows["digits"], rows["other split"]]).apart


def test_only_what_was_set_otherwise_is_listed(folder):
    recipes = [json.loads((folder / name / "recipe.json").read_text())["settings"] for name in ("digits", "humble")]
    wanted = [key.replace("_", " ") for key in recipes[0] if recipes[0][key] != recipes[1][key]]
    found = dict(settings_apart(runs_of(folder, "digits", "humble")))
    assert list(found) == [*wanted, "parameters"]
    assert (found["model"], found["parameters"]) == (["mlp", "linear"], ["9,610", "650"])  # 64*128+128 + 128*10+10
    assert settings_apart(runs_of(folder, "digits", "digits")) == []
    other = dict(settings_apart(runs_of(folder, "humble", "other split")))
    assert other["seed"] == ["0", "1"]
    assert {"split drawn", "fingerprint of the split"} <= other.keys()


@pytest.mark.parametrize(
    ("estimate", "said"),
    [
        (Estimate(-0.25, -0.5, 0.0004, 9), "-0.250 (-0.500 to 0.000)"),
        (Estimate(None, None, None, 0, "no cases"), "not defined"),
        (Estimate(0.5, None, None, 1, "one group"), "+0.500"),
    ],
)
def test_a_difference_says_its_sign(estimate, said):
    assert signed(estimate) == said


@pytest.mark.parametrize("file", ["split.csv", "predictions.csv", "recipe.json", "report.json"])
def test_a_damaged_run_is_told_in_one_line(folder, tmp_path, file):
    shutil.copytree(folder / "humble", tmp_path / "humble")
    shutil.copytree(folder / "digits", tmp_path / "digits")
    rows = rows_of(tmp_path)
    (tmp_path / "humble" / file).write_text("{}")
    with pytest.raises(BadInput, match=r"^[^\n]+$"):
        compare(tmp_path, rows)
