"""A run killed at any moment and gone on with ends in the same bytes as one that was never killed."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import pellucid
from pellucid.errors import BadInput
from pellucid.run import Run
from pellucid.verifying import verify

DRIVER = """
import os, signal, sys
from pathlib import Path
import pellucid.learn.fit as fitting
import pellucid.run.writing as writing
import pellucid.run.folder as folder
import pellucid.training as training

moment, name, nth = sys.argv[2], sys.argv[3], int(sys.argv[4])
count = 0
fitting.SECONDS_BETWEEN_CHECKPOINTS = 0.0


def dies(told, path):
    global count
    if told == moment and path.name.strip(".").removesuffix(".making") == name:
        count += 1
        if count == nth:
            os.kill(os.getpid(), signal.SIGKILL)


replace, fsync, opened = Path.replace, os.fsync, Path.open


def killed_replace(self, target):
    dies("written", self)
    done = replace(self, target)
    dies("renamed", self)
    return done


def killed_open(self, *more, **given):
    file = opened(self, *more, **given)
    if self.name.endswith(".making"):
        file.write(b"half of a fil")
        file.flush()
        dies("half", self)
        file.seek(0)
        file.truncate()
    return file


Path.replace, Path.open = killed_replace, killed_open

import pellucid.learn.learner as learner
steps = learner.Learner.steps


def killed_steps(self, batches):
    for step in steps(self, batches):
        if moment == "step" and step.number == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        if moment == "ctrl-c" and step.number == nth:
            os.kill(os.getpid(), signal.SIGINT)
        yield step


learner.Learner.steps = killed_steps
told = dict(zip(("model", "epochs", "batch_size"), (sys.argv[1], 3, 150)))  # 8 steps an epoch
training.train("digits", out="run", say=lambda line: None, **told)
"""


def begin(folder: Path, model: str, moment: str = "", name: str = "", nth: int = 0) -> int:
    """Train in a process that kills itself at that moment; its exit status."""
    line = [sys.executable, "-W", "error", "-c", DRIVER, model, moment, name, str(nth)]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode <= 0 or moment == "ctrl-c", done.stderr
    return done.returncode


def go_on(run: Path) -> Run:
    return pellucid.train(resume=run, say=lambda line: None)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Runs that were never killed, by model."""
    made: dict[str, Path] = {}

    def run(model: str) -> Path:
        if model not in made:
            folder = tmp_path_factory.mktemp(model)
            assert begin(folder, model) == 0
            made[model] = folder / "run"
        return made[model]

    return run


@pytest.fixture(autouse=True)
def as_many_threads_as_the_driver():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    yield
    torch.set_num_threads(before)


def same(run: Run, whole: Path) -> None:
    assert run.state == "finished"
    for name in ("weights.safetensors", "predictions.csv", "rivals.csv"):
        assert (run.path / name).read_bytes() == (whole / name).read_bytes(), name
    split = [line.split(",")[:3] for line in (run.path / "split.csv").read_text().splitlines()]
    assert split == [line.split(",")[:3] for line in (whole / "split.csv").read_text().splitlines()]
    assert [row.step for row in run.history] == [row.step for row in Run(whole).history]
    assert not [path.name for path in run.path.iterdir() if path.name.startswith(("resume", "."))]
    sums = dict(reversed(line.split("  ")) for line in (run.path / "SHA256SUMS").read_text().splitlines())
    assert set(sums) == {path.name for path in run.path.iterdir()} - {"SHA256SUMS"}


MOMENTS = [  # moment, file, which time; the step of the checkpoint, one of which the driver writes at every step
    ("renamed", "recipe.json", 1, None),
    ("half", "split.csv", 1, None),
    ("renamed", "split.csv", 1, None),
    ("step", "", 1, None),
    ("half", "resume.safetensors", 1, None),
    ("renamed", "resume.safetensors", 1, 1),
    ("written", "resume.safetensors", 3, 2),
    ("renamed", "resume.safetensors", 3, 3),
    ("step", "", 9, 8),
    ("step", "", 13, 12),
    ("half", "resume.safetensors", 9, 8),
    ("step", "", 24, 23),
    ("half", "resume.safetensors", 25, 24),
    ("half", "weights.safetensors", 1, 24),
    ("renamed", "weights.safetensors", 1, 24),
    ("renamed", "predictions.csv", 1, 24),
    ("written", "report.json", 1, 24),
    ("renamed", "report.json", 1, 24),
    ("half", "SHA256SUMS", 1, 24),
]
QUICK = {("step", "", 13)}
CASES = [pytest.param("cnn", *at, marks=pytest.mark.slow) for at in MOMENTS]
CASES += [pytest.param("mlp", *at, marks=pytest.mark.slow) for at in MOMENTS if at[:3] in QUICK]


