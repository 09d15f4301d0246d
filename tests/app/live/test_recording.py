"""A recording comes back from its file as it was; what is no whole recording is refused in a line."""

from __future__ import annotations

import dataclasses
import json
import re
import threading

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from pellucid.app.live import recording as recording_module
from pellucid.app.live.lesson import Lesson
from pellucid.app.live.recording import EACH, KEY, NAMED, WORST, Recording
from pellucid.app.live.replaying import load_recording
from pellucid.app.live.shelf import name_for, recording_at, recordings_in
from pellucid.app.live.view import View
from pellucid.errors import BadInput
from pellucid.learn import Settings
from pellucid.run.folder import read_header


@pytest.fixture(scope="module")
def learned(digits):
    lesson = Lesson(digits, Settings(model="cnn", epochs=1), "cpu")
    lesson.run()
    assert lesson.wait(60.0)
    lesson.end()
    return lesson.recording


@pytest.fixture(scope="module")
def file(learned, tmp_path_factory):
    path = tmp_path_factory.mktemp("kept") / "one.recording.safetensors"
    learned.save(path)
    return path


def test_every_number_comes_back(learned, file, digits):
    back = load_recording(file)
    assert back.about == learned.about
    assert len(back.moments) == len(learned.moments) > 5
    np.testing.assert_array_equal(np.array(back.curve), np.array(learned.curve))
    for one, other in zip(learned.moments, back.moments, strict=True):
        for name in (*EACH, *WORST):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        for kind in NAMED:
            assert list(getattr(one, kind)) == list(getattr(other, kind))
            for name, value in getattr(one, kind).items():
                np.testing.assert_array_equal(value, getattr(other, kind)[name])
    for row in {*back.about.probes, *(int(row) for one in back.moments for row in one.worst_rows)}:
        case, wanted = back.cases.case(row), digits.case(row)
        assert (case.name, case.labels) == (wanted.name, wanted.labels)
        np.testing.assert_array_equal(case.image, wanted.image)
    with pytest.raises(BadInput, match="does not hold image"):
        back.cases.case(int(digits.split.held_out[0]))


def test_it_is_one_safetensors_file_with_weights_activations_and_slopes_of_all_moments(learned, file):
    arrays = load_file(file)
    weight = arrays["weights.block1.convolution.weight"]
    assert weight.shape == (len(learned.moments), 64, 32, 3, 3)
    assert arrays["activations.stem.relu"].shape[:2] == (len(learned.moments), len(learned.about.probes))
    assert arrays["gradient_norms.logits.bias"].shape == (len(learned.moments),)
    assert json.loads(read_header(file)["__metadata__"][KEY])["about"]["source"] == "digits"


def test_too_many_moments_are_thinned_and_the_first_and_the_newest_stay(learned, monkeypatch):
    monkeypatch.setattr(recording_module, "MOST_MOMENTS", 20)
    thinned = Recording(learned.about, learned.cases)
    for step in range(1000):
        thinned.add(dataclasses.replace(learned.moments[0], step=step))
        steps = [moment.step for moment in thinned.moments]
        assert len(steps) <= 20
        assert (steps[0], steps[-1]) == (0, step)
        assert steps == sorted(set(steps))


def test_moments_take_no_more_memory_than_they_may(learned, monkeypatch):
    monkeypatch.setattr(recording_module, "MOST_BYTES", 5 * learned.moments[0].bytes)
    bounded = Recording(learned.about, learned.cases)
    for moment in learned.moments:
        bounded.add(moment)
        assert sum(one.bytes for one in bounded.moments) <= 5 * moment.bytes


def test_a_model_of_more_than_a_million_weights_is_not_recorded(learned, tmp_path):
    about = dataclasses.replace(learned.about, parameters=1_000_001)
    large = Recording(about, learned.cases)
    for moment in learned.moments[:3]:
        large.add(moment)
    assert [moment.step for moment in large.moments] == [learned.moments[2].step]
    assert [step for step, *_ in large.curve] == [moment.step for moment in learned.moments[:3]]
    with pytest.raises(BadInput, match="1,000,001 weights"):
        large.save(tmp_path / "large")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.999])
def test_a_file_cut_short_is_refused(file, tmp_path, share):
    whole = file.read_bytes()
    (tmp_path / "cut").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(BadInput, match=r"^[^\n]+$"):
        load_recording(tmp_path / "cut")


