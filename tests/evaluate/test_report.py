"""The pages that people read, parsed as a browser does: whole, self-contained, safe, and with report.json's figures."""

import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from pellucid.data import Dataset, Split
from pellucid.evaluate.assess import JUDGED, Judged, assess, judge
from pellucid.evaluate.calibration import calibrate
from pellucid.evaluate.report import MOST_PICTURES, _hardest, figure_text, in_markdown, in_yaml, tail, write_pages
from pellucid.evaluate.rivals import LOGISTIC, MAJORITY, Rival
from pellucid.run import Run

ODD = "<script>alert(1)</script>"
ODD_NAME = 'scans/"O\'Neil" & <b>sons</b>/🫁 lung\x07.png'
VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """Elements, their attributes and all text; wrong nesting is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.parts: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(text)
        self.close()
        assert self.open == []
        self.text = " ".join("".join(self.parts).split())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs), f"an attribute of {tag} stands twice"
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.parts.append(data)
            if self.rows and {"td", "th"} & set(self.open):
                self.rows[-1][-1] += data

    def row(self, name: str) -> list[str]:
        """Cells of the first table row whose first cell starts so."""
        return next([" ".join(cell.split()) for cell in row] for row in self.rows if row[0].strip().startswith(name))


RECIPE = {
    "source": {"path": "/data/scans & co"},
    "settings": {
        "batch_size": 32, "epochs": 2, "optimizer": "adamw", "schedule": "one-cycle", "learning_rate": 0.01,
        "weight_decay": 0.01, "augment": "none", "precision": "float32", "seed": 0,
    },
    "split": {"how": "drawn 60/10/10/20", "seed": 0},
    "scaling": {"kind": "standardise", "mean": [12.5, 3.0], "deviation": [4.0, 1.5]},
    "versions": {"pellucid": "0.1.0", "python": "3.11"},
    "machine": {"processor": "x86_64", "threads": 1, "device": "cpu"},
}  # fmt: skip
HISTORY = """step,epoch,train_loss,valid_loss,valid_accuracy,learning_rate,seconds
1,1,0.9,0.8,0.5,0.1,1
2,2,0.5,0.6,0.7,0.1,2
"""


def labels_of(task: str, cases: int, classes: int, generator: np.random.Generator) -> np.ndarray:
    if task == "multi-label":
        return (generator.random((cases, classes)) < 0.3).astype(np.int64)
    return generator.permutation(np.arange(cases) % classes)


def unchanged(dataset: Dataset) -> Dataset:
    return dataset


def made(
    tmp_path, task="binary", classes=("benign", "malignant"), *, wrong=3, change=unchanged, history=HISTORY, **more
):
    """(report, page, card) of a small run whose held-out part has `wrong` wrong cases."""
    generator = np.random.default_rng(0)
    cases, k = 200, len(classes)
    labels = labels_of(task, cases, k, generator)
    images = generator.integers(0, 255, (cases, 1, 6, 6), np.uint8)
    names = [ODD_NAME if row >= 160 else f"a/b/{row}.png" for row in range(cases)]
    dataset = Dataset(images, labels, classes, task, names, np.zeros((cases, 32), np.uint8), said=("Said & done.",))
    dataset = change(dataset)
    labels = dataset.labels
    split = Split(*(np.arange(*ends) for ends in ((0, 80), (80, 120), (120, 160), (160, 200))), "by hand", 0)
    rows = np.concatenate([getattr(split, part) for part in JUDGED])
    truth = labels[rows] if labels.ndim == 2 else labels[rows][:, None] == np.arange(k)
    logits = 4.0 * truth - 2.0 + generator.normal(0, 0.1, (len(rows), k))
    logits[80 : 80 + wrong] *= -1
    calibration = calibrate(logits[40:80], labels[split.calibrate], task)
    judged = judge(logits, split, calibration, dataset)
    shares = np.full((40, k), 1 / k)
    weights = generator.normal(0, 1, (k, 1, 6, 6)).astype(np.float32)
    rivals = [Rival(MAJORITY, "always the same", shares), Rival(LOGISTIC, "one layer", shares[:, ::-1].copy(), weights)]
    twins = np.full(cases, -1)
    twins[165] = 3
    report = {
        "model": "cnn", "source_name": "scans.zip", "task": task, "classes": list(classes), "cases": split.counts(),
        "parameters": 12_345, **assess(judged, split, dataset, twins, rivals), "calibration": calibration.as_dict(),
        "warnings": ["Patients are <not> known."], "steps": 2, "best_step": 2, "resumed_at_step": None, **more,
    }  # fmt: skip
    report["warnings"] += report["held_out"]["warnings"]
    (tmp_path / "recipe.json").write_text(json.dumps(RECIPE), "utf-8")
    (tmp_path / "history.csv").write_text(history, "utf-8")
    page, card = write_pages(Run(tmp_path), report, judged, split, dataset, rivals)
    return json.loads(json.dumps(report)), Page(page), card


FOURTEEN = tuple(f"finding {number}" for number in range(14))
KINDS = {
    "binary": {},
    "one wrong": {"wrong": 1},
    "none wrong": {"wrong": 0},
    "all wrong": {"wrong": 40},
    "multi-class": {"task": "multi-class", "classes": ("a", "b", "c")},
    "ordinal": {"task": "ordinal", "classes": ("mild", "moderate", "severe")},
    "fourteen labels": {"task": "multi-label", "classes": FOURTEEN},
    "twenty classes": {"task": "multi-class", "classes": tuple(f"class {number}" for number in range(20))},
    "odd names": {"classes": (ODD, 'a "quoted" & | *starred*')},
    "groups": {"change": lambda dataset: replace(dataset, groups=np.arange(200) // 4, group_names=("x",) * 50)},
    "a class absent from held-out": {
        "task": "multi-class",
        "classes": ("a", "b", "c"),
        "change": lambda dataset: replace(
            dataset, labels=np.where((np.arange(200) >= 160) & (dataset.labels == 2), 0, dataset.labels)
        ),
    },
    "one class alone held out": {
        "change": lambda dataset: replace(dataset, labels=np.where(np.arange(200) >= 160, 1, dataset.labels))
    },
}


@pytest.fixture(params=KINDS, ids=lambda kind: kind.replace(" ", "-"))
def kind(request, tmp_path):
    return made(tmp_path, **KINDS[request.param])


def test_every_page_is_whole_and_asks_for_nothing_outside_itself(kind):
    _, page, _ = kind
    tags = [tag for tag, _ in page.elements]
    assert [tags.count(tag) for tag in ("html", "head", "title", "body", "h1")].count(1) == 4  # SVG has titles too
    assert not {"script", "link", "iframe", "object", "embed", "form", "base"} & set(tags)
    for tag, facts in page.elements:
        for name, value in facts.items():
            assert not name.startswith("on"), f"{tag} has {name}"
            if name in ("src", "href", "data", "action", "srcset", "xlink:href"):
                assert value.startswith("data:image/png;base64,"), f"{tag} asks for {value[:60]}"
                assert base64.b64decode(value.split(",")[1], validate=True)[:8] == b"\x89PNG\r\n\x1a\n"
            if name == "style":
                assert "url(" not in value


def test_every_page_shows_the_reports_figures(kind):
    report, page, _ = kind
    held_out = report["held_out"]
    for key in ("accuracy", "balanced_accuracy", "auroc", "subset_accuracy", "mean_absolute_error"):
        one = held_out.get(key)
        if one is None:
            continue
        if one["value"] is not None:
            assert f"{one['value']:.4f}" in page.text, key
        if one["low"] is not None:
            assert f"95% interval {one['low']:.4f} to {one['high']:.4f}" in page.text, key
    shown = {"cnn": held_out, "cnn, without": report["held_out_without_twins"], **report["rivals"]}
    for name, figures in shown.items():
        cells = page.row(name)[1:]
        assert cells == [plain(figures[key], 4) for key in ("accuracy", "balanced_accuracy", "auroc")]
    for name, one in held_out["per_class"].items():
        cells = [row for row in page.rows if row[0] == name][-1]
        wanted = [plain(one[key], 3) for key in ("sensitivity", "specificity", "auroc")]
        assert [" ".join(cell.split()) for cell in cells[1:]] == [f"{one['cases']:,}", *wanted]


def plain(one: dict, digits: int) -> str:
    """A table's cell: the number, and its interval below."""
    return re.sub(r"[()]", "", figure_text(one, digits)) if one["value"] is not None else figure_text(one)


