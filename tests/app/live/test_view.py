"""What is drawn of a moment is what that moment's model gives; the arithmetic adds up to it."""

from __future__ import annotations

import dataclasses
import json
import re
from base64 import b64decode

import numpy as np
import pytest
import torch

from pellucid.app.live.lesson import Lesson
from pellucid.app.live.recording import Recording
from pellucid.app.live.view import View
from pellucid.app.live.working_out import worked_out
from pellucid.explain.walk import Passed
from pellucid.learn import Settings, build_model
from pellucid.learn.models import GlobalPool


@pytest.fixture(scope="module", params=["linear", "mlp", "cnn"])
def view(request, digits):
    lesson = Lesson(digits, Settings(model=request.param, epochs=1, precision="float32"), "cpu")
    lesson.run()
    assert lesson.wait(60.0)
    lesson.end()
    return View(lesson.recording)


def model_at(view, at):
    about = view.recording.about
    model = build_model(Settings.of(about.settings), about.channels, about.size, about.settings["outputs"])
    weights = view.recording.moments[at].weights
    model.load_state_dict({name: torch.from_numpy(np.array(weight)) for name, weight in weights.items()})
    return model.eval()


def inputs_of(view, row):
    about = view.recording.about
    image = torch.from_numpy(np.array(view.recording.cases.case(row).image)).double()[None]
    return (image - about.scaling["mean"][0]) / about.scaling["deviation"][0]


@pytest.mark.parametrize("at", [0, 5, -1])
def test_probabilities_are_those_of_the_model_at_that_moment(view, at):
    moment = view.recording.moments[at]
    for row in (*view.recording.about.probes[:3], int(moment.worst_rows[0])):
        with torch.no_grad():
            wanted = model_at(view, at)(inputs_of(view, row).float()).softmax(1)[0]
        np.testing.assert_allclose(view.chances(moment, row), wanted, rtol=1e-4, atol=1e-6)
    worst = int(moment.worst_rows[0])
    np.testing.assert_allclose(view.chances(moment, worst), moment.worst_p[0], rtol=1e-3, atol=1e-6)


def test_a_recorded_activation_is_what_would_be_worked_out_anew(view):
    moment, row = view.recording.moments[-1], view.recording.about.probes[1]
    recorded = view.activations(moment, row)
    exact = view.way(moment, row)
    for name, gave in recorded.items():
        np.testing.assert_allclose(gave, exact[name].gave[0], rtol=1e-3, atol=1e-4)


def test_the_arithmetic_of_any_number_ends_in_the_number(view):
    moment, rng = view.recording.moments[-1], np.random.default_rng(0)
    way = view.way(moment, int(moment.worst_rows[0]))
    for name, gave in view.activations(moment, int(moment.worst_rows[0])).items():
        for _ in range(5):
            spot = tuple(int(rng.integers(side)) for side in gave.shape)
            lines = worked_out(way[name], spot)
            ends = float(re.split(r"[=\s]+", lines[-1])[-1])
            assert ends == pytest.approx(float(way[name].gave[0][spot]), rel=1e-5, abs=1e-9), (name, lines)
            if lines[-1].startswith("sum "):
                parts = [
                    float(re.search(r"= ([-+.\de]+) \(", line).group(1))
                    for line in lines
                    if ") " not in line and "(" in line
                ]
                rest = [float(line.split(": ")[1]) for line in lines if "smaller products" in line]
                bias = float(lines[-2].split()[1]) if lines[-2].startswith("bias ") else 0.0
                assert sum([*parts, *rest, bias]) == pytest.approx(ends, rel=1e-3, abs=1e-4)


