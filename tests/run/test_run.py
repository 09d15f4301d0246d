"""The Run folder: files that are there whole or not at all, its state, its history, its tables."""

import csv
import hashlib
import io
import json
import os
import stat
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.errors import BadInput
from pellucid.run import History, HistoryRow, Run, find_runs, new_run_path, write_json, write_text
from pellucid.run.folder import make_private
from pellucid.run.history import read_history
from pellucid.run.writing import csv_text, file_sha256, write_bytes


def full(*_: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(moment, tmp_path, monkeypatch):
    path = tmp_path / "report.json"
    path.write_text("old")
    monkeypatch.setattr(*((os, "fsync") if moment == "fsync" else (Path, "replace")), full)
    with pytest.raises(BadInput, match=r"report.json cannot be written \(No space left on device\): make room"):
        write_text(path, "new")
    assert [(found.name, found.read_text()) for found in tmp_path.iterdir()] == [("report.json", "old")]


def test_a_file_below_a_file_is_one_line(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="cannot be written"):
        write_bytes(tmp_path / "file" / "below", b"x")
    with pytest.raises(BadInput, match="cannot be written"):
        write_bytes(tmp_path / "nowhere" / "below", b"x")


def test_the_old_file_is_there_until_the_new_one_is_whole(tmp_path, monkeypatch):
    path, seen = tmp_path / "a.txt", []
    write_text(path, "old")
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda number: (seen.append(path.read_text()), fsync(number)))
    write_text(path, "new")
    assert (seen, path.read_text()) == (["old"], "new")


def test_nan_is_no_json(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert not list(tmp_path.iterdir())


def test_names_that_are_no_unicode_keep_their_bytes(tmp_path):
    name = os.fsdecode(b"caf\xe9.png")
    write_text(tmp_path / "a.csv", csv_text(["name"], [[name]]))
    assert (tmp_path / "a.csv").read_bytes() == b"name\ncaf\xe9.png\n"


TEXT = st.text(st.characters(codec=None) | st.sampled_from(',"\n\r|🫁é\udce9'), max_size=8)


@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[TEXT] * width), min_size=1, max_size=6)))
def test_a_table_of_any_text_is_read_back_by_the_csv_module(rows):
    header = [f"{number}," for number in range(len(rows[0]))]
    text = csv_text(header, zip(*rows, strict=True))
    found = list(csv.reader(io.StringIO(text, newline="")))
    expected = [list(row) if row != ("",) else [] for row in rows]  # a line of one empty field is an empty line
    assert found == [header, *expected]


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=20))
def test_float32_survives_a_table(values):
    _, *found = csv.reader(io.StringIO(csv_text(["p"], [values])))
    assert [np.float32(row[0]) for row in found] == [np.float32(value) for value in values]


ROW = st.builds(
    HistoryRow,
    st.integers(1, 10**9),
    st.integers(1, 10**4),
    *[st.none() | st.floats(-1e9, 1e9, width=32)] * 3,
    st.floats(0, 10, width=32),
    st.floats(0, 2**20, width=32),
)


@given(st.lists(ROW, max_size=6))
def test_history_is_read_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("run") / "history.csv"
    history = History(path, rows[:2])
    for row in rows[2:]:
        history.add(row)
    assert history.rows == rows
    for found, wanted in zip(read_history(path), rows, strict=True):
        assert (found.step, found.epoch) == (wanted.step, wanted.epoch)
        for name in ("train_loss", "valid_loss", "valid_accuracy", "learning_rate", "seconds"):
            assert getattr(found, name) == (
                None if getattr(wanted, name) is None else pytest.approx(getattr(wanted, name), rel=1e-8)
            )


@pytest.mark.parametrize("cut", range(1, 30))
def test_a_last_line_that_a_kill_left_unfinished_is_passed_over(cut, tmp_path):
    history = History(tmp_path / "history.csv", [])
    history.add(HistoryRow(1, 1, 0.5, None, None, 0.125, 2.0))
    whole = history.path.read_bytes()
    history.add(HistoryRow(2, 1, 0.25, 0.5, 0.75, 0.125, 3.0625))
    history.path.write_bytes(history.path.read_bytes()[: len(whole) + cut])
    found = read_history(history.path)
    assert found == [HistoryRow(1, 1, 0.5, None, None, 0.125, 2.0)]