def test_warnings_notes_and_counts_are_told(kind):
    report, page, _ = kind
    for words in (*report["warnings"], "Said & done.", "12,345 weights", "without the 1 held-out image that stands in"):
        assert words in page.text
    assert "mean 12.5, 3, deviation 4, 1.5, measured" in page.text
    assert "1 thread, cpu" in page.text


def test_odd_names_are_words_and_no_markup(tmp_path):
    _, page, card = made(tmp_path, **KINDS["odd names"])
    assert ODD in page.text
    assert "script" not in [tag for tag, _ in page.elements]
    titles = [facts["title"] for tag, facts in page.elements if tag == "img" and facts.get("title")]
    assert set(titles) == {ODD_NAME}
    assert ODD not in card
    assert r"\<script\>alert(1)\</script\>" in card


@pytest.mark.parametrize(
    ("wrong", "words", "marked"),
    [
        (0, "It got none wrong; these are the ones that it got right with the most doubt.", 0),
        (1, "The one held-out image that it got wrong; then those that it got right with the most doubt.", 1),
        (3, "The 3 held-out images that it got wrong, the surest mistakes first; then those", 3),
        (40, "16 of the 40 held-out images that it got wrong, the surest mistakes first.", 16),
    ],
)
def test_the_hardest_images_stand_first_and_are_counted(tmp_path, wrong, words, marked):
    _, page, _ = made(tmp_path, wrong=wrong)
    assert words in page.text
    assert sum(facts.get("class") == "wrong" for _, facts in page.elements) == marked
    assert len(re.findall(r"called (benign|malignant) [01]\.\d{3}", page.text)) == MOST_PICTURES
    assert page.text.count("truly benign") + page.text.count("truly malignant") >= marked