def test_other_files_are_refused(file, tmp_path):
    arrays, told = load_file(file), read_header(file)["__metadata__"]
    facts = json.loads(told[KEY])

    def but(**changes):
        return save(arrays, {KEY: json.dumps({**facts, **changes})})

    def about(**changes):
        return but(about={**facts["about"], **changes})

    def others(**changes):
        return save({**arrays, **changes}, told)

    scaling, settings = facts["about"]["scaling"], facts["about"]["settings"]
    cases = {
        "another format": but(format=2),
        "nested deeply": save(arrays, {KEY: "[" * 100_000}),
        "fewer classes than none": about(classes=[]),
        "more classes than outputs": about(classes=[*facts["about"]["classes"], "ten"]),
        "outputs in words": about(settings={**settings, "outputs": "10"}),
        "three means": about(scaling={**scaling, "mean": [0.0] * 3}),
        "a deviation of 0": about(scaling={**scaling, "deviation": [0.0]}),
        "probes in words": about(probes=["1"]),
        "no probes at all": about(probes=[]),
        "parameters in words": about(parameters="9"),
        "too many parameters": about(parameters=10**12),
        "another task": about(task="foo"),
        "a label that is no list": but(cases=[{**one, "labels": 3} for one in facts["cases"]]),
        "steps that fall": others(step=arrays["step"][::-1].copy()),
        "steps with fractions": others(step=arrays["step"].astype(np.float64)),
        "losses that are no numbers": others(valid_loss=arrays["valid_loss"] > 0),
        "rows that are no numbers": others(worst_rows=np.full(arrays["worst_rows"].shape, np.nan)),
        "rows below 0": others(worst_rows=-arrays["worst_rows"] - 1),
        "steps of another length": others(step=arrays["step"][:3]),
        "probabilities of fewer classes": others(worst_p=arrays["worst_p"][:, :, :3]),
        "activations of one probe": others(**{"activations.logits": arrays["activations.logits"][:, :1]}),
        "no facts": save(arrays, {}),
        "facts of another kind": save(arrays, {KEY: "[]"}),
        "no moments": save({name: array[:0] if name != "images" else array for name, array in arrays.items()}, told),
        "no steps": save({name: array for name, array in arrays.items() if name != "step"}, told),
        "fewer weights": save(
            {name: array[:1] if name.startswith("weights") else array for name, array in arrays.items()}, told
        ),
        "no probes": save(arrays, {KEY: json.dumps({**facts, "cases": facts["cases"][1:]})}),
        "another size": save(arrays, {KEY: json.dumps({**facts, "about": {**facts["about"], "size": 9}})}),
        "text": b"hello",
        "nothing": b"",
    }
    for what, contents in cases.items():
        (tmp_path / "other").write_bytes(contents)
        with pytest.raises(BadInput) as refused:
            load_recording(tmp_path / "other")
        assert re.fullmatch(r"other is no whole recording[^\n]+", str(refused.value)), what


def test_weights_of_another_model_are_refused(learned):
    for told in ({"model": "mlp"}, {"model": "linear", "hidden": None}, {"outputs": 11}):
        about = dataclasses.replace(learned.about, settings={**learned.about.settings, **told})
        with pytest.raises(BadInput, match="do not fit its model"):
            View(Recording(about, learned.cases, learned.moments))
    huge = {**learned.about.settings, "model": "mlp", "hidden": [2**30]}  # 256 GB, were it built
    with pytest.raises(BadInput, match="do not fit its model"):
        View(Recording(dataclasses.replace(learned.about, settings=huge), learned.cases, learned.moments))


def test_what_is_added_while_it_is_saved_is_not_half_in_the_file(learned, tmp_path):
    growing = Recording(learned.about, learned.cases)
    growing.add(learned.moments[0])
    stop = threading.Event()

    def add():
        step = 1
        while not stop.is_set():
            growing.add(dataclasses.replace(learned.moments[1], step=step))
            step += 1

    adding = threading.Thread(target=add)
    adding.start()
    try:
        for _ in range(5):
            growing.save(tmp_path / "growing")
            steps = [moment.step for moment in load_recording(tmp_path / "growing").moments]
            assert steps[0] == 0
            assert steps == sorted(set(steps))
    finally:
        stop.set()
        adding.join()


def test_the_images_of_the_newest_moments_are_kept_first(learned, tmp_path, monkeypatch):
    one = learned.cases.case(learned.about.probes[0]).image.nbytes
    probes, newest = len(learned.about.probes), learned.moments[-1].worst_rows
    monkeypatch.setattr(recording_module, "MOST_OF_PICTURES", (probes + len(newest)) * one)
    learned.save(tmp_path / "few")
    kept = load_recording(tmp_path / "few").cases.kept
    assert set(map(int, newest)) <= set(kept)
    assert len(kept) <= probes + len(newest)


def test_recordings_are_named_after_source_and_model_and_no_other_file_can_be_asked_for(learned, tmp_path):
    folder = tmp_path / "recordings"
    assert recordings_in(folder) == []
    first = name_for(folder, learned.about)
    first.write_bytes(b"")
    second = name_for(folder, learned.about)
    assert [first.name, second.name] == ["digits-cnn.recording.safetensors", "digits-cnn-2.recording.safetensors"]
    assert recordings_in(folder) == [first.name]
    (tmp_path / "secret.recording.safetensors").write_bytes(b"")
    for name in ("../secret.recording.safetensors", str(first), "", second.name):
        with pytest.raises(BadInput, match="no recording"):
            recording_at(folder, name)
