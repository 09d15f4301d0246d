"""From scans to weights: what is gathered is kept, never mixed with other settings, and gone in the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from pellucid.ct.learning import gathered, processes
from pellucid.ct.learning.gathering import Cases
from pellucid.ct.learning.processes import gather_all
from pellucid.ct.learning.sources import Source, luna, phantoms
from pellucid.ct.learning.training import train_network
from pellucid.ct.luna import fold_of, write_luna
from pellucid.ct.phantom import Phantom
from pellucid.ct.planted import PlantedNodule
from pellucid.data.volumes import Frame, Volume
from pellucid.errors import BadInput
from pellucid.progress import silent

from .. import small_chest


def sources(count=4):
    return [Source(f"scan-{number}", lambda: ("no volume", []), learns=number > 0) for number in range(count)]


@pytest.fixture
def gathering(monkeypatch):
    """In this process, and without looking through anything: one case a scan; scan-2 is no chest."""
    done = []

    def gather(volume, truth, *, scan, most, rng):
        done.append(scan)
        if scan == 2:
            raise BadInput("No lungs were found.")
        one = np.full(1, scan)
        return Cases(np.zeros((1, 2, 36, 36, 36), np.uint8), one, one, np.ones(1, bool), one, one)

    monkeypatch.setattr(processes, "gather", gather)
    monkeypatch.setattr(processes, "core_count", lambda: 1)
    return done


def test_a_scan_that_is_no_chest_is_told_and_the_rest_go_on(gathering, tmp_path):
    seen = []
    refused = gather_all(sources(), tmp_path, 0, lambda what, done, total: seen.append((what, done, total)))
    assert refused == {"scan-2": "No lungs were found."}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scan-0.npz", "scan-1.npz", "scan-3.npz"]
    assert seen == [("gathering", done, 4) for done in range(5)]


def test_ctrl_c_leaves_what_was_gathered_and_the_next_run_goes_on(gathering, tmp_path):
    def interrupted(what, done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gather_all(sources(), tmp_path, 0, interrupted)
    assert gathering == [0, 1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scan-0.npz", "scan-1.npz"]
    gather_all(sources(), tmp_path, 0, silent)
    assert gathering == [0, 1, 2, 3]


def test_gathering_here_leaves_torch_its_threads(gathering, tmp_path):
    import torch

    before = torch.get_num_threads()
    gather_all(sources(1), tmp_path, 0, silent)
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ((phantoms(2, 0), "phantoms, seed 0", 1), "seed: 0 there, 1 now"),
        ((phantoms(2, 1), "phantoms, seed 0", 0), "scans: 3, of checksum"),
        ((phantoms(3, 0), "phantoms, seed 0", 0), "scans: 3, of checksum"),
        ((phantoms(2, 0), "LUNA16's layout, all folds but 0", 0), "learns from: phantoms, seed 0 there, LUNA16"),
    ],
)
def test_cases_of_other_settings_are_never_mixed_in(other, said, tmp_path):
    out = tmp_path / "w.safetensors"
    settings = gathered.settings_of(phantoms(2, 0), "phantoms, seed 0", 0)
    folder = gathered.begin(out, settings)
    assert gathered.begin(out, settings) == folder == tmp_path / "w.safetensors.gathered"
    with pytest.raises(BadInput, match="other settings") as refusal:
        gathered.begin(out, gathered.settings_of(*other))
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_cases_of_another_version_or_of_unknown_settings_are_refused(tmp_path, monkeypatch):
    out = tmp_path / "w.safetensors"
    folder = gathered.begin(out, gathered.settings_of(phantoms(2, 0), "phantoms", 0))
    with monkeypatch.context() as patched:
        patched.setattr(gathered, "__version__", "99")
        with pytest.raises(BadInput, match="99 now"):
            gathered.begin(out, gathered.settings_of(phantoms(2, 0), "phantoms", 0))
    (folder / "settings.json").rename(folder / "scan.npz")
    with pytest.raises(BadInput, match=r"no settings.json that says"):
        gathered.begin(out, {})


def test_what_was_gathered_is_deleted_and_nothing_else(tmp_path):
    folder = gathered.begin(tmp_path / "w", {})
    (folder / "scan-0.npz").write_bytes(b"")
    (folder / "letter.txt").write_text("")
    gathered.remove(folder, sources())
    assert [path.name for path in folder.iterdir()] == ["letter.txt"]
    (folder / "letter.txt").unlink()
    gathered.remove(folder, sources())
    assert not folder.exists()


def test_weights_are_replaced_and_other_files_are_not(tmp_path):
    import torch
    from safetensors.numpy import save

    from pellucid.ct.network.model import NoduleNetwork
    from pellucid.ct.network.weights import SHIPPED, NetworkFacts, save_network

    torch.manual_seed(0)
    save_network(tmp_path / "w", NoduleNetwork(2), NetworkFacts(2, 1.0, 0.0, 0.5, "nothing"))
    gathered.check_weights_path(tmp_path / "w")
    gathered.check_weights_path(SHIPPED)
    (tmp_path / "other").write_bytes(b"other")
    (tmp_path / "classifier").write_bytes(save({}, {"pellucid": json.dumps({"classes": 2})}))
    for path, said in (
        (tmp_path / "other", "is no network"),
        (tmp_path / "classifier", "is no network"),
        (tmp_path, "is a folder"),
        (tmp_path / "a/b", "not there"),
    ):
        with pytest.raises(BadInput, match=said):
            gathered.check_weights_path(path)


FOLDED = {fold: next(f"s{n}" for n in range(1000) if fold_of(f"s{n}") == fold) for fold in range(10)}
HU, FRAME = np.zeros((4, 5, 6), np.int16), Frame(np.zeros(3), np.array([0.7, 0.8, 2.5]), np.eye(3))
NODULE = PlantedNodule((1.0, 2.0, 3.0), 6.0, "solid", "")
EXCLUDED = PlantedNodule((5.0, 6.0, 7.0), 2.5, "solid", "", counts=False)


def written(folder, *folds, nodules=(NODULE, EXCLUDED)):
    for fold in folds:
        write_luna(folder, [(Volume(HU, FRAME, FOLDED[fold]), nodules)])
    return folder


def test_one_fold_is_left_out_one_freezes_and_the_others_are_learned_from(tmp_path):
    used = {source.name: source.learns for source in luna(written(tmp_path, 0, 4, 9, 7), 0)}
    assert used == {FOLDED[4]: True, FOLDED[7]: True, FOLDED[9]: False}
    used = {source.name: source.learns for source in luna(tmp_path, 5)}
    assert used == {FOLDED[0]: True, FOLDED[7]: True, FOLDED[9]: True, FOLDED[4]: False}


def test_excluded_findings_do_not_count_and_are_10_mm_where_they_have_no_diameter(tmp_path, monkeypatch):
    folder = written(tmp_path, 4, 9)
    table = folder / "annotations_excluded.csv"
    table.write_text(table.read_text().replace(",2.5,", ",-1,", 1))
    monkeypatch.setattr("pellucid.data.volumes.read_scan", lambda path: Volume(HU, FRAME, path.stem))
    opened = [source.open() for source in luna(folder, 0)]
    sizes = {volume.seriesuid: [(one.diameter_mm, one.counts) for one in truth] for volume, truth in opened}
    assert sizes == {FOLDED[4]: [(6.0, True), (10.0, False)], FOLDED[9]: [(6.0, True), (2.5, False)]}


def test_folds_without_scans_or_nodules_are_refused_before_any_work(tmp_path):
    with pytest.raises(BadInput, match="folds 4, 7; with --fold 0, fold 9 and at least one more are needed"):
        luna(written(tmp_path / "a", 4, 7), 0)
    with pytest.raises(BadInput, match=r"no nodule in the 1 scan to freeze on \(fold 9\)"):
        luna(written(written(tmp_path / "b", 4), 9, nodules=(EXCLUDED,)), 0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three small chests, of the folds 4, 9 and 0, in LUNA16's layout; a fourth, of fold 4, is no chest."""
    folder = tmp_path_factory.mktemp("luna")
    other = next(f"t{n}" for n in range(1000) if fold_of(f"t{n}") == 4)
    for number, fold in enumerate((4, 9, 0)):
        write_luna(folder, [(small_chest.chest(FOLDED[fold], seed=number), small_chest.truth())])
    write_luna(folder, [(small_chest.chest(other, (), lungs=()), small_chest.truth(small_chest.BALLS[:1]))])
    return folder