def test_a_frame_is_json_and_its_bytes_are_the_weights(view):
    for at in (0, len(view.recording.moments) - 1):
        moment = view.recording.moments[at]
        frame = json.loads(json.dumps(view.frame(moment, int(moment.worst_rows[0])), allow_nan=False))
        first = next(weight for name, weight in moment.weights.items() if name.endswith("weight"))
        sheet = frame["weights"][0]
        levels = np.concatenate([np.frombuffer(b64decode(one["levels"]), np.uint8) for one in sheet["pictures"]])
        shown = np.asarray(first[: len(sheet["pictures"])], np.float64)
        assert sheet["scale"] == pytest.approx(np.abs(shown).max())
        np.testing.assert_array_equal(levels, np.rint(128 + 127 * shown.ravel() / sheet["scale"]))
        assert frame["step"] == moment.step
        assert frame["losses"][1] == pytest.approx(moment.valid_loss)
        assert [row["row"] for row in frame["worst"]] == moment.worst_rows.tolist()
        assert [name for name, _ in frame["slopes"]] == list(moment.gradient_norms)
        wanted = [(one.step, one.train_loss, one.valid_loss) for one in view.recording.moments]
        for (step, train, valid), shown in zip(wanted, frame["curve"], strict=True):
            assert shown == [step, None if step == 0 else pytest.approx(train), pytest.approx(valid)]


def test_a_model_that_computes_in_bfloat16_is_shown_as_it_computes(digits):
    lesson = Lesson(digits, Settings(model="cnn", epochs=1, precision="bfloat16"), "cpu")
    recording = lesson.recording
    row, others = recording.about.probes[0], recording.about.probes[1:]
    recorded = View(recording).activations(lesson.moment, row)
    others_only = dataclasses.replace(recording.about, probes=others)
    anew = View(Recording(others_only, recording.cases, recording.moments)).activations(lesson.moment, row)
    for name, gave in recorded.items():
        np.testing.assert_allclose(anew[name], gave, rtol=1e-6, atol=1e-6)


def test_what_a_multi_label_model_calls_is_every_label_from_one_half_on(digits):
    lesson = Lesson(digits, Settings(model="linear", epochs=1), "cpu")
    p = np.array([[0.1, 0.5, 0.6, 0.95, 0.499, *[0.0] * 5]], np.float32)
    moment = dataclasses.replace(
        lesson.moment, worst_rows=lesson.moment.worst_rows[:1], worst_losses=np.array([1.0], np.float32), worst_p=p
    )
    several = dataclasses.replace(lesson.recording.about, task="multi-label")
    view = View(Recording(several, lesson.recording.cases, [moment]))
    row = int(moment.worst_rows[0])
    assert view.frame(moment, row)["worst"][0]["called"] == "1 0.50, 2 0.60, 3 0.95"
    sums = view.way(moment, row)["logits"].gave[0]
    np.testing.assert_allclose(view.chances(moment, row), 1 / (1 + np.exp(-sums.numpy())), rtol=1e-4)


def test_what_a_layer_is_given_is_named(view):
    moment, row = view.recording.moments[-1], view.recording.about.probes[0]
    way = view.way(moment, row)
    if "flatten" in way:  # a pixel of 8 x 8, told with its place
        first = list(way)[1]
        said = " ".join(worked_out(way[first], (0,), way["flatten"]))
        given, at_row, column = re.search(r"([-+.\de]+) x [^(]*\(pixel row (\d+), column (\d+)\)", said).groups()
        wanted = inputs_of(view, row)[0, 0, int(at_row), int(column)].item()
        assert float(given) == pytest.approx(wanted, rel=1e-5)
    last = list(way)[-2]
    named = "pixel row" if last == "flatten" else f"({last} "
    assert named in " ".join(worked_out(way["logits"], (2,), way[last]))


def test_the_strongest_and_the_mean_of_a_map_are_told_as_what_they_are():
    given = torch.arange(12.0, dtype=torch.float64).reshape(1, 3, 2, 2)
    passed = Passed("everywhere", GlobalPool(), given, GlobalPool()(given))
    assert worked_out(passed, (1,)) == ("the largest of the 4 numbers of map 1 = +7",)
    assert worked_out(passed, (5,)) == ("the mean of the 4 numbers of map 2 = +9.5",)
