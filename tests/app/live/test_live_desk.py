"""A desk without a browser: what it sends, what may be asked of it, and what is refused."""

from __future__ import annotations

import json
import re

import pytest

from pellucid.app.live.desk import LiveDesk
from pellucid.app.live.link import query_of, settings_of
from pellucid.errors import BadInput
from pellucid.learn import Settings


class Told:
    """A browser that keeps what it is told."""

    def __init__(self):
        self.calls, self.notes, self.links = [], [], []

    def run(self, code):
        call = re.fullmatch(r"live\.(\w+)\((.*)\)", code, re.DOTALL)
        if call:
            self.calls.append((call[1], json.loads(call[2])))
        else:
            self.links.append(code)

    def warn(self, said):
        self.notes.append(said)

    tell = warn

    def last(self, what):
        return next(told for name, told in reversed(self.calls) if name == what)


@pytest.fixture
def desk(digits, tmp_path):
    made = LiveDesk(digits, Settings(model="mlp", epochs=2), Told(), tmp_path / "kept")
    made.show_all()
    yield made
    made.lesson.end()


def run_to_the_end(desk):
    desk.toggle()
    assert desk.lesson.wait(60.0)
    desk.drawn = True
    desk.tick()


def test_what_is_new_is_sent_once_and_only_to_a_browser_that_keeps_up(desk):
    frames = [told for name, told in desk.browser.calls if name == "frame"]
    assert [frame["step"] for frame in frames] == [0]
    desk.step()
    assert desk.lesson.wait(60.0)
    desk.tick()
    assert desk.browser.last("frame")["step"] == 0  # the first was not drawn yet
    desk.drawn = True
    desk.tick()
    assert desk.browser.last("frame")["step"] == 1
    count = len(desk.browser.calls)
    desk.drawn = True
    desk.tick()
    assert len(desk.browser.calls) == count


def test_the_slider_goes_back_and_the_last_place_follows_what_is_learned(desk):
    run_to_the_end(desk)
    steps = [moment.step for moment in desk.lesson.recording.moments]
    desk.go_to(3)
    assert desk.browser.last("frame")["step"] == steps[3]
    assert not desk.browser.last("frame")["newest"]
    desk.go_to(len(steps) - 1)
    assert desk.browser.last("frame")["newest"]
    assert desk.browser.last("state")["finished"]


def test_a_saved_recording_is_replayed_with_the_same_frames(desk, digits):
    run_to_the_end(desk)
    desk.go_to(4)
    wanted = desk.browser.last("frame")
    name = desk.save()
    assert name == "digits-mlp.recording.safetensors"
    desk.begin(model="linear")
    assert desk.browser.last("still")["model"] == "linear"
    desk.open(name)
    assert not desk.browser.last("still")["own"]
    desk.go_to(4)
    assert desk.browser.last("frame") == wanted
    desk.open("")
    assert desk.browser.last("still")["model"] == "linear"
    desk.open("../other")
    assert "no recording" in desk.browser.notes[-1]


def test_only_images_in_view_can_be_chosen(desk, digits):
    shown = {told["row"] for name, told in desk.browser.calls if name == "picture"}
    assert not shown & set(digits.split.held_out.tolist())
    other = int(digits.probes[2])
    desk.choose(other)
    assert desk.browser.last("frame")["chosen"] == other
    desk.choose(int(digits.split.held_out[0]))
    assert desk.browser.last("frame")["chosen"] == other


def test_the_arithmetic_of_pixels_and_classes_is_told(desk, digits):
    run_to_the_end(desk)
    moment = desk.lesson.moment
    desk.work_out({"kind": "weight", "sheet": 0, "picture": 3, "row": 2, "column": 5})
    (line,) = desk.browser.last("told")["lines"]
    assert line == f"hidden1, unit 3, channel 0, row 2, column 5: {moment.weights['hidden1.weight'][3, 21]:.6g}"
    desk.work_out({"kind": "activation", "sheet": 1, "picture": 0, "row": 0, "column": 7})
    lines = desk.browser.last("told")["lines"]
    assert lines[0] == f"relu1, unit 7: {moment.activations['relu1'][0, 7]:.6g}"
    assert lines[1].startswith("max(0, ")
    desk.work_out_class(4)
    lines = desk.browser.last("told")["lines"]
    assert lines[0].startswith("logit of 4: ")
    assert lines[-1].startswith("probability, softmax over all logits: ")


@pytest.mark.parametrize(
    "told", [{}, {"kind": "weight", "sheet": 99, "picture": 0, "row": 0, "column": 0}, {"kind": "x", "sheet": "y"}]
)
def test_what_cannot_be_asked_for_is_said(desk, told):
    desk.work_out(told)
    assert desk.browser.notes


def test_a_setting_that_cannot_be_changes_nothing(desk):
    desk.begin(learning_rate=-1.0)
    assert "learning_rate" in desk.browser.notes[-1]
    assert desk.told.learning_rate is None
    desk.begin(learning_rate=0.01)
    assert "learning_rate=0.01" in desk.browser.links[-1]


def test_an_address_leads_back_to_its_settings():
    for settings in (
        Settings(model="cnn"),
        Settings(model="mlp", hidden=(30, 10), learning_rate=0.003, batch_size=7, epochs=3, seed=5, optimizer="sgd"),
    ):
        query = dict(pair.split("=") for pair in query_of(settings).split("&"))
        assert settings_of(query) == settings
    assert settings_of({}) == Settings(model="linear")
    assert settings_of({"token": "x"}) == Settings(model="linear")


@pytest.mark.parametrize(
    "query", [{"model": "auto"}, {"model": "x"}, {"epochs": "many"}, {"hidden": "3-x"}, {"seed": "-1"}]
)
def test_an_address_that_cannot_be_is_refused(query):
    with pytest.raises(BadInput, match=r"^[^\n]+$"):
        settings_of(query)