def test_a_mistake_stands_before_any_doubt_and_the_surest_mistake_first():
    p = np.array([[0.9, 0.05, 0.05], [0.40, 0.35, 0.25], [0.5, 0.45, 0.05], [0.1, 0.2, 0.7], [0.36, 0.34, 0.30]])
    labels = np.array(
        [0, 0, 1, 0, 0]
    )  # right, right with doubt 0.6, wrong by 0.55, wrong by 0.9, right with doubt 0.64
    names = ["sure", "doubtful", "nearly", "wrong", "most doubtful"]
    dataset = Dataset(
        np.zeros((5, 1, 2, 2), np.uint8), labels, ("a", "b", "c"), "multi-class", names, np.zeros((5, 32), np.uint8)
    )
    none, rows = np.zeros(0, np.int64), np.arange(5)
    cases, wrong = _hardest(Judged(rows, p, p), Split(none, none, none, rows, "by hand", 0), dataset)
    assert [case["name"] for case in cases] == ["wrong", "nearly", "most doubtful", "doubtful", "sure"]
    assert [case["called"] for case in cases[:2]] == ["c 0.700", "a 0.500"]
    assert [case["truth"] for case in cases[:2]] == ["a", "b"]
    assert wrong == 2


def test_groups_are_told(tmp_path):
    report, page, _ = made(tmp_path, **KINDS["groups"])
    assert report["held_out"]["groups"] == 10
    assert "from 10 patients or exams that it had never seen either" in page.text
    assert "with whole patients or exams as the unit" in page.text


def test_more_classes_than_fit_are_said_to_be_more(tmp_path):
    _, page, _ = made(tmp_path, **KINDS["twenty classes"])
    assert "(the first 14 of 20 are shown)" in page.text
    assert sum(facts.get("alt", "").startswith("weights of") for _, facts in page.elements) == 14


def test_labels_are_told_as_labels(tmp_path):
    report, page, card = made(tmp_path, **KINDS["fourteen labels"])
    assert "which of 14 labels?" in page.text
    assert "A table for each of 14 labels" in page.text
    assert f"all labels right, held out {report['held_out']['subset_accuracy']['value']:.4f}" in page.text
    assert "| labels rightly called |" in card
    assert re.search(r"called (finding \d+ [01]\.\d\d, ){3}finding \d+ [01]\.\d\d and [1-9] more", page.text)


def test_one_look_at_the_validation_part_is_said_to_be_one(tmp_path):
    _, page, _ = made(tmp_path, history=HISTORY.replace("0.8,0.5", ","))
    assert "those of step 2, the only ones that were tried on the validation part." in page.text


def test_a_resumed_run_says_where_it_went_on(tmp_path):
    _, page, _ = made(tmp_path, resumed_at_step=1)
    assert "The run was interrupted, and went on from step 1." in page.text


def head_of(card: str) -> dict:
    yaml = pytest.importorskip("yaml")
    _, head, rest = card.split("---\n", 2)
    assert rest.startswith("\n# cnn on ")
    return yaml.safe_load(head)


@pytest.mark.parametrize(
    "name", ["scans.zip", 'a "b": c', "🫁 lung", "x\ny: z", "\\d", "- no", "{a: b}", "é\x07\udc80", "#1", "null"]
)
def test_the_model_cards_head_is_yaml_whatever_the_source_is_called(tmp_path, name):
    report, page, card = made(tmp_path, source_name=name)
    head = head_of(card)
    (model,) = head["model-index"]
    (result,) = model["results"]
    assert result["dataset"] == {"name": name, "type": name}
    figures = {metric["type"]: metric["value"] for metric in result["metrics"]}
    held_out = report["held_out"]
    assert figures == {"accuracy": held_out["accuracy"]["value"], "roc_auc": held_out["auroc"]["value"]}
    assert head["tags"] == ["medical-imaging", "binary"]
    assert page.elements[0] == ("html", {"lang": "en"})


def test_the_model_card_has_the_figures_and_is_one_table(kind):
    report, _, card = kind
    assert f"| AUROC | {figure_text(report['held_out']['auroc'])} |" in card
    for name, rival in report["rivals"].items():
        assert f" by the {name} | {figure_text(rival['accuracy'])} |" in card
    table = card.split("| | held out (40 cases) |\n")[1].split("\n\n")[0].splitlines()
    assert all(re.fullmatch(r"\|[^|]+\|[^|]+\|", line) for line in table)
    assert card.endswith("\n")


def test_signs_of_markdown_are_made_ordinary():
    assert in_markdown("a_b _c_ 2 * 3 [x](y)\n`z` ~ $ &amp; \\") == r"a_b \_c\_ 2 \* 3 \[x\](y) \`z\` \~ \$ \&amp; \\"


def test_yaml_scalars_are_quoted_by_hand():
    assert in_yaml('é "x"\\\n') == '"é \\"x\\"\\\\\\U0000000A"'


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
