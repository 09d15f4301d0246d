"""The reporting guidelines: every item is there, what is filled is true of the run, what is unknown is the author's."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from pellucid.data import read
from pellucid.evaluate.reporting.checklists import checklists, filled_items, reporting_md
from pellucid.evaluate.reporting.checklists.items import FILES, SENTENCES, STATES, sentence
from pellucid.evaluate.reporting.checklists.of_model import LAYERS, MOVED
from pellucid.evaluate.reporting.templates import template

# from table 2 of the TRIPOD+AI statement
TRIPOD_AI = """
    1 2 3a 3b 3c 4 5a 5b 6a 6b 6c 7 8a 8b 8c 9a 9b 9c 10 11 12a 12b 12c 12d 12e 12f 12g 13 14 15 16 17
    18a 18b 18c 18d 18e 18f 19 20a 20b 20c 21 22 23a 23b 24 25 26 27a 27b 27c
"""
CLAIM = [str(number) for number in range(1, 45)]


def figure(value: float, cases: int = 78) -> dict[str, Any]:
    return {"value": value, "low": value - 0.1, "high": value + 0.1, "cases": cases}


def figures(right: tuple[int, int] = (9, 56), groups: int | None = None) -> dict[str, Any]:
    """Of 21 malignant and 57 benign cases, so many rightly called."""
    sensitivity = [figure(right[0] / 21), figure(right[1] / 57)]
    return {
        "accuracy": figure(sum(right) / 78),
        "balanced_accuracy": figure(0.7),
        "auroc": figure(0.8),
        "confusion": [[right[0], 21 - right[0]], [57 - right[1], right[1]]],
        "per_class": {
            "malignant": {
                "sensitivity": sensitivity[0], "specificity": sensitivity[1], "auroc": figure(0.8), "cases": 21,
            },
            "normal, benign": {
                "sensitivity": sensitivity[1], "specificity": sensitivity[0], "auroc": figure(0.8), "cases": 57,
            },
        },
        "cases": 78, "groups": groups, "warnings": [],
    }  # fmt: skip


PARTS = {"train": 409, "valid": 69, "calibrate": 68, "held_out": 78}
REPORT: dict[str, Any] = {
    "run": "r", "model": "cnn", "source_name": "breast.npz", "task": "binary", "parameters": 93_922,
    "classes": ["malignant", "normal, benign"], "cases": PARTS,
    "image": {"rows": 28, "columns": 28, "channels": 1, "dtype": "uint8"},
    "reading": {"said": ["3 files are no images and were left out, exam-7/notes.txt first."], "unreadable": []},
    "class_counts": {part: {"malignant": cases // 4, "normal, benign": cases // 2} for part, cases in PARTS.items()},
    "held_out": figures(groups=49), "held_out_without_twins": figures((8, 50)), "valid": figures(),
    "twins": {"held_out": 7, "cases": 78, "identical": 4, "near-identical": 3, "same group": 0},
    "rivals": {"majority class": {"difference": {"balanced_accuracy": figure(0.2)}, **figures((0, 57))}},
    "probes": {"border pixels only": figures((3, 50))},
    "ladder": {"said": ["Three were tried.", "The simplest that is not worse was taken."]},
    "dial": [
        {"asked": 0.005, "threshold": None, "told": "No."},
        {"asked": 0.01, "threshold": 0.9, "told": "At 1% error 30% go to a person."},
    ],
    "probabilities": {
        "before": {"expected_calibration_error": figure(0.12), "brier_score": figure(0.2)},
        "after": {"expected_calibration_error": figure(0.05), "brier_score": figure(0.18)},
    },
    "sets": {
        "missed": 0.05, "groups": figure(0.9), "coverage": figure(0.95), "one_answer": figure(0.5),
        "per_class": {"malignant": {"limit": None}, "normal, benign": {"limit": 0.5}},
    },
    "calibration": {"temperature": 0.66},
    "warnings": ["The majority class is as good."], "steps": 34, "best_step": 17,
}  # fmt: skip
RECIPE: dict[str, Any] = {
    "source": {
        "path": "/data/Jane Doe/breast.npz", "name": "breast.npz", "groups": "248 groups by the folder", "images": 624,
    },
    "settings": {
        "model": "cnn", "hidden": None, "start": "default", "augment": "shift", "loss": "cross-entropy",
        "optimizer": "adamw", "learning_rate": 0.01, "momentum": 0.0, "weight_decay": 0.01, "schedule": "one-cycle",
        "epochs": 2, "batch_size": 25, "shuffle": "every-epoch", "precision": "float32", "seed": 3,
    },
    "scaling": {"kind": "standardise", "mean": [82.9], "deviation": [52.2]},
    "split": {"how": "drawn 60/10/10/20, each class alike, 248 groups by the folder kept together", "seed": 3},
    "seeds": {"weights": 3},
    "versions": {"pellucid": "0.1.0", "torch": "2.13.0"},
    "machine": {"system": "Linux", "processor": "x86_64", "threads": 1, "device": "cpu"},
}  # fmt: skip


def changed(facts: dict[str, Any], **new: Any) -> dict[str, Any]:
    """The facts with some replaced; a double underscore goes a level down."""
    found = copy.deepcopy(facts)
    for name, value in new.items():
        *above, last = name.split("__")
        part = found
        for key in above:
            part = part[key]
        part[last] = value
    return found


def test_every_item_of_both_guidelines_stands_there_once_and_in_order():
    tripod, claim = checklists(REPORT, RECIPE)
    assert [item.number for item in tripod.items] == TRIPOD_AI.split()
    assert [item.number for item in claim.items] == CLAIM
    assert len(filled_items(REPORT, RECIPE)) == 52 + 44


@pytest.mark.parametrize("name", FILES)
def test_every_item_tells_the_author_what_to_write_and_asks_only_for_sentences_that_there_are(name):
    told = tomllib.loads(files("pellucid.evaluate.reporting.checklists").joinpath(name).read_text("utf-8"))
    for item in told["item"]:
        assert item["author"].endswith(".")
        assert set(item) <= {"number", "section", "topic", "says", "adds", "author", "left"}, item["number"]
        assert {*item.get("says", []), *item.get("adds", [])} <= set(SENTENCES), item["number"]
        assert "says" in item or not {"adds", "left"} & set(item), item["number"]


def test_no_sentence_is_written_for_nothing():
    asked = set()
    for name in FILES:
        text = files("pellucid.evaluate.reporting.checklists").joinpath(name).read_text("utf-8")
        for item in tomllib.loads(text)["item"]:
            asked |= {*item.get("says", []), *item.get("adds", [])}
    assert asked == set(SENTENCES)


@pytest.mark.parametrize("name", SENTENCES)
def test_a_whole_report_gives_every_sentence(name):
    said = sentence(name, REPORT, RECIPE)
    assert said
    assert said.endswith(".")
    assert "  " not in said


def test_an_empty_run_leaves_nearly_all_to_the_author_and_claims_no_figure():
    for item in filled_items({}, {}):
        assert item.author or item.state == "filled"
        assert not re.search(r"\d\.\d\d", item.text or "")
    assert {item.number for item in checklists({}, {})[1].items if item.text} == {"11", "27"}


def leaves(facts: dict[str, Any], above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The way to every key of nested dictionaries."""
    found = []
    for key, value in facts.items():
        found.append((*above, key))
        if isinstance(value, dict):
            found += leaves(value, (*above, key))
    return found


