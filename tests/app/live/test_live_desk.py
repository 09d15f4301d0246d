"""A desk without a browser: what it sends, what may be asked of it, and what is refused."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import threading
import time
import weakref

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
    if hasattr(made, "lesson"):
        made.lesson.end()
        made.lesson.join(60.0)


def told_by(desk):
    return desk.window.browser


def run_to_the_end(desk):
    desk.toggle()
    assert desk.lesson.wait(60.0)
    desk.window.drawn = True
    desk.tick()


def test_what_is_new_is_sent_once_and_only_to_a_browser_that_keeps_up(desk):
    frames = [told for name, told in told_by(desk).calls if name == "frame"]
    assert [frame["step"] for frame in frames] == [0]
    desk.step()
    assert desk.lesson.wait(60.0)
    desk.tick()
    assert told_by(desk).last("frame")["step"] == 0  # the first was not drawn yet
    desk.window.drawn = True
    desk.tick()
    assert told_by(desk).last("frame")["step"] == 1
    count = len(told_by(desk).calls)
    desk.window.drawn = True
    desk.tick()
    assert len(told_by(desk).calls) == count


def test_the_slider_goes_back_and_the_last_place_follows_what_is_learned(desk):
    run_to_the_end(desk)
    steps = [moment.step for moment in desk.lesson.recording.moments]
    desk.go_to(3)
    assert told_by(desk).last("frame")["step"] == steps[3]
    assert not told_by(desk).last("frame")["newest"]
    desk.go_to(len(steps) - 1)
    assert told_by(desk).last("frame")["newest"]
    assert told_by(desk).last("state")["finished"]


def test_a_saved_recording_is_replayed_with_the_same_frames(desk, digits):
    run_to_the_end(desk)
    desk.go_to(4)
    wanted = told_by(desk).last("frame")
    name = asyncio.run(desk.save())
    assert name == "digits-mlp.recording.safetensors"
    asyncio.run(desk.begin(model="linear"))
    assert told_by(desk).last("still")["parameters"] == 650
    asyncio.run(desk.open(name))
    assert not told_by(desk).last("still")["own"]
    desk.go_to(4)
    assert told_by(desk).last("frame") == wanted
    asyncio.run(desk.open(""))
    assert told_by(desk).last("still")["parameters"] == 650
    asyncio.run(desk.open("../other"))
    assert "no recording" in told_by(desk).notes[-1]


def test_only_images_in_view_can_be_chosen(desk, digits):
    shown = {told["row"] for name, told in told_by(desk).calls if name == "picture"}
    assert not shown & set(digits.split.held_out.tolist())
    other = int(digits.probes[2])
    desk.choose(other)
    assert told_by(desk).last("frame")["chosen"] == other
    desk.choose(int(digits.split.held_out[0]))
    assert told_by(desk).last("frame")["chosen"] == other


def test_the_arithmetic_of_pixels_and_classes_is_told(desk, digits):
    run_to_the_end(desk)
    moment = desk.lesson.moment
    desk.work_out({"kind": "weight", "sheet": 0, "picture": 3, "row": 2, "column": 5})
    (line,) = told_by(desk).last("told")["lines"]
    assert line == f"hidden1, unit 3, channel 0, row 2, column 5: {moment.weights['hidden1.weight'][3, 21]:.6g}"
    desk.work_out({"kind": "activation", "sheet": 1, "picture": 0, "row": 0, "column": 7})
    lines = told_by(desk).last("told")["lines"]
    assert lines[0] == f"relu1, unit 7: {moment.activations['relu1'][0, 7]:.6g}"
    assert lines[1].startswith("max(0, ")
    desk.work_out_class(4)
    lines = told_by(desk).last("told")["lines"]
    assert lines[0].startswith("logit of 4: ")
    assert lines[-1].startswith("probability, softmax over all logits: ")


PIXEL = {"kind": "weight", "sheet": 0, "picture": 0, "row": 0, "column": 0}


@pytest.mark.parametrize("wrong", [-1, 99, 1e400, float("nan"), 0.5, "0", None, [], {}, True])
@pytest.mark.parametrize("where", ["sheet", "picture", "row", "column"])
def test_a_pixel_that_is_not_there_is_refused_in_a_line(desk, wrong, where):
    desk.work_out({**PIXEL, where: wrong})
    assert "load it again" in told_by(desk).notes[-1]
    assert not [name for name, _ in told_by(desk).calls if name == "told"]


@pytest.mark.parametrize("wrong", [None, "x", {}, [], -1, 1e400])
def test_whatever_else_a_browser_sends_is_refused_in_a_line(desk, wrong):
    for ask in (desk.work_out, desk.work_out_class, desk.choose, desk.go_to):
        told_by(desk).notes.clear()
        ask(wrong)
        assert len(told_by(desk).notes) == 1, ask


def test_what_is_worked_out_is_of_the_moment_that_is_shown(desk, monkeypatch):
    monkeypatch.setattr("pellucid.app.live.recording.MOST_MOMENTS", 12)
    for _ in range(8):
        desk.step()
        assert desk.lesson.wait(60.0)
    desk.go_to(5)
    shown = told_by(desk).last("frame")["step"]
    weight = float(desk.lesson.recording.moments[5].weights["hidden1.weight"][0, 0])
    desk.lesson.run()
    assert desk.lesson.wait(60.0)
    assert desk.lesson.recording.moments[5].step != shown  # thinned since
    desk.work_out(PIXEL)
    assert told_by(desk).last("told")["step"] == shown
    assert told_by(desk).last("told")["lines"][0].endswith(f": {weight:.6g}")
    desk.show_frame()
    assert told_by(desk).last("frame")["step"] == shown


def test_open_arithmetic_follows_the_slider(desk):
    run_to_the_end(desk)
    desk.work_out(PIXEL)
    desk.go_to(2)
    moment = desk.lesson.recording.moments[2]
    told = told_by(desk).last("told")
    assert told["step"] == moment.step
    assert told["lines"][0].endswith(f": {float(moment.weights['hidden1.weight'][0, 0]):.6g}")


def test_the_probability_of_a_class_is_told_with_its_logit(desk):
    run_to_the_end(desk)
    chances = dict(told_by(desk).last("frame")["chances"])
    for klass in (0, 7):
        desk.work_out_class(klass)
        lines = told_by(desk).last("told")["lines"]
        assert lines[0].startswith(f"logit of {klass}: ")
        assert float(lines[-1].rpartition(" ")[2]) == pytest.approx(chances[str(klass)], rel=1e-4)


def test_a_frame_that_is_never_drawn_is_taken_as_lost_after_a_while(desk, monkeypatch):
    desk.step()
    assert desk.lesson.wait(60.0)
    assert not desk.window.is_ready
    now = time.monotonic()
    monkeypatch.setattr("pellucid.app.live.window.time.monotonic", lambda: now + 5)
    desk.tick()
    assert told_by(desk).last("frame")["step"] == 1


def test_beginning_anew_ends_the_old_lesson_and_keeps_the_pace(desk):
    old, desk.lesson.pace = desk.lesson, 0.2
    desk.lesson.run()
    asyncio.run(desk.begin(seed=3))
    old.join(60.0)
    assert not [thread for thread in threading.enumerate() if thread.name == "lesson"]
    assert desk.lesson is not old
    assert desk.lesson.pace == 0.2


def test_of_two_changes_at_once_both_are_set(desk):
    async def both():
        await asyncio.gather(desk.begin(epochs=3), desk.begin(seed=9))

    asyncio.run(both())
    assert (desk.told.epochs, desk.told.seed) == (3, 9)
    assert (desk.lesson.settings.epochs, desk.lesson.settings.seed) == (3, 9)


def test_of_two_changes_at_once_of_which_the_second_cannot_be_nothing_is_told_that_is_not_so(desk):
    async def both():
        await asyncio.gather(desk.begin(epochs=3), desk.begin(learning_rate=-1.0))

    before = desk.lesson
    asyncio.run(both())
    assert desk.lesson is before
    assert desk.told == Settings(model="mlp", epochs=2)


def test_nothing_large_stays_of_a_browser_that_has_left(digits, tmp_path):
    desk = LiveDesk(digits, Settings(model="mlp", epochs=1), Told(), tmp_path)
    run_to_the_end(desk)
    lesson, weights = weakref.ref(desk.lesson), weakref.ref(desk.lesson.moment.weights["hidden1.weight"])
    desk.close()
    gc.collect()
    assert lesson() is None
    assert weights() is None


def test_a_browser_that_leaves_in_the_midst_of_something_leaves_nothing_undone(digits, tmp_path):
    desk = LiveDesk(digits, Settings(model="mlp", epochs=1), Told(), tmp_path)

    async def leave():
        begun, saved = asyncio.create_task(desk.begin(seed=1)), asyncio.create_task(desk.save())
        await asyncio.sleep(0)
        desk.close()
        await begun
        return await saved

    assert asyncio.run(leave()) == "digits-mlp.recording.safetensors"


def test_a_damaged_recording_changes_nothing_of_what_is_shown(desk):
    desk.folder.mkdir()
    (desk.folder / "bad.recording.safetensors").write_bytes(b"bad")
    before = len(told_by(desk).calls)
    asyncio.run(desk.open("bad.recording.safetensors"))
    assert "no whole recording" in told_by(desk).notes[-1]
    assert len(told_by(desk).calls) == before
    assert desk.opened == ""


def test_a_setting_that_cannot_be_changes_nothing(desk):
    asyncio.run(desk.begin(learning_rate=-1.0))
    assert "learning_rate" in told_by(desk).notes[-1]
    assert desk.told.learning_rate is None
    asyncio.run(desk.begin(learning_rate=0.01))
    assert "learning_rate=0.01" in told_by(desk).links[-1]


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
