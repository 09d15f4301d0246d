"""The page that people read, parsed as a browser does: whole, self-contained, safe, and with report.json's figures."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from pellucid.evaluate.answers import Answers, Cases, Other
from pellucid.evaluate.assess import assess
from pellucid.evaluate.reporting.doubts import doubts
from pellucid.evaluate.reporting.hardest import MOST_PICTURES
from pellucid.evaluate.reporting.in_short import MUST_NOT, in_short
from pellucid.evaluate.reporting.report import WORST, Pictures, report_page, without_pictures
from pellucid.evaluate.reporting.templates import tail
from pellucid.evaluate.rivals.survival import BORDER, THUMBNAIL
from pellucid.evaluate.trust.calibration import calibrate
from pellucid.run import HistoryRow

pytestmark = pytest.mark.slow  # whole reports of several kinds of run

ODD = "<script>alert(1)</script>"
ODD_NAME = 'scans/"O\'Neil" & <b>sons</b>/🫁 lung\x07.png'
VOID = {"meta", "img", "br", "link", "input", "hr"}
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
ENDS = {"train": (0, 80), "valid": (80, 120), "calibrate": (120, 160), "held_out": (160, 200)}


class Page(HTMLParser):
    """Elements, their attributes and all text; wrong nesting is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.parts: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.feed(text)
        self.close()
        assert self.open == []
        self.text = " ".join("".join(self.parts).split())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs), f"an attribute of {tag} stands twice"
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.parts.append(data)
            if {"td", "th"} & set(self.open):
                self.tables[-1][-1][-1] += data

    def table(self, *heads: str) -> dict[str, list[str]]:
        """The cells of the first table with these words in its head, by the first cell of their row."""
        plain = [[[" ".join(cell.split()) for cell in row] for row in table] for table in self.tables]
        return next(
            {row[0]: row[1:] for row in table}
            for table in plain
            if table and all(any(head in cell for cell in table[0]) for head in heads)
        )


RECIPE = {
    "source": {"path": "/home/jane/scans & co", "name": "scans & co", "images": 200, "groups": None, "group_by": None},
    "settings": {
        "batch_size": 32, "epochs": 2, "optimizer": "adamw", "schedule": "one-cycle", "learning_rate": 0.01,
        "weight_decay": 0.01, "augment": "none", "precision": "float32", "seed": 0, "hidden": None, "model": "cnn",
    },
    "split": {"how": "drawn 60/10/10/20", "seed": 0},
    "scaling": {"kind": "standardise", "mean": [12.5, 3.0], "deviation": [4.0, 1.5]},
    "versions": {"pellucid": "0.1.0", "python": "3.11"},
    "machine": {"processor": "x86_64", "threads": 1, "device": "cpu"},
}  # fmt: skip
HISTORY = [HistoryRow(1, 1, 0.9, 0.8, 0.5, 0.1, 1.0), HistoryRow(2, 2, 0.5, 0.6, 0.7, 0.1, 2.0)]


def cases_of(task: str, classes: tuple[str, ...], twins: dict[int, tuple[int, str]], **change: Any) -> Cases:
    """200 cases, 40 of them held out; `twins` says of a held-out row which training row it repeats, and how."""
    generator, k = np.random.default_rng(0), len(classes)
    labels = generator.permutation(np.arange(200) % k)
    if task == "multi-label":
        labels = (generator.random((200, k)) < 0.3).astype(np.int64)
    names = [f"{ODD_NAME}/{row}" if row >= 160 else f"a/b/{row}.png" for row in range(200)]
    parts, likeness = np.full(200, "", "U9"), np.full(200, "", "U14")
    for part, ends in ENDS.items():
        parts[slice(*ends)] = part
    twin, alike = [""] * 200, np.arange(200)
    for row, (other, kind) in twins.items():
        twin[row], likeness[row], alike[row] = names[other], kind, alike[other]
    cases = Cases(task, classes, names, [f"{row:064x}" for row in range(200)], labels, None, parts, twin, likeness,
                  alike, [""] * 200)  # fmt: skip
    return replace(cases, **{name: value(cases) for name, value in change.items()})


def answers_to(cases: Cases, wrong: int) -> Answers:
    """A model that has `wrong` held-out cases wrong, two rivals, a rung and two probes."""
    generator, rows = np.random.default_rng(1), cases.judged()
    truth = cases.positive(rows)
    logits = (4.0 * truth - 2.0 + generator.normal(0, 0.1, truth.shape)).astype(np.float32)
    if wrong:
        logits[80 : 80 + wrong] *= -1
    held_out, k = cases.rows("held_out"), len(cases.classes)
    shares = np.full((40, k), 1 / k)
    worse = np.where(generator.random((40, 1)) < 0.7, 0.6 * cases.positive(held_out) + 0.4 / k, shares)
    others = (
        Other.of("rivals", "majority class", "always the same", held_out, shares),
        Other.of("rivals", "worse", "right now and then", held_out, worse),
        Other.of("probes", BORDER, "the outermost pixel", held_out, worse),
        Other.of("probes", THUMBNAIL, "8 x 8", held_out, shares),
        Other.of("ladder", "linear", "", cases.rows("valid"), np.full((40, k), 1 / k)),
        Other.of("ladder", "cnn", "", cases.rows("valid"), 0.8 * cases.positive(cases.rows("valid")) + 0.2 / k),
    )
    return Answers(cases, logits, generator.random(120) < 0.05, others)


