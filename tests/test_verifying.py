"""`pellucid verify`, whole: sound runs hold wherever they lie, and what was changed is told in one line each."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid.errors import BadInput
from pellucid.run import Run
from pellucid.run.folder import read_header
from pellucid.training import train
from pellucid.verifying import verify

pytestmark = pytest.mark.slow  # bytes changed in whole runs


def quiet(_: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def images(tmp_path_factory) -> Path:
    """Two classes whose names and files a table or page could trip over; two images are the same."""
    root = tmp_path_factory.mktemp("images")
    for number, name in enumerate(('com,ma "a"', "line\nend")):
        (root / name).mkdir()
        for index in range(40):
            pixels = np.random.default_rng([number, index % 39]).integers(0, 150, (12, 12)).astype(np.uint8)
            pixels[:, 4 * number : 4 * number + 4] += 70
            Image.fromarray(pixels).save(root / name / (f'{index}, "x".png' if index % 5 else f"{index}\n.png"))
    odd = os.fsencode(root / "line\nend") + b"/\xff\xfe.png"
    Path(os.fsdecode(odd)).write_bytes((root / "line\nend" / '1, "x".png').read_bytes())
    return root


@pytest.fixture(scope="module")
def finished(images) -> Run:
    """A run that no test may change."""
    return train(images, model="linear", epochs=2, out=images.parent / "run", say=quiet)


@pytest.fixture
def run(finished, tmp_path) -> Run:
    """A copy, to be spoilt."""
    return Run(Path(shutil.copytree(finished.path, tmp_path / "copy")))


def sealed(run: Run) -> Run:
    run.seal()
    return Run(run.path)


def test_a_sound_run_holds_wherever_it_was_moved_and_whatever_lies_beside_it(run):
    (run.path / "notes.txt").write_text("mine")
    (run.path / "more").mkdir()
    for path in (run.path, *run.path.iterdir()):
        path.chmod(path.stat().st_mode & ~0o222)
    before = {path: path.stat().st_mtime_ns for path in run.path.iterdir()}
    verified = verify(run)
    run.path.chmod(0o700)
    assert verified.holds
    assert not verified.differs
    assert not verified.not_checked
    assert len(verified.checked) == 11
    assert before == {path: path.stat().st_mtime_ns for path in run.path.iterdir()}


@pytest.mark.parametrize(
    "told", [{"recipe": "r0.toml"}, {"recipe": "r1.toml"}, {"split": "clean", "model": "mlp"}], ids=str
)
def test_runs_of_other_recipes_hold(told, images, tmp_path):
    made = train(images, epochs=2, image_size=12, out=tmp_path / "run", say=quiet, **told)
    assert verify(made).differs == []


@pytest.mark.parametrize(("name", "columns"), [("many.npz", 3), ("retinamnist.npz", 1)])
def test_multi_label_and_ordinal_runs_with_the_sources_own_parts_hold(name, columns, tmp_path):
    generator, arrays = np.random.default_rng(0), {}
    for part, cases in (("train", 160), ("val", 60), ("test", 60)):
        labels = generator.integers(0, 2 if columns > 1 else 5, (cases, columns)).astype(np.uint8)
        pixels = generator.integers(0, 120, (cases, 28, 28)).astype(np.uint8)
        for column in range(columns):
            pixels[:, :, 3 * column] += 30 * labels[:, column : column + 1] + 5
        arrays |= {f"{part}_images": pixels, f"{part}_labels": labels}
    np.savez(tmp_path / name, **arrays)
    made = train(tmp_path / name, model="linear", epochs=2, out=tmp_path / "run", say=quiet)
    assert made.report["task"] == ("multi-label" if columns > 1 else "ordinal")
    assert verify(made).differs == []


def test_where_the_images_are_gone_the_rest_is_still_looked_at(run, images, tmp_path):
    recipe = json.loads(run.file("recipe.json").read_text("utf-8"))
    assert recipe["source"]["path"] == str(images)
    moved = Run(Path(shutil.copytree(images, tmp_path / "elsewhere")))
    recipe["source"]["path"] = str(tmp_path / "nowhere")
    run.file("recipe.json").write_text(json.dumps(recipe, indent=1, ensure_ascii=False) + "\n", "utf-8")
    verified = verify(sealed(run))
    assert len(verified.not_checked) == 1
    assert "is not there; --source tells where they are" in verified.not_checked[0]
    assert len(verified.checked) == 8
    assert not verify(sealed(run), moved.path).not_checked


def test_without_its_images_verify_waits_for_no_torch(run):
    recipe = run.file("recipe.json")
    recipe.write_bytes(recipe.read_bytes().replace(b'"path": "/', b'"path": "/gone/'))
    code = (
        "import sys\nfrom pathlib import Path\nfrom pellucid.run import Run\nfrom pellucid.verifying import verify\n"
        f"verified = verify(Run(Path({str(run.path)!r})))\n"
        "assert len(verified.not_checked) == 1\nassert 'torch' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def weights_at(run: Run, name: str) -> int:
    """The last byte of a tensor's first number, which holds its sign and most of its exponent."""
    start = read_header(run.file("weights.safetensors"))[name]["data_offsets"][0]
    return 8 + int.from_bytes(run.file("weights.safetensors").read_bytes()[:8], "little") + start + 3


