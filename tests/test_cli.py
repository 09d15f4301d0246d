"""The command line as a shell meets it: exit statuses, what goes to stdout and what to stderr, and who may listen."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid import __version__

LINE = [sys.executable, "-m", "pellucid.cli"]
NAME = "röntgen 🫁 bild.png"


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with images of two classes, and one of each that is new."""
    folder = tmp_path_factory.mktemp("place")
    generator = np.random.default_rng(0)
    for number, name in enumerate(("gesund", "krank 🤒")):
        (folder / "bilder" / name).mkdir(parents=True)
        for index in range(13):
            pixels = generator.integers(0, 100, (9, 9)).astype(np.uint8)
            pixels[:, 4 * number : 4 * number + 4] += 100
            path = folder / (NAME if (number, index) == (1, 12) else f"bilder/{name}/{index}.png")
            Image.fromarray(pixels).save(path)
    return folder


@pytest.fixture(scope="module")
def trained(place) -> subprocess.CompletedProcess[str]:
    line = [*LINE, "train", "bilder", "--model", "linear", "--epochs", "30", "--out", "läufe/eins", "--json"]
    return subprocess.run(line, cwd=place, capture_output=True, encoding="utf-8", check=False)


@pytest.fixture
def at(place, trained):
    """Run `pellucid` beside the finished run."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*LINE, *arguments],
            cwd=place,
            env={**os.environ, **environment},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    return run


@pytest.fixture
def here_too(place, trained, monkeypatch, capfd):
    """The same in this process, which is faster."""
    from pellucid.cli import entry

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.chdir(place)
        monkeypatch.setattr(sys, "argv", ["pellucid", *arguments])
        status = entry._status()
        return subprocess.CompletedProcess(arguments, status, *capfd.readouterr())

    return run


def test_train_prints_one_json_object_to_stdout_and_the_rest_to_stderr(trained):
    assert trained.returncode == 0
    told = json.loads(trained.stdout)
    assert told["run"] == "läufe/eins"
    assert told["classes"] == ["gesund", "krank 🤒"]
    assert "Patients are not known" in trained.stderr
    assert "\x1b" not in trained.stderr  # no bar off a terminal


def test_report_repeats_what_train_printed(here_too, trained):
    done = here_too("report", "läufe/eins", "--json")
    assert json.loads(done.stdout) == json.loads(trained.stdout)
    lines = here_too("report", "läufe/eins").stdout.splitlines()
    assert lines[0].startswith("linear on ")
    assert lines[-1] == "report: läufe/eins/report.html"
    value = json.loads(trained.stdout)["held_out"]["accuracy"]["value"]
    assert any(line.split()[:2] == ["accuracy", f"{value:.4f}"] for line in lines)


@pytest.mark.slow
def test_predict_takes_names_with_spaces_and_emoji(here_too, at, place):
    done = here_too("predict", "läufe/eins", NAME, "--json")
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert told["predictions"][0]["path"] == NAME
    assert told["predictions"][0]["predicted"] == "krank 🤒"
    assert not (place / "predictions.csv").exists()
    done = at("predict", "läufe/eins", NAME, "bilder", "--out", "tafel 🗒.csv")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "table: tafel 🗒.csv"
    assert (place / "tafel 🗒.csv").read_text("utf-8").startswith("path,predicted,p_gesund,p_krank 🤒,set,certain")


def test_predict_names_what_it_left_out_on_stderr(here_too, place):
    (place / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    done = here_too("predict", "läufe/eins", NAME, "broken.png", "--json")
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["predictions"]) == 1
    assert done.stderr.startswith("Left out: ")
    assert "broken.png" in done.stderr


def test_runs_lists_finished_unfinished_and_damaged_ones(here_too, place):
    for name, files in (("zwei", ["recipe.json"]), ("drei", ["recipe.json", "SHA256SUMS"]), ("vier", [])):
        (place / "läufe" / name).mkdir(exist_ok=True)
        for file in files:
            (place / "läufe" / name / file).write_text("{}")
    told = json.loads(here_too("runs", "läufe", "--json").stdout)["runs"]
    assert {row["run"]: row["state"] for row in told} == {
        "läufe/drei": "damaged",
        "läufe/eins": "finished",
        "läufe/zwei": "unfinished",
    }
    lines = here_too("runs", "läufe").stdout.splitlines()
    assert lines[0].endswith("damaged: its report.json cannot be read")
    assert "linear  accuracy" in lines[1]
    assert lines[2].endswith("unfinished: pellucid train --resume läufe/zwei")
    assert here_too("runs").stdout == "No runs in runs. Begin with: pellucid train digits\n"


ONE_LINE = [
    (["train", "nowhere"], "nowhere"),
    (["train"], "A source is needed"),
    (["train", "bilder", "--model", "resnet"], "model 'resnet' is none of"),
    (["train", "bilder", "--epochs", "0"], "epochs 0 must be a whole number from 1 on"),
    (["train", "bilder", "--device", "tpu"], "--device 'tpu' is none of"),
    (["train", "bilder", "--recipe", "no.toml"], "no.toml is not there"),
    (["train", "bilder", "--out", "läufe/eins"], "läufe/eins is there already"),
    (["train", "bilder", "--out", NAME + "/run"], "cannot be made"),
    (["train", "--resume", "nowhere"], "nowhere is no run folder"),
    (["report", "nowhere"], "nowhere is no run folder"),
    (["report", "bilder"], "bilder is no run folder"),
    (["predict", "nowhere", NAME], "nowhere is no run folder"),
    (["predict", "läufe/eins", "nowhere.png"], "nowhere.png is not there"),
    (["predict", "läufe/eins", NAME, "--out", "no/table.csv"], "no/table.csv cannot be written"),
    (["data", "pack", "nowhere"], "nowhere"),
    (["data", "fetch", "nowhere"], "nowhere"),
]


@pytest.mark.parametrize(
    ("arguments", "said"), ONE_LINE, ids=[" ".join(line[:2]) + f" {n}" for n, (line, _) in enumerate(ONE_LINE)]
)
def test_what_cannot_be_done_is_one_line_with_status_1(arguments, said, here_too):
    done = here_too(*arguments)
    assert (done.returncode, done.stdout) == (1, "")
    *before, last = done.stderr.splitlines()
    assert last.startswith("pellucid: ")
    assert said in last
    assert not [line for line in before if "Traceback" in line or line.startswith("pellucid: ")]


def test_what_cannot_be_done_has_status_1_in_a_process_of_its_own(command):
    done = command("report", "nowhere")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "pellucid: nowhere is no run folder: `pellucid runs` lists those there are.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["trian"],
        ["train", "a", "b"],
        ["train", "a", "--epochs", "many"],
        ["predict", "run"],
        ["data", "drop"],
        ["--nonsense"],
    ],
)
def test_wrong_usage_has_status_2_and_says_so_on_stderr(arguments, command):
    done = command(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage: " in done.stderr


def test_the_version(command):
    done = command("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"pellucid {__version__}\n", "")


def test_help_names_every_command_and_its_example(command):
    done = command("--help", NO_COLOR="1")
    assert done.returncode == 0
    assert all(f" {name} " in done.stdout for name in ("train", "predict", "report", "runs", "info", "data"))
    assert "pellucid train digits" in done.stdout
    assert "Example: pellucid predict" in command("predict", "--help").stdout


def on_a_terminal(place: Path, *arguments: str, **environment: str) -> str:
    """What the command shows on a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*LINE, *arguments],
        cwd=place,
        env={**os.environ, "TERM": "xterm-256color", **environment},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:  # the other end is closed
            pass
        process.wait()
    os.close(ours)
    return shown.decode()