def made(
    task: str = "binary",
    classes: tuple[str, ...] = ("benign", "malignant"),
    *,
    wrong: int = 3,
    twins: dict[int, tuple[int, str]] | None = None,
    kinds: tuple[str, ...] = ("rivals", "probes", "ladder"),
    history: list[HistoryRow] = HISTORY,
    more: dict[str, Any] | None = None,
    **change: Any,
) -> tuple[dict[str, Any], Page]:
    """report.json of a small run, as read from JSON, and its page."""
    cases = cases_of(task, classes, {165: (3, "identical")} if twins is None else twins, **change)
    answers = answers_to(cases, wrong)
    answers = replace(answers, others=tuple(one for one in answers.others if one.kind in kinds))
    rows = cases.rows("calibrate")
    calibration = calibrate(answers.class_logits[answers.of("calibrate")], cases.labels[rows], task)
    figures = assess(answers, calibration)
    report = {
        "model": "cnn", "source_name": "scans & co", "task": task, "classes": list(classes), "parameters": 12_345,
        "image": {"rows": 6, "columns": 7, "channels": 1, "dtype": "uint8"},
        "reading": {"said": ["Said & done."], "unreadable": [["x", "x is <broken>"]]},
        "audit": {"findings": [{"kind": "blank", "told": "1 image is <blank>."}]},
        **figures, "calibration": calibration.as_dict(), "warnings": ["Patients <i>", *doubts(figures, "cnn")],
        "steps": 2, "best_step": 2, "resumed_at_step": None, "weights_shown": 2, "weights_limit": 0.5, **(more or {}),
    }  # fmt: skip
    report = json.loads(json.dumps(report))
    pictures = Pictures(
        of=lambda row: f'<img src="data:image/png;base64,{PNG}" alt="row {row}">',
        weights=(f"data:image/png;base64,{PNG}",) * 2,
    )
    p = calibration.probabilities(answers.class_logits, task)[answers.of("held_out")]
    return report, Page(report_page(report, RECIPE, history, answers, p, pictures))


