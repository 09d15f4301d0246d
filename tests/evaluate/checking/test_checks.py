"""Every number and word of a run that is changed is noticed by its name, though SHA256SUMS was made to match."""

import copy
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pellucid.errors import PellucidError
from pellucid.evaluate.checking.checks import CHECKS, Differing, calibration, checksums, figures, layout, pages
from pellucid.evaluate.checking.checks_of_settings import history, settings
from pellucid.evaluate.checking.checks_of_split import split
from pellucid.evaluate.checking.told import Told
from pellucid.run import Run
from pellucid.run.folder import FILES
from pellucid.training import train

pytestmark = pytest.mark.slow

NOT_COMPUTED = ("seconds", "peak_memory_mb", "resumed_at_step", "weights_limit", "weights_shown", "report.json.steps")
"""Figures that no table tells: they may not be absurd, nor contradict the history and the pages, see below."""


def draw(number: int, index: int, side: int = 12) -> np.ndarray:
    pixels = np.random.default_rng([number, index]).integers(0, 160, (side, side)).astype(np.uint8)
    pixels[:, 3 * number : 3 * number + 3] += 60
    return pixels


@pytest.fixture(scope="session")
def images(tmp_path_factory) -> Path:
    """Three classes of eight patients with five images each; in each class one image stands twice."""
    root = tmp_path_factory.mktemp("verified") / "images"
    for number, name in enumerate(("low, far", 'say "mid"', "high")):
        for index in range(40):
            folder = root / name / f"patient-{number}-{index // 5}"
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(draw(number, index - (index == 39) * 39)).save(folder / f"{index}.png")
    return root


@pytest.fixture(scope="session")
def finished(images) -> Run:
    """A small run, which no test may change."""
    out = images.parent / "run"
    return train(images, model="linear", epochs=2, group_by="level:1", out=out, say=lambda _: None)


@pytest.fixture
def run(finished, tmp_path) -> Run:
    """A copy of it, to be spoilt."""
    return Run(Path(shutil.copytree(finished.path, tmp_path / "copy")))


@pytest.fixture(scope="session")
def computed(finished) -> Told:
    """The same run, with all that is computed from its tables."""
    told = Told(Run(finished.path))
    _ = told.figures, told.probabilities, told.written, told.run.recipe, told.run.facts, told.run.report
    return told


def with_report(computed: Told, report: dict[str, Any]) -> Told:
    """The same tables beside another report.json, so that nothing is computed twice."""
    run = Run(computed.run.path)
    vars(run).update({**vars(computed.run), "report": report})
    told = Told(run)
    vars(told).update({**vars(computed), "run": run})
    return told


def found_by(run: Run, *checks: Differing) -> list[str]:
    """What some checks find; a broken file ends a check, as it does in `verify`, which tells it in one line."""
    told, found = Told(run), []
    for check in checks:
        try:
            found += check(told)
        except (PellucidError, KeyError) as problem:
            found.append(str(problem))
    return found


def edit(run: Run, name: str, change: Callable[[bytes], bytes]) -> Run:
    """Change a file, and SHA256SUMS with it."""
    path = run.file(name)
    before = path.read_bytes()
    after = change(before)
    assert after != before
    path.write_bytes(after)
    Run(run.path).seal()
    return Run(run.path)


def test_a_sound_run_holds(finished):
    assert not found_by(finished, *(check.differing for check in CHECKS))