def test_colours_stand_on_a_terminal_unless_no_color_is_set(place):
    assert "\x1b[1" in on_a_terminal(place, "--help") or "\x1b[3" in on_a_terminal(place, "--help")
    plain = on_a_terminal(place, "--help", NO_COLOR="1")
    codes = {code.partition("m")[0] for code in plain.split("\x1b[")[1:]}
    assert not {code for code in codes for part in code.split(";") if part.isdigit() and 30 <= int(part) <= 107}


def test_a_reader_that_leaves_early_meets_no_traceback(place, trained):
    with subprocess.Popen(
        [*LINE, "data", "list"], cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        told = process.stderr.read()
        process.wait()
    assert told == b""
    assert process.returncode in (0, 1)


def test_a_terminal_that_knows_no_umlauts_is_no_reason_to_fail(at):
    done = at("runs", "läufe", PYTHONIOENCODING="cp1251")
    assert done.returncode == 0
    assert "l\\xe4ufe/eins" in done.stdout


@pytest.mark.slow
def test_data_list_pack_and_clear(at, tmp_path):
    cache = {"PELLUCID_CACHE": str(tmp_path / "cache")}
    told = json.loads(at("data", "list", "--json", **cache).stdout)["sets"]
    names = {row["name"] for row in told}
    assert {"digits", "breastmnist"} <= names
    assert at("data", "list", **cache).stdout.count("\n") == len(told) + 1
    first = json.loads(at("data", "pack", "bilder", "--json", **cache).stdout)
    again = json.loads(at("data", "pack", "bilder", "--json", **cache).stdout)
    assert (first["cases"], first["from_cache"], again["from_cache"]) == (25, False, True)
    assert first["pack"] == again["pack"]
    assert Path(first["pack"]).exists()
    assert {"cases", "pack", "seconds", "from_cache"} <= first.keys()
    rehashed = json.loads(at("data", "pack", "bilder", "--rehash", "--json", **cache).stdout)
    assert rehashed["cases"] == 25
    freed = json.loads(at("data", "clear", "--json", **cache).stdout)
    assert freed["freed_bytes"] >= 25 * 81
    assert not Path(first["pack"]).exists()
    assert json.loads(at("data", "clear", "--json", **cache).stdout) == {"freed_bytes": 0}


def test_info_names_versions_device_threads_and_cache(here_too, tmp_path, monkeypatch):
    import torch

    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path))
    told = json.loads(here_too("info", "--json").stdout)
    assert told["pellucid"] == __version__
    assert told["torch"].startswith(torch.__version__)
    assert {"device", "threads", "numpy", "python"} <= told.keys()
    assert told["cache"] == str(tmp_path)


def test_a_finished_run_resumed_says_so_with_status_0(here_too):
    done = here_too("train", "--resume", "läufe/eins", "--json")
    assert done.returncode == 0
    assert "is finished: nothing is left to do" in done.stderr
    assert json.loads(done.stdout)["run"] == "läufe/eins"