def test_a_run_is_none_then_unfinished_then_finished(tmp_path):
    run = Run(tmp_path / "run")
    assert run.state == "none"
    make_private(run.path)
    assert run.state == "none"
    write_json(run.file("recipe.json"), {})
    assert run.state == "unfinished"
    run.seal()
    assert run.state == "finished"
    assert stat.S_IMODE(run.path.stat().st_mode) == 0o700


def test_the_seal_holds_the_sums_of_all_files_but_what_goes(tmp_path):
    for name in ("recipe.json", "weights.safetensors", "resume.safetensors", "notes of my own.txt"):
        (tmp_path / name).write_bytes(name.encode() * 1000)
    (tmp_path / ".report.json.making").write_bytes(b"half")
    Run(tmp_path).seal()
    Run(tmp_path).seal()  # the sums never hold themselves
    found = dict(reversed(line.split("  ", 1)) for line in (tmp_path / "SHA256SUMS").read_text().splitlines())
    names = ("recipe.json", "weights.safetensors")
    assert found == {name: hashlib.sha256(name.encode() * 1000).hexdigest() for name in names}
    assert file_sha256(tmp_path / "recipe.json") == found["recipe.json"]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("a/medical mnist.zip", "medical-mnist"),
        ("digits", "digits"),
        ("🫁.zip", "run"),
        (".", "run"),
        ("ärzte/", "ärzte"),
    ],
)
def test_a_run_is_named_after_its_source(source, name, here):
    assert new_run_path(source, None) == Path("runs") / name


def test_the_next_run_stands_beside_the_last(here):
    for name in ("digits", "digits-2", "digits-3"):
        path = new_run_path("digits", None)
        assert path == Path("runs") / name
        path.mkdir(parents=True)


def test_a_folder_with_something_in_it_is_not_written_into(here):
    Path("empty").mkdir()
    assert new_run_path("digits", Path("empty")) == Path("empty")
    Path("empty/.recipe.json.making").write_text("{")  # all that a kill at the very beginning leaves
    assert new_run_path("digits", Path("empty")) == Path("empty")
    Path("empty/mine.txt").write_text("x")
    for taken in ("empty", "empty/mine.txt"):
        with pytest.raises(BadInput, match=f"{taken} is there already: choose another --out"):
            new_run_path("digits", Path(taken))


def test_a_folder_that_cannot_be_made_is_named(here):
    Path("file").write_text("x")
    with pytest.raises(BadInput, match=r"file/below/run cannot be made \(Not a directory\): choose an --out"):
        make_private(Path("file/below/run"))


def test_runs_are_found_one_folder_down_and_in_the_folder_itself(here):
    for name in ("runs/b", "runs/a", "runs/deep/er", "runs/no"):
        Path(name).mkdir(parents=True)
    for name in ("runs/a", "runs/b", "runs/deep/er"):
        Path(name, "recipe.json").write_text("{}")
    assert [str(run.path) for run in find_runs(Path("runs"))] == ["runs/a", "runs/b"]
    assert [str(run.path) for run in find_runs(Path("runs/a"))] == ["runs/a"]
    assert find_runs(Path("nowhere")) == []


def header(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


@pytest.mark.parametrize(
    "contents",
    [
        b"",
        b"abc",
        b"\xff" * 20,
        header(b"{}"),
        header(b"[]"),
        header(b"{"),
        header(b'{"__metadata__": {"pellucid": "{"}}'),
    ]
    + [header(json.dumps({"__metadata__": {"pellucid": text}}).encode()) for text in ("[1]", "3", "null")],
)
def test_a_damaged_weights_file_is_one_line(contents, tmp_path):
    (tmp_path / "weights.safetensors").write_bytes(contents)
    with pytest.raises(BadInput, match=r"weights.safetensors is not a weights file of pellucid's: restore it") as told:
        Run(tmp_path).facts  # noqa: B018
    assert "\n" not in str(told.value)


def test_missing_files_are_named_with_what_to_do(tmp_path):
    with pytest.raises(BadInput, match="has no weights yet: finish it with `pellucid train --resume"):
        Run(tmp_path).facts  # noqa: B018
    with pytest.raises(BadInput, match=r"has no report.json: is it a run folder"):
        Run(tmp_path).report  # noqa: B018
    (tmp_path / "recipe.json").write_text("{")
    with pytest.raises(BadInput, match=r"recipe.json cannot be read \(.*\): restore it"):
        Run(tmp_path).recipe  # noqa: B018