def test_other_weights_answer_otherwise(run):
    path, at = run.file("weights.safetensors"), weights_at(run, "logits.bias")
    contents = bytearray(path.read_bytes())
    contents[at] = 0x42  # some tens
    path.write_bytes(contents)
    assert any("the model answers" in line and "otherwise" in line for line in verify(sealed(run)).differs)


def test_images_that_changed_are_named(run, images, tmp_path):
    moved = shutil.copytree(images, tmp_path / "elsewhere")
    first, second, *_ = sorted((moved / 'com,ma "a"').iterdir())
    Image.fromarray(np.zeros((12, 12), np.uint8)).save(first)
    differs = verify(run, moved).differs
    assert any(first.name.replace("\n", " ") in line and "other pixels" in line for line in differs)
    second.unlink()
    differs = verify(run, moved).differs
    assert any(second.name.replace("\n", " ") in line and "not there any more" in line for line in differs)


def test_a_split_that_was_not_drawn_is_noticed_though_all_fingerprints_match(run):
    """A case with a twin in training is declared to have none, in split.csv and in recipe.json alike."""
    from pellucid.evaluate.checking.told import Told

    lines = run.file("split.csv").read_text("utf-8", "surrogateescape").replace(",identical,", ",,")
    lines = lines.replace(",near-identical,", ",,")
    run.file("split.csv").write_text(lines, "utf-8", "surrogateescape")
    told = Told(Run(run.path))
    recipe = run.recipe
    recipe["split"] |= told.cases.fingerprints()["split"]
    text = json.dumps(recipe, indent=1, ensure_ascii=False) + "\n"
    run.file("recipe.json").write_text(text, "utf-8", "surrogateescape")
    differs = verify(sealed(run)).differs
    assert any("likeness of" in line and "comes out as 'identical'" in line for line in differs)


BROKEN = {
    "nothing": b"",
    "nul": b"\0" * 100,
    "no utf-8": b"\xff\xfe\xfa",
    "deep": b"[" * 200_000,
    "a list": b"[]",
    "null": b"null",
    "huge numbers": b'{"a": 1e999, "b": NaN}',
    "many columns": b"name," * 300_000,
}


@pytest.mark.parametrize("contents", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize(
    "name",
    [
        "report.json",
        "split.csv",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("recipe.json", "weights.safetensors", "history.csv")),
    ],
)
def test_whatever_a_file_holds_is_told_in_lines(run, name, contents, monkeypatch):
    monkeypatch.setattr("pellucid.verifying._look_at_images", lambda *_: None)  # they are looked at elsewhere
    run.file(name).write_bytes(contents)
    verified = verify(sealed(run))
    assert not verified.holds
    assert all("\n" not in line and len(line) < 1000 for line in verified.differs)


def test_a_monstrous_table_is_not_taken_into_memory(run):
    import resource

    with run.file("rivals.csv").open("wb") as file:
        file.truncate(400_000_000)  # one line of zeros, which takes no room on the disk
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert any("rivals.csv has a line of" in line for line in verify(sealed(run)).differs)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


def test_many_differences_are_counted(run):
    table = run.file("predictions.csv")
    table.write_bytes(table.read_bytes().replace(b",0.", b",0.9"))
    verified = verify(Run(run.path))
    assert len(verified.differs) > 20 or any("predictions.csv" in line for line in verified.differs)
    lines = verified.lines()
    assert lines[-1].endswith("does not hold.")
    assert sum(line.startswith("DIFFERS") for line in lines) <= 20
    assert set(verified.as_dict()) >= {"run", "holds", "differs", "checked", "not_checked"}
    assert verified.as_dict()["holds"] is False


def test_only_a_finished_run_can_be_verified(run, tmp_path):
    with pytest.raises(BadInput, match="no finished run"):
        verify(Run(tmp_path / "nowhere"))
    run.file("SHA256SUMS").unlink()
    with pytest.raises(BadInput, match="no finished run"):
        verify(Run(run.path))


def test_a_source_that_is_told_must_be_there(run, tmp_path):
    with pytest.raises(BadInput):
        verify(run, tmp_path / "nowhere")