@pytest.mark.slow
def test_weights_learned_from_lunas_layout_serve_find(folder, command_here, tmp_path):
    out = tmp_path / "w.safetensors"
    done = command_here("ct", "train", "--luna", folder, "--out", out, "--steps", "3", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert (told["scans_learned"], told["scans_frozen"], told["nodules"], told["steps"]) == (1, 1, 3, 3)
    assert [one["why"][:19] for one in told["refused"]] == ["No lungs were found"]
    assert [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]
    scan = next(folder.glob(f"subset0/{FOLDED[0]}.mhd"))
    found = command_here("ct", "find", scan, "--weights", out, "--out", tmp_path / "found", "--json")
    assert json.loads(found.stdout)["threshold"] == pytest.approx(told["threshold"])


def soon(holds):
    """Whether it holds within five minutes: machines may be busy."""
    until = time.monotonic() + 300
    while not holds() and time.monotonic() < until:
        time.sleep(0.02)
    return holds()


def any_left(group):
    """Whether a process of this group is still there."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
def test_ctrl_c_ends_all_processes_quietly_and_keeps_what_is_gathered(folder, tmp_path):
    out = tmp_path / "w.safetensors"
    line = [sys.executable, "-m", "pellucid.cli", "ct", "train", "--luna", folder, "--out", out, "--steps", "1"]
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        kept = tmp_path / "w.safetensors.gathered"
        assert soon(lambda: list(kept.glob("*.npz")) or process.poll() is not None)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
        said = process.communicate(timeout=300)
    assert process.returncode == 130, said
    assert said == ("", "Interrupted; the same command goes on from what is finished.\n")
    assert soon(lambda: not any_left(process.pid))
    assert list(kept.glob("*.npz"))
    assert not out.exists()


@pytest.mark.slow
def test_learning_draws_the_part_that_is_never_tested_on(monkeypatch):
    drawn = []

    def draw_phantom(seed, *, part, nodules, balls):
        drawn.append((seed, part))
        return Phantom(small_chest.chest("none"), [])

    monkeypatch.setattr("pellucid.ct.phantom.draw_phantom", draw_phantom)
    for source in phantoms(5, 3):
        source.open()
    assert drawn == [(seed, "train") for seed in (30_000, 30_001, 30_002, 30_003, 30_004, 1_030_000)]


@pytest.mark.parametrize(
    ("arguments", "said"), [({"fold": 1}, "--fold is for --luna"), ({"scans": 5}, "--scans is for")]
)
def test_arguments_that_would_be_passed_over_are_refused(arguments, said, tmp_path):
    luna = tmp_path if "scans" in arguments else None
    with pytest.raises(BadInput, match=said):
        train_network(tmp_path / "w.safetensors", luna_folder=luna, steps=1, **arguments)


@pytest.mark.slow
def test_phantoms_serve_to_learn_from(tmp_path):
    """Drawn in processes of their own: two to learn from, one to freeze on."""
    trained = train_network(tmp_path / "w.safetensors", scans=2, steps=3)
    assert (trained.facts["scans_learned"], trained.facts["scans_frozen"]) == (2, 1)
    assert trained.facts["nodules"] > 20
    assert trained.lines()[-1] == f"Written to {tmp_path / 'w.safetensors'}."
    assert [path.name for path in Path(tmp_path).iterdir()] == ["w.safetensors"]