@pytest.mark.parametrize("value", ["missing", None, 7, "words", []], ids=str)
def test_whatever_a_report_lacks_or_has_otherwise_no_item_breaks(value):
    for place in (0, 1):
        for way in (way for way in leaves((REPORT, RECIPE)[place]) if len(way) <= 2):
            facts = [copy.deepcopy(REPORT), copy.deepcopy(RECIPE)]
            part = facts[place]
            for key in way[:-1]:
                part = part[key]
            if value == "missing":
                del part[way[-1]]
            else:
                part[way[-1]] = value
            assert all(said != "" for said in (sentence(name, *facts) for name in SENTENCES)), way


def test_an_item_falls_back_to_the_author_where_a_key_is_missing():
    def item(report: dict[str, Any]) -> Any:
        return next(one for one in filled_items(report, RECIPE) if (one.guideline, one.number) == ("CLAIM", "36"))

    without = {name: value for name, value in REPORT.items() if name != "class_counts"}
    assert (item(REPORT).state, item(without).state) == ("begun", "yours")
    assert item(REPORT).author != item(without).author
    assert "malignant" in item(REPORT).text


def test_states_are_counted_and_add_up():
    for one in checklists(REPORT, RECIPE):
        assert sum(one.count(state) for state in STATES) == len(one.items)
        assert one.count("yours") == sum(item.text is None for item in one.items)
        assert one.count("filled") == sum(item.author == "" for item in one.items)