@pytest.mark.parametrize(("model", "moment", "name", "nth", "step"), CASES)
def test_killed_and_gone_on_with_ends_in_the_same_bytes(model, moment, name, nth, step, whole, tmp_path):
    assert begin(tmp_path, model, moment, name, nth) == -signal.SIGKILL
    killed = Run(tmp_path / "run")
    assert killed.state == "unfinished"
    assert killed.file("resume.safetensors").is_file() == (step is not None)
    finished = go_on(killed.path)
    same(finished, whole(model))
    assert finished.report["resumed_at_step"] == step


ON_THE_LADDER = [  # with auto: in the midst of a rung, between two, and after one was chosen
    ("step", "", 13),
    ("renamed", "resume.safetensors", 26),
    ("half", "resume.safetensors", 60),
    ("written", "history.csv", 2),
    ("renamed", "weights.safetensors", 1),
    ("renamed", "recipe.json", 2),
    ("half", "SHA256SUMS", 1),
]


@pytest.mark.slow
@pytest.mark.parametrize(("moment", "name", "nth"), ON_THE_LADDER)
def test_killed_on_the_ladder_and_gone_on_with_ends_in_the_same_bytes(moment, name, nth, whole, tmp_path):
    assert begin(tmp_path, "auto", moment, name, nth) == -signal.SIGKILL
    finished = go_on(tmp_path / "run")
    same(finished, whole("auto"))
    assert verify(finished).differs == []


@pytest.mark.slow
def test_the_kept_rung_has_the_bytes_of_the_named_model(whole):
    kept = Run(whole("auto")).report["model"]
    ours, named = (Path(whole(model), "weights.safetensors").read_bytes() for model in ("auto", kept))
    assert ours == named