def numbers(tree: Any, name: str) -> Iterator[tuple[Any, Any, str]]:
    """Every number in a nested table: what holds it, where, and its name."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        inner = f"{name}.{key}" if isinstance(tree, dict) else f"{name}[{key}]"
        if isinstance(value, dict | list):
            yield from numbers(value, inner)
        elif isinstance(value, int | float):
            yield tree, key, inner


def test_every_single_number_of_the_report_is_noticed_by_its_name(finished):
    told = Told(Run(finished.path))
    places = list(numbers(told.run.report, "report.json"))
    assert len(places) > 1000
    _ = told.figures  # all that is computed is computed from the tables, before any number is changed
    for tree, key, _name in places:
        tree[key] = (
            not tree[key] if isinstance(tree[key], bool) else tree[key] + (1 if type(tree[key]) is int else 1e-7)
        )
    noticed = "\n".join(f"{line} " for check in (figures, calibration, settings) for line in check(told))
    missed = [name for _, _, name in places if f"{name} " not in noticed]
    assert not [name for name in missed if not any(part in name for part in NOT_COMPUTED)]


@pytest.mark.parametrize("chosen", range(7, 1000, 241))
def test_one_number_alone_is_enough(computed, chosen):
    report = copy.deepcopy(computed.run.report)
    tree, key, name = list(numbers(report, "report.json"))[chosen]
    tree[key] = not tree[key] if isinstance(tree[key], bool) else tree[key] + (1 if type(tree[key]) is int else 1e-4)
    told = with_report(computed, report)
    assert any(name in line for check in (figures, calibration, settings) for line in check(told))


@pytest.mark.parametrize(
    "change",
    [
        {"seconds": {"total": 0.0}},
        {"seconds": {"read": -1.0}},
        {"peak_memory_mb": -1},
        {"resumed_at_step": 10**6},
        {"steps": 0},
        {"image": {"channels": 3}},
        {"source_name": "elsewhere"},
        {"weights_shown": 10**9},
        {"warnings": []},
    ],
    ids=str,
)
def test_what_no_table_tells_may_not_contradict_the_rest(computed, change):
    report = copy.deepcopy(computed.run.report)
    for name, value in change.items():
        if isinstance(value, dict):
            report[name].update(value)
        else:
            report[name] = value
    told = with_report(computed, report)
    found = [line for check in (figures, settings, pages, history) for line in check(told)]
    assert any(next(iter(change)) in line for line in found)


@pytest.mark.parametrize(("key", "wrong"), [("steps", 10**6), ("images_seen", 1), ("best_step", 0), ("seconds", -1.0)])
def test_what_a_rung_took_is_held_against_its_settings(run, key, wrong):
    report, train_cases = run.report, run.report["cases"]["train"]
    sound = {"steps": report["steps"], "best_step": report["best_step"], "seconds": 0.1, "images_seen": 2 * train_cases}
    report["learning"] = [{"model": "linear"} | sound]
    assert not list(settings(Told(run)))
    report["learning"][0][key] = wrong
    assert any("report.json.learning[0]" in line for line in settings(Told(run)))


def rewritten(line: int, column: int, text: str) -> Callable[[bytes], bytes]:
    """Another field in a table without quotes in that line."""

    def change(contents: bytes) -> bytes:
        lines = contents.decode().split("\n")
        fields = lines[line].split(",")
        fields[column] = text
        lines[line] = ",".join(fields)
        return "\n".join(lines).encode()

    return change


@pytest.mark.parametrize("line", [1, -2])
def test_the_ninth_digit_of_a_probability_is_noticed(run, line):
    before = float(run.file("predictions.csv").read_text("utf-8").split("\n")[line].split(",")[-1])
    after = f"{before + 2 * 10.0 ** (np.floor(np.log10(before)) - 8):.9g}"
    changed = edit(run, "predictions.csv", rewritten(line, -1, after))
    assert any(line.startswith("predictions.csv: p of") for line in found_by(changed, figures))


@pytest.mark.parametrize("line", [1, -2])
def test_a_rivals_answer_is_noticed_though_no_figure_moves(run, line):
    before = np.float32(run.file("rivals.csv").read_text("utf-8").split("\n")[line].split(",")[-1])
    changed = edit(run, "rivals.csv", rewritten(line, -1, f"{np.nextafter(before, np.float32(2)):.9g}"))
    assert any(line.startswith("report.json.tables.others_sha256 ") for line in found_by(changed, figures))


@pytest.mark.parametrize("line", [1, -2])
def test_a_logit_is_noticed_as_what_its_case_was_given(run, line):
    changed = edit(run, "predictions.csv", rewritten(line, -4, "0.25"))
    assert any(line.startswith("predictions.csv: p of") for line in found_by(changed, figures))


def fields(run: Run, **wanted: str) -> tuple[int, list[str]]:
    """The first line of split.csv that has these, and no quotes."""
    lines = run.file("split.csv").read_text("utf-8").split("\n")
    heading = lines[0].split(",")
    for number, line in enumerate(lines[1:], 1):
        values = dict(zip(heading, line.split(","), strict=False))
        if '"' not in line and all(values.get(name) == value for name, value in wanted.items()):
            return number, heading
    raise AssertionError(wanted)


@pytest.mark.parametrize("part", ["train", "held_out"])
@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("sha256", "ab" * 32),
        ("group", "0123456789abcdef"),
        ("twin", "nobody"),
        ("likeness", "near-identical"),
        ("alike", "119"),
        ("seen", "blank"),
        ("part", "valid or other"),
        ("label", 'say ""mid""'),
        ("name", "another.png"),
    ],
)
def test_every_column_of_the_split_is_watched_in_every_part(run, part, column, text):
    line, heading = fields(run, part=part)
    if column == "part":
        text = "train" if part != "train" else "held_out"
    if column == "label":
        text = f'"{text}"'
    changed = edit(run, "split.csv", rewritten(line, heading.index(column), text))
    assert found_by(changed, split)


def test_a_case_moved_into_training_is_named(run):
    line, heading = fields(run, part="held_out")
    changed = edit(run, "split.csv", rewritten(line, heading.index("part"), "train"))
    assert any("predictions.csv: line " in line for line in found_by(changed, figures))
    assert any("recipe.json.split.rows_sha256" in line for line in found_by(changed, split))


def test_a_name_that_stands_twice_is_named(run):
    line, heading = fields(run, part="train")
    name = run.file("split.csv").read_text("utf-8").split("\n")[line + 1].split(",")[0]
    changed = edit(run, "split.csv", rewritten(line, heading.index("name"), name))
    assert f"split.csv: {name} stands twice, with other pixels" in found_by(changed, split)


def test_pixels_that_were_learned_from_are_found_on_the_other_side(run):
    cases = Told(run).cases
    learned = cases.sha256[int(cases.rows("train")[0])]
    line, heading = fields(run, part="held_out")
    changed = edit(run, "split.csv", rewritten(line, heading.index("sha256"), learned))
    assert any("has the pixels of" in line and "(held_out)" in line for line in found_by(changed, split))


def test_a_patient_on_both_sides_is_found(run):
    line, heading = fields(run, part="train")
    group = run.file("split.csv").read_text("utf-8").split("\n")[line].split(",")[heading.index("group")]
    line, _ = fields(run, part="held_out")
    changed = edit(run, "split.csv", rewritten(line, heading.index("group"), group))
    assert any("of a patient or exam who was learned from" in line for line in found_by(changed, split))


@pytest.mark.parametrize("name", ["report.html", "model_card.md", "reporting.md"])
@pytest.mark.parametrize("old", ["held", "1"])
def test_a_word_of_a_page_is_noticed_by_its_line(run, name, old):
    changed = edit(run, name, lambda page: page.replace(old.encode(), b"odd", 1))
    assert any(line.startswith(f"{name}: line ") for line in found_by(changed, pages))


@pytest.mark.parametrize("name", ["report.html", "model_card.md", "reporting.md"])
@pytest.mark.parametrize("more", [b"<p>more</p>\n", b" "])
def test_what_is_added_to_a_page_is_noticed(run, name, more):
    assert any(line.startswith(name) for line in found_by(edit(run, name, lambda page: page + more), pages))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("recipe.json", b'"learning_rate": ', b'"learning_rate": 1'),
        ("recipe.json", b'"seed": 0', b'"seed": 1'),
        ("recipe.json", b'"mean": [\n   ', b'"mean": [\n   1'),
        ("recipe.json", b'"pixels_sha256": "', b'"pixels_sha256": "0'),
        ("recipe.json", b'"held_out": ', b'"held_out": 1'),
        ("recipe.json", b'"epochs": 2', b'"epochs": 3'),
        ("weights.safetensors", b"best_step", b"best_stop"),
        ("weights.safetensors", b"low, far", b"low, fur"),
        ("weights.safetensors", b'units\\":', b'units\\":9'),
        ("weights.safetensors", b"float32", b"float16"),
    ],
)
def test_a_fact_that_two_files_tell_differently_is_noticed(run, name, old, new):
    def change(contents: bytes) -> bytes:
        assert old in contents
        return contents.replace(old, new, 1)

    assert found_by(edit(run, name, change), split, settings, history, calibration)


@pytest.mark.parametrize("column", ["step", "epoch", "valid_loss", "valid_accuracy", "learning_rate"])
def test_the_best_row_of_the_history_is_held_against_the_tables(run, column):
    lines = run.file("history.csv").read_text("utf-8").split("\n")
    at = lines[0].split(",").index(column)
    number = next(n for n, line in enumerate(lines) if line.startswith(f"{run.report['best_step']},"))
    other = "9" if column in ("step", "epoch") else f"{0.9 * float(lines[number].split(',')[at]) - 0.02:.9g}"
    changed = edit(run, "history.csv", rewritten(number, at, other))
    assert any("history.csv" in line for line in found_by(changed, history))


@pytest.mark.parametrize("name", ["report.json", "recipe.json", "predictions.csv", "rivals.csv"])
def test_other_line_ends_are_noticed(run, name):
    changed = edit(run, name, lambda contents: contents.replace(b"\n", b"\r\n"))
    assert f"{name}: is not laid out as it was written" in found_by(changed, layout)


def test_a_figure_told_twice_is_noticed(run):
    changed = edit(run, "report.json", lambda text: text.replace(b'{\n "run"', b'{\n "steps": 9,\n "run"', 1))
    assert "report.json: is not laid out as it was written" in found_by(changed, layout)


@pytest.mark.parametrize("name", [*FILES, "SHA256SUMS"])
def test_a_single_byte_is_noticed_wherever_it_is(run, name):
    contents = run.file(name).read_bytes()
    for place in np.linspace(0, len(contents) - 1, 5).astype(int).tolist():
        spoilt = bytearray(contents)
        spoilt[place] ^= 1
        run.file(name).write_bytes(spoilt)
        assert found_by(run, checksums), place
    run.file(name).write_bytes(contents[:-1])
    assert found_by(run, checksums)
    run.file(name).write_bytes(contents)
    assert not found_by(run, checksums)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_gone_is_named_though_its_checksum_went_with_it(run, name):
    os.unlink(run.file(name))  # noqa: PTH108
    assert f"{name}: is not there" in found_by(run, checksums)
    run.seal()
    assert f"{name}: is not there" in found_by(run, checksums)