@pytest.mark.parametrize("number", ["1", "2", "3a", "3b", "3c", "5b", "6a", "6b", "17", "18a", "18b", "19", "25"])
def test_what_no_run_can_know_is_always_the_authors(number):
    tripod = {item.number: item for item in checklists(REPORT, RECIPE)[0].items}
    assert tripod[number].state == "yours"


def test_figures_and_counts_are_those_of_the_report():
    assert "accuracy 0.833 (95% interval 0.733 to 0.933)" in sentence("held_out", REPORT, RECIPE)  # 65 of 78
    assert sentence("mistakes", REPORT, RECIPE) == (
        '13 of 78 held-out images were called wrongly. 12 of 21 "malignant" called "normal, benign"; '
        '1 of 57 "normal, benign" called "malignant".'
    )
    assert 'of 21 "malignant" 0.429 (95% interval 0.329 to 0.529), of 57' in sentence("per_class", REPORT, RECIPE)
    assert "accuracy 0.744" in sentence("without_twins", REPORT, RECIPE)  # 58 of 78
    assert "All 624 images" in sentence("used", REPORT, RECIPE)
    assert "624 of the 700 images" in sentence("used", REPORT, changed(RECIPE, source__images=700))
    assert "1 file could not be read" in sentence("reading", changed(REPORT, reading__unreadable=[["a", "b"]]), RECIPE)


def test_probabilities_sets_and_rivals_are_told_by_their_figures():
    assert "is 0.120 and 0.050, the Brier score 0.200 and 0.180." in sentence("reliability", REPORT, RECIPE)
    sets = sentence("sets", REPORT, RECIPE)
    assert "at most 5% of its groups" in sets
    assert 'For "malignant" there were too few' in sets
    assert "in the set in 0.950 (95% interval 0.850 to 1.050)" in sets
    assert "majority class 0.200 (95%" in sentence("differences", REPORT, RECIPE)
    assert "split.csv: 4 identical, 3 near-identical); the figures" in sentence("twins", REPORT, RECIPE)
    assert sentence("dial", REPORT, RECIPE) == (
        "At 1% error 30% go to a person. At an error of 0.5% the calibration part allows no promise."
    )
    assert sentence("dial", changed(REPORT, dial=[]), RECIPE) is None


def test_parts_are_called_disjoint_only_where_they_are():
    assert "none of which stands in two parts" in sentence("level", REPORT, RECIPE)
    unknown = sentence("level", REPORT, changed(RECIPE, source__groups=None))
    assert "a patient may stand in two parts" in unknown
    fixed = changed(RECIPE, split__how="the source's test part held out, the rest drawn, 248 groups kept together")
    assert "may share groups" in sentence("level", REPORT, fixed)
    assert "none of which" not in unknown + sentence("level", REPORT, fixed)
    assert "drawn at random" not in sentence("same_source", REPORT, fixed)
    assert "does not know" in sentence("external", REPORT, fixed)


def test_intervals_say_what_their_unit_is():
    assert "whole groups are the unit (49 held out)" in sentence("intervals", REPORT, RECIPE)
    assert "independent" in sentence("intervals", changed(REPORT, held_out__groups=None), RECIPE)
    assert sentence("clusters", changed(REPORT, held_out__groups=None), RECIPE) is None


def test_no_twins_and_nothing_but_twins_are_told_as_such():
    assert sentence("without_twins", changed(REPORT, twins__held_out=0), RECIPE) is None
    nothing = changed(REPORT, held_out_without_twins=None)
    assert "no figures without them" in sentence("without_twins", nothing, RECIPE)
    assert "as well" not in sentence("twins", nothing, RECIPE)


def test_a_model_that_learned_by_heart_has_no_mistakes_to_tell():
    perfect = changed(REPORT, held_out=figures((21, 57)))
    assert sentence("mistakes", perfect, RECIPE) == "No held-out image was called wrongly."


def test_labels_are_told_as_labels():
    many = changed(REPORT, task="multi-label")
    assert "any of 2 labels" in sentence("classes", many, RECIPE)
    assert "sigmoid" in sentence("output", many, RECIPE)
    assert "binary cross-entropy" in sentence("learning", many, RECIPE)
    assert "labels rightly called 0.833" in sentence("held_out", many, RECIPE)


