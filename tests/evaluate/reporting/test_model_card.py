"""The model card: its head is YAML, its figures are the report's, and it says what the model is not for."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
import yaml

from pellucid.evaluate.reporting.in_short import MUST_NOT
from pellucid.evaluate.reporting.model_card import model_card
from pellucid.evaluate.reporting.templates import figure_text


def figure(value: float | None, cases: int = 40) -> dict[str, Any]:
    if value is None:
        return {"value": None, "low": None, "high": None, "cases": 0, "reason": "no cases"}
    return {"value": value, "low": value / 2, "high": (1 + value) / 2, "cases": cases}


def figures(accuracy: float | None, auroc: float | None, cases: int = 40) -> dict[str, Any]:
    one = {"sensitivity": figure(0.75), "specificity": figure(0.875), "auroc": figure(auroc), "cases": 20}
    return {
        "accuracy": figure(accuracy), "balanced_accuracy": figure(accuracy), "auroc": figure(auroc), "cases": cases,
        "groups": None, "confusion": [[15, 5], [2, 18]], "per_class": {"a | b": one, "<i>": one}, "warnings": [],
    }  # fmt: skip


REPORT: dict[str, Any] = {
    "model": "cnn", "source_name": "scans.zip", "task": "binary", "classes": ["a | b", "<i>"], "parameters": 12_345,
    "cases": {"train": 80, "valid": 40, "calibrate": 40, "held_out": 40},
    "held_out": figures(0.825, 0.9), "held_out_without_twins": figures(0.8, 0.88, 37), "valid": figures(0.8, 0.9),
    "twins": {"held_out": 3, "cases": 40}, "rivals": {"majority class": {"told": "", **figures(0.5, 0.5)}},
    "calibration": {"temperature": 1.5},
    "warnings": ["Patients are <not> known."], "steps": 20, "best_step": 10,
}  # fmt: skip
RECIPE: dict[str, Any] = {
    "source": {"path": "/home/jane/scans.zip", "name": "scans.zip", "groups": None, "images": 200},
    "split": {"how": "drawn 60/10/10/20", "seed": 0},
    "versions": {"pellucid": "0.1.0"},
    "settings": {"hidden": None},
}
MORE: dict[str, Any] = {
    "image": {"rows": 20, "columns": 30, "channels": 3, "dtype": "uint8"},
    "reading": {
        "said": ["4 files are no images and were left out, jane/x.txt first."],
        "unreadable": [["jane", "broken"]],
    },
    "probes": {"border pixels only": figures(0.6, 0.6)},
    "probabilities": {
        "before": {"expected_calibration_error": figure(0.25), "brier_score": figure(0.5)},
        "after": {"expected_calibration_error": figure(0.125), "brier_score": figure(0.375)},
    },
    "sets": {
        "missed": 0.05, "groups": None, "coverage": figure(0.975), "one_answer": figure(0.5),
        "per_class": {"a | b": {"limit": None}, "<i>": {"limit": 0.5}},
    },
    "dial": [{"asked": 0.01, "threshold": 0.9, "told": "At 1% error, 25% of images go to a person."}],
    "ladder": {"said": ["The linear model was not worse."]},
}  # fmt: skip


def head_of(card: str) -> dict[str, Any]:
    _, head, rest = card.split("---\n", 2)
    assert card.startswith("---\n")
    assert rest.startswith("\n# cnn on ")
    found = yaml.safe_load(head)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("name", ["scans.zip", 'a "b": c', "x\ny: z", "- no", "{a: b}", "#1", "null", "🫁", "---"])
def test_the_head_is_yaml_with_the_fields_of_the_hub(name):
    head = head_of(model_card(REPORT | {"source_name": name}, RECIPE))
    assert set(head) == {"library_name", "pipeline_tag", "tags", "metrics", "model-index"}  # and no licence is made up
    (model,) = head["model-index"]
    (result,) = model["results"]
    assert result["dataset"] == {"name": name, "type": name}
    assert {one["type"]: one["value"] for one in result["metrics"]} == {"accuracy": 0.825, "roc_auc": 0.9}
    assert result["metrics"][0]["name"].endswith("0.8250 (0.4125 to 0.9125)")
    assert result["task"] == {"type": head["pipeline_tag"]}


def test_what_is_not_defined_is_left_out_of_the_head():
    head = head_of(model_card(REPORT | {"held_out": figures(0.8, None)}, RECIPE))
    assert [one["type"] for one in head["model-index"][0]["results"][0]["metrics"]] == ["accuracy"]
    assert "model-index" not in head_of(model_card(REPORT | {"held_out": figures(None, None)}, RECIPE))


def tables(card: str) -> list[list[list[str]]]:
    """Cells of each table."""
    blocks = re.findall(r"(?:^\|.*\n)+", card, flags=re.MULTILINE)
    return [
        [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in block.splitlines()] for block in blocks
    ]


def test_every_table_is_whole_and_holds_the_reports_figures():
    found = tables(model_card(REPORT, RECIPE))
    assert all(len({len(row) for row in table}) == 1 for table in found)
    as_split, without, compared, classes = found
    assert as_split[0][1] == "held out (40 cases)"
    assert ["AUROC", figure_text(REPORT["held_out"]["auroc"])] in as_split
    assert without[0][1] == "held out, without twins (37 cases)"
    assert ["AUROC", figure_text(REPORT["held_out_without_twins"]["auroc"])] in without
    assert [row[0] for row in compared[2:]] == ["cnn", "majority class"]
    assert classes[2] == [r"a \| b", "20", figure_text(figure(0.75), 3), figure_text(figure(0.875), 3)]


def test_without_twins_there_is_no_second_table_and_with_nothing_else_it_says_so():
    none = model_card(REPORT | {"twins": {"held_out": 0, "cases": 40}}, RECIPE)
    assert "without twins" not in none
    assert len(tables(none)) == 3
    only = model_card(REPORT | {"twins": {"held_out": 40, "cases": 40}, "held_out_without_twins": None}, RECIPE)
    assert "Every held-out image has a twin in training" in only


def test_it_says_what_it_must_not_be_used_for_and_what_the_folder_holds():
    card = model_card(REPORT, RECIPE)
    assert "not a medical device" in card
    assert all(f"\n- {words}\n" in card for words in MUST_NOT)
    assert "report.html shows images of the source" in card
    assert "The licence of the weights: none is stated here." in card
    assert r"- Patients are \<not\> known." in card


def test_an_older_report_gives_a_card_without_what_it_lacks():
    before, now = model_card(REPORT, RECIPE), model_card(REPORT | MORE, RECIPE)
    for words in (
        "20 x 30 pixels (3 channels, uint8)", "1 file could not be read", "border pixels only", "is 0.250 and 0.125,",
        "The truth was in the set in 0.975", "25% of images go to a person", "The linear model was not worse.",
    ):  # fmt: skip
        assert words in now
        assert words not in before
    assert "\n\n\n\n" not in before + now


def test_markup_and_files_names_do_not_get_in():
    card = model_card(REPORT | MORE, RECIPE)
    assert "<i>" not in card
    assert "jane" not in card


def test_the_card_is_a_function_of_report_and_recipe_alone():
    report = copy.deepcopy(REPORT | MORE)
    card = model_card(report, RECIPE)
    assert report == REPORT | MORE
    assert card == model_card(*json.loads(json.dumps([report, RECIPE])))
    assert card.endswith("\n")