FOURTEEN = tuple(f"finding {number}" for number in range(14))
KINDS: dict[str, dict[str, Any]] = {
    "binary": {},
    "none wrong": {"wrong": 0},
    "all wrong": {"wrong": 40},
    "multi-class": {"task": "multi-class", "classes": ("a", "b", "c")},
    "ordinal": {"task": "ordinal", "classes": ("mild", "moderate", "severe")},
    "fourteen labels": {"task": "multi-label", "classes": FOURTEEN},
    "many classes": {"task": "multi-class", "classes": tuple(f"class {number}" for number in range(25))},
    "odd names": {"classes": (ODD, 'a "quoted" & | *starred*')},
    "groups": {"groups": lambda _: np.arange(200) // 4},
    "a class absent from held-out": {
        "task": "multi-class",
        "classes": ("a", "b", "c"),
        "labels": lambda cases: np.where((np.arange(200) >= 160) & (cases.labels == 2), 0, cases.labels),
    },
    "one class alone held out": {"labels": lambda cases: np.where(np.arange(200) >= 160, 1, cases.labels)},
    "all are twins": {"twins": {row: (row - 160, "near-identical") for row in range(160, 200)}},
    "no twins": {"twins": {}},
    "nobody else asked": {"kinds": ()},
}


@cache
def made_once(kind: str) -> tuple[dict[str, Any], Page]:
    """One of them, made for all tests that only look at it."""
    return made(**KINDS[kind])


@pytest.fixture(params=KINDS, ids=lambda kind: kind.replace(" ", "-"))
def kind(request):
    return made_once(request.param)


def test_every_page_is_whole_and_asks_for_nothing_outside_itself(kind):
    _, page = kind
    tags = [tag for tag, _ in page.elements]
    assert [tags.count(tag) for tag in ("html", "head", "body", "h1")] == [1, 1, 1, 1]
    assert not {"script", "link", "iframe", "object", "embed", "form", "base"} & set(tags)
    places = {facts.get("id") for _, facts in page.elements}
    for tag, facts in page.elements:
        for name, value in facts.items():
            assert not name.startswith("on"), f"{tag} has {name}"
            if name == "href":
                assert value.startswith("#")
                assert value[1:] in places
            if name in ("src", "data", "action", "srcset", "xlink:href"):
                assert value == f"data:image/png;base64,{PNG}"
            if name == "style":
                assert "url(" not in value


def test_both_scores_stand_at_the_top_with_their_intervals(kind):
    report, page = kind
    top = page.text.partition("What it is")[0]
    twins, without = report["twins"]["held_out"], report["held_out_without_twins"]
    for key in ("accuracy", "balanced_accuracy", "auroc", "subset_accuracy", "mean_absolute_error"):
        one = report["held_out"].get(key)
        if one is not None:
            assert f"held out {plain(one, 'held out')}" in top.replace("95% interval ", "")
            if twins and without:
                assert f"with a twin in training {plain(without[key], 'twin')}" in top
    assert ("with a twin in training" in top) == bool(twins and without)


def plain(one: dict[str, Any], place: str = "") -> str:
    """A figure as a cell or a card shows it."""
    if one["value"] is None:
        return f"– {one['reason']}" if place else f"not defined: {one['reason']}"
    said = f"{one['value']:.3f}"
    return said if one["low"] is None else f"{said} {one['low']:.3f} to {one['high']:.3f}"


def test_the_model_and_its_rivals_stand_in_one_table_with_paired_differences(kind):
    report, page = kind
    table = page.table("less the rival")
    for name, one in {"cnn": report["held_out"], **report["rivals"]}.items():
        (cells,) = (cells for first, cells in table.items() if first.startswith(name))
        assert cells[:3] == [plain(one[key]) for key in ("accuracy", "balanced_accuracy", "auroc")]
        if name == "cnn":
            continue
        gap = one["difference"]["balanced_accuracy"]
        assert abs(float(cells[3].split()[0]) - gap["value"]) <= 0.0005
        verdict = "cnn better" if gap["low"] > 0 else "rival better" if gap["high"] < 0 else "not shown"
        assert cells[3].endswith(verdict)
    assert len(table) == len(report["rivals"]) + 2


def test_every_class_has_its_figures(kind):
    report, page = kind
    table = page.table("sensitivity", "PPV")
    everyone = next(
        {row[0]: [" ".join(cell.split()) for cell in row[1:]] for row in rows}
        for rows in page.tables
        if rows and "PPV" in rows[0] and len(rows) == 1 + len(report["classes"])
    )
    for name, one in report["held_out"]["per_class"].items():
        keys = ("sensitivity", "specificity", "ppv", "npv", "f1", "auroc")
        assert everyone[name] == [f"{one['cases']:,}", *(plain(one[key]) for key in keys)]
    if len(report["classes"]) > 12:  # the worst stand open
        found = [report["held_out"]["per_class"][name]["sensitivity"]["value"] for name in list(table)[1:]]
        known = [one["sensitivity"]["value"] for one in report["held_out"]["per_class"].values()]
        assert found == sorted(value for value in known if value is not None)[:WORST]


def test_calibration_is_told_before_and_after(kind):
    report, page = kind
    table = page.table("before", "after")
    for key, name in (
        ("expected_calibration_error", "expected calibration error (ECE)"),
        ("brier_score", "Brier score"),
        ("log_loss", "log loss"),
    ):
        (cells,) = (cells for first, cells in table.items() if first.startswith(name))
        for cell, when in zip(cells, ("before", "after"), strict=True):
            one = report["probabilities"][when][key]
            assert cell.startswith(f"{one['value']:.4f}")
            assert one["low"] is None or cell.endswith(f"{one['low']:.4f} to {one['high']:.4f}")
    assert f"the temperature: {report['calibration']['temperature']:.3f}" in page.text


def test_what_is_short_what_is_forbidden_and_what_is_doubted_is_told(kind):
    report, page = kind
    for head, sentence in in_short(report):
        assert f"{head}{' '.join(sentence.split())}" in page.text
    for words in (*MUST_NOT, *report["warnings"], "Said & done.", "x is <broken>", "1 image is <blank>."):
        assert " ".join(words.split()) in page.text
    assert "Where they are patients', so is this page" in page.text
    assert "/home/jane" not in page.text
    assert "mean 12.5, 3, deviation 4, 1.5, measured" in page.text


def test_classes_without_a_guarantee_are_told_with_the_number_that_it_takes(kind):
    report, page = kind
    short = [one for one in report["sets"]["per_class"].values() if one["limit"] is None]
    assert ("No guarantee possible for" in page.text) == bool(short)
    assert page.text.count("No guarantee possible for") <= 1
    if short:
        assert f"at least {short[0]['needed']} are needed" in page.text


def test_error_rates_that_cannot_be_promised_say_what_it_takes():
    report, page = made_once("binary")
    assert [level["needed"] for level in report["dial"]] == [598, 299, 149, 59, 29]
    words = (
        "No promise possible: it takes 598 calibration images without an error for 0.5%, 299 for 1%, 149 for 2% and "
        "59 for 5%, and there are 40."
    )
    assert words in page.text
    assert "At 10% error, " in page.text


def test_odd_names_are_words_and_no_markup():
    _, page = made_once("odd names")
    assert ODD in page.text
    assert "script" not in [tag for tag, _ in page.elements]
    titles = [facts["title"] for tag, facts in page.elements if tag == "span" and facts.get("title")]
    assert titles
    assert all(title.startswith(ODD_NAME) or title == "a/b/3.png" for title in titles)


@pytest.mark.parametrize(
    ("wrong", "words", "marked"),
    [
        (0, "It got none wrong; these are the ones that it got right with the most doubt.", 0),
        (1, "The one held-out image that it got wrong; then those that it got right with the most doubt.", 1),
        (3, "The 3 held-out images that it got wrong, the surest mistakes first; then those", 3),
        (40, f"{MOST_PICTURES} of the 40 held-out images that it got wrong, the surest mistakes first.", MOST_PICTURES),
    ],
)
def test_the_hardest_images_stand_first_and_are_counted(wrong, words, marked):
    _, page = made(wrong=wrong)
    fails = page.text.partition("Where it fails: the hardest images")[2].partition("What it learned from")[0]
    assert words in fails
    assert len(re.findall(r"called (benign|malignant) [01]\.\d{3}", fails)) == MOST_PICTURES
    assert len(re.findall("truly ", fails)) == marked


def test_twins_are_shown_beside_the_training_image_that_they_repeat():
    labels = {"labels": lambda _: (np.arange(200) % 10 == 0) * 1}  # of these 170 alone, and its twin is not
    _, page = made(twins={165: (3, "identical"), 170: (5, "near-identical"), 171: (5, "near-identical")}, **labels)
    shown = [facts["alt"] for tag, facts in page.elements if tag == "img" and facts.get("alt", "").startswith("row")]
    assert shown[MOST_PICTURES:] == ["row 170", "row 5", "row 165", "row 3"]  # one of each group of images alike
    assert "near-identical, different labels" in page.text
    assert "Held-out images with a twin in training" not in made(twins={})[1].text


def test_pairs_of_one_patient_are_no_pictures():
    report, page = made(twins={165: (3, "same group")}, groups=lambda _: np.where(np.arange(200) == 165, 3, range(200)))
    assert report["twins"]["same group"] == 1
    assert "Held-out images with a twin" not in page.text


def test_groups_are_told():
    report, page = made_once("groups")
    assert report["held_out"]["groups"] == 10
    assert "about 40 others of 10 patients or exams" in page.text
    assert "with whole patients or exams as the unit" in page.text


def test_labels_are_told_as_labels():
    report, page = made_once("fourteen labels")
    assert "which of 14 labels?" in page.text
    assert f"all labels right, held out {report['held_out']['subset_accuracy']['value']:.3f}" in page.text
    assert re.search(r"called (finding \d+ [01]\.\d\d, ){3}finding \d+ [01]\.\d\d and [1-9] more", page.text)


def test_one_look_at_the_validation_part_is_said_to_be_one():
    _, page = made(history=[HISTORY[1]])
    assert "those of step 2, the only ones that were tried on the validation part." in page.text


def test_a_resumed_run_says_where_it_went_on_and_what_the_steps_count():
    more = {"resumed_at_step": 1275}
    assert "went on from step 1,275, counted over all models that were tried." in made(more=more)[1].text
    assert "went on from step 1,275." in made(more=more, kinds=("rivals", "probes"))[1].text


def test_the_ladder_says_why_this_model():
    report, page = made_once("binary")
    table = page.table("validation loss")
    assert list(table)[1:] == ["linear", "cnn (kept)"]
    assert report["ladder"]["said"][1] in page.text
    assert "Why a cnn" in page.text
    assert "Why a" not in made(kinds=("rivals",))[1].text


def test_the_page_is_the_same_with_pictures_taken_out():
    assert without_pictures(f'<img src="data:image/png;base64,{PNG}">') == '<img src="data:image/png;base64,">'
    assert without_pictures("no picture: data") == "no picture: data"


@pytest.mark.parametrize(
    ("name", "letters", "wanted"),
    [
        ("a/b.png", 10, "a/b.png"),
        ("aaaa/bb/c.png", 10, "…/bb/c.png"),
        ("aaaa/bb/c.png", 13, "aaaa/bb/c.png"),
        ("a/abcdefghijk.png", 10, "…ghijk.png"),
        ("abc.png", 5, "….png"),
    ],
)
def test_long_names_lose_their_beginning(name, letters, wanted):
    assert tail(name, letters) == wanted