@pytest.mark.slow
def test_killed_three_times_in_one_run(whole, tmp_path):
    assert begin(tmp_path, "cnn", "step", "", 5) == -signal.SIGKILL
    for nth in (11, 20):
        code = DRIVER.replace('"digits", out="run"', 'resume="run"').replace(", **told", "")
        line = [sys.executable, "-c", code, "cnn", "step", "", str(nth)]
        assert subprocess.run(line, cwd=tmp_path, capture_output=True, check=False).returncode == -signal.SIGKILL
    finished = go_on(tmp_path / "run")
    same(finished, whole("cnn"))
    assert finished.report["resumed_at_step"] == 19


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_killed_at_a_random_time(seed, whole, tmp_path):
    line = [sys.executable, "-c", DRIVER, "cnn", "", "", "0"]
    with subprocess.Popen(line, cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        begun = time.monotonic()
        while not (tmp_path / "run" / "recipe.json").is_file() and time.monotonic() < begun + 60:
            time.sleep(0.002)
        time.sleep(random.Random(seed).uniform(0, 0.8))
        process.kill()
    run = Run(tmp_path / "run")
    if run.state == "unfinished":
        same(go_on(run.path), whole("cnn"))
    else:
        same(run, whole("cnn"))


@pytest.mark.slow
def test_killed_before_there_is_a_recipe_the_same_line_begins_anew(tmp_path):
    assert begin(tmp_path, "linear", "half", "recipe.json", 1) == -signal.SIGKILL
    assert Run(tmp_path / "run").state == "none"
    with pytest.raises(BadInput, match="is no run folder: give a source to begin with"):
        go_on(tmp_path / "run")
    assert begin(tmp_path, "linear") == 0
    assert Run(tmp_path / "run").state == "finished"


@pytest.mark.slow
def test_ctrl_c_while_learning_keeps_the_step_at_hand(whole, tmp_path):
    assert begin(tmp_path, "mlp", "ctrl-c", "", 11) not in (0, 1)
    run = Run(tmp_path / "run")
    assert run.state == "unfinished"
    finished = go_on(run.path)
    same(finished, whole("mlp"))
    assert finished.report["resumed_at_step"] == 11


@pytest.mark.slow
def test_ctrl_c_on_the_command_line_exits_with_130_and_says_how_to_go_on(here):
    line = [sys.executable, "-m", "pellucid.cli", "train", "digits", "--model", "mlp", "--epochs", "1000000"]
    with subprocess.Popen(line, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        history = here / "runs" / "digits" / "history.csv"
        begun = time.monotonic()
        while not history.is_file() and time.monotonic() < begun + 60:
            time.sleep(0.02)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "pellucid train --resume" in err.splitlines()[-1]
    assert "Traceback" not in err
    assert Run(here / "runs" / "digits").state == "unfinished"
    assert (here / "runs" / "digits" / "resume.safetensors").is_file()


@pytest.mark.slow
def test_a_finished_run_is_left_as_it_is(whole, tmp_path):
    run = shutil.copytree(whole("mlp"), tmp_path / "run")
    before = {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in run.iterdir()}
    said: list[str] = []
    pellucid.train(resume=run, say=said.append)
    assert said == [f"{run} is finished: nothing is left to do, and nothing was changed."]
    assert {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in run.iterdir()} == before


@pytest.fixture(scope="module")
def killed(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("killed")
    assert begin(folder, "mlp", "step", "", 5) == -signal.SIGKILL
    return folder / "run"


def changed(run: Path, change) -> None:
    recipe = json.loads((run / "recipe.json").read_text())
    change(recipe)
    (run / "recipe.json").write_text(json.dumps(recipe))


CHANGES = {
    "its ladder is not what it was": lambda recipe: recipe["told"].update(epochs=4),
    "its source is not what it was": lambda recipe: recipe["source"].update(pixels_sha256="0" * 64),
    "its split is not what it was": lambda recipe: recipe["split"].update(rows_sha256="0" * 64),
    "began with torch 1.0": lambda recipe: recipe["versions"].update(torch="1.0"),
    "on 999 threads": lambda recipe: recipe["machine"].update(threads=999),
    "is not as pellucid wrote it": lambda recipe: recipe.pop("told"),
    "epoch": lambda recipe: recipe["told"].update(epoch=4),
}


@pytest.mark.slow
@pytest.mark.parametrize("said", CHANGES)
def test_a_run_goes_on_only_with_what_it_began_with(said, killed, tmp_path):
    run = shutil.copytree(killed, tmp_path / "run")
    changed(run, CHANGES[said])
    before = (run / "resume.safetensors").read_bytes()
    with pytest.raises(BadInput, match=said) as told:
        go_on(run)
    assert "\n" not in str(told.value)
    assert (run / "resume.safetensors").read_bytes() == before


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"epochs": 5}, "began with epochs 3, not 5"),
        ({"model": "cnn"}, "began with model mlp, not cnn"),
        ({"source": "elsewhere"}, "began with source digits, not elsewhere"),
        ({"recipe": "r2a.toml"}, "began with model mlp, not linear"),
        ({"device": "cpu"}, "began with device None, not cpu"),
        ({"group_by": "level:1"}, "began with group_by None"),
        ({"out": "elsewhere"}, "goes on in its own folder, not in elsewhere"),
    ],
)
def test_what_is_told_on_going_on_is_never_passed_over_in_silence(told, said, killed):
    with pytest.raises(BadInput, match=said):
        pellucid.train(resume=killed, say=lambda line: None, **told)


@pytest.mark.slow
def test_repeating_what_was_told_goes_on(killed, whole, tmp_path):
    run = shutil.copytree(killed, tmp_path / "run")
    finished = pellucid.train("digits", resume=run, out=run, model="mlp", epochs=3, say=lambda line: None)
    same(finished, whole("mlp"))


def test_a_source_that_changed_is_refused(tmp_path, pictures, monkeypatch):
    from PIL import Image

    source = pictures("left", "right")
    import pellucid.learn.fit as fitting

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(fitting, "save_checkpoint", stop)
        with pytest.raises(KeyboardInterrupt):
            pellucid.train(source, model="linear", out=tmp_path / "run", say=lambda line: None)
    path = source / "left" / "0.png"
    Image.open(path).transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(path)
    with pytest.raises(BadInput, match="its source is not what it was"):
        go_on(tmp_path / "run")


@pytest.mark.slow
def test_resuming_where_there_is_no_run_begins_one_where_a_source_is_given(here):
    run = pellucid.train("digits", resume="new", model="linear", epochs=1, say=lambda line: None)
    assert (run.path, run.state, run.report["resumed_at_step"]) == (Path("new"), "finished", None)