def test_no_file_of_a_patient_is_named(tmp_path):
    from PIL import Image

    generator = np.random.default_rng(0)
    for name in ("benign", "malignant"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for number in range(8):
            pixels = generator.integers(0, 255, (8 + 2 * number, 12), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "set" / name / f"Jane, Doe {number}.png")
    Image.fromarray(pixels).save(tmp_path / "set" / "Jane, Doe, stray.png")
    (tmp_path / "set" / "benign" / "Jane, Doe.txt").write_text("notes", "utf-8")
    dataset = read(tmp_path / "set", cache=tmp_path / "cache")
    assert sum("Jane" in note for note in dataset.said) == 2
    report = changed(REPORT, reading={"said": list(dataset.said), "unreadable": [["Jane", "Jane is broken."]]})
    page = reporting_md(report, RECIPE)
    assert "1 images stand in no class folder and were left out." in page
    assert "1 file could not be read" in page
    assert "Jane" not in page


ODD = '<script>alert(1)</script> | "b" `c`\n# d'


def test_odd_names_are_words_and_leave_the_tables_whole():
    odd = changed(REPORT, classes=[ODD, "benign"], source_name=ODD)
    page = reporting_md(odd, RECIPE)
    assert "<script>" not in page
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert len(rows) == 52 + 44 + 2 * 2
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5}
    assert not [line for line in page.splitlines() if line.startswith("# d")]


def test_the_part_of_the_page_counts_and_escapes():
    facts = checklists(changed(REPORT, classes=[ODD, "benign"]), RECIPE)
    page = template("reporting.html.jinja", autoescape=True).render(checklists=facts)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    for one in facts:
        assert f"of {len(one.items)} items {one.count('filled')} are filled from the run" in page
        assert f"{one.count('yours')} are the author's" in page
    assert page.count("<tr>") == page.count("</tr>") == 52 + 44 + 2


def test_the_markdown_is_a_function_of_report_and_recipe_alone():
    read_back = json.loads(json.dumps([REPORT, RECIPE]))
    assert reporting_md(REPORT, RECIPE) == reporting_md(*read_back)
    assert RECIPE["source"]["path"] not in reporting_md(REPORT, RECIPE)


def test_layers_are_told_as_they_are_built():
    from torch import nn

    from pellucid.learn.models import build_model
    from pellucid.learn.settings import CHOICES, Settings

    kinds = [type(module) for module in build_model(Settings(model="cnn"), 1, 28, 2).modules()]
    model = build_model(Settings(model="cnn"), 1, 28, 2)
    channels = [module.out_channels for module in model.modules() if isinstance(module, nn.Conv2d)]
    assert f"{channels[0]}, {channels[1]} and {channels[2]} channels" in LAYERS["cnn"]
    assert [kinds.count(kind) for kind in (nn.Conv2d, nn.BatchNorm2d, nn.ReLU, nn.MaxPool2d, nn.Linear)] == [
        3,
        3,
        3,
        2,
        1,
    ]
    assert not {nn.Dropout, nn.Dropout2d} & set(kinds)  # "no dropout"
    mlp = build_model(Settings(model="mlp", hidden=(30, 20)), 1, 8, 2)
    widths = [module.out_features for module in mlp if isinstance(module, nn.Linear)]
    told = sentence("model", changed(REPORT, model="mlp"), changed(RECIPE, settings__hidden=[30, 20]))
    assert f"to {widths[0]} and {widths[1]} units" in told
    assert set(LAYERS) == set(CHOICES["model"]) - {"auto"}


def test_every_setting_that_there_is_can_be_told():
    from pellucid.data.augment import KINDS
    from pellucid.learn.settings import CHOICES, Settings

    assert set(MOVED) == set(KINDS)
    for name in ("start", "shuffle", "augment", "optimizer", "schedule", "loss", "precision"):
        for choice in CHOICES[name]:
            if choice != "auto":
                recipe = changed(RECIPE, **{f"settings__{name}": choice})
                assert all(sentence(one, REPORT, recipe) for one in ("start", "learning", "augmentation")), choice
    weighing = {field.name for field in fields(Settings) if re.search("weight|sampl|balanc|imbalanc", field.name)}
    assert weighing == {"weight_decay"}  # where this fails, "No method against class imbalance" may have become untrue


def test_nothing_here_waits_for_torch(tmp_path):
    names = "checklists", "model_card"
    code = "\n".join(f"import pellucid.evaluate.reporting.{name}" for name in names)
    code += "\nimport sys; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
