"""A lesson learns exactly what the loop without it learns, rests where it is told to, and says why it had to stop."""

from __future__ import annotations

import itertools
import math
import threading
import time

import pytest
import torch

from pellucid.app.live import looking as looking_module
from pellucid.app.live.lesson import Lesson
from pellucid.errors import BadInput
from pellucid.learn import Settings, plan_learning

LONG = 60.0


@pytest.fixture
def begin(digits):
    """Lessons as many as are asked for, all ended at the end."""
    begun = []

    def make(**told):
        begun.append(Lesson(digits, Settings(**{"model": "linear", "epochs": 2, **told}), "cpu"))
        return begun[-1]

    yield make
    for one in begun:
        one.end()
        one.join(LONG)


@pytest.mark.parametrize("model", ["linear", "mlp", "cnn"])
def test_looking_changes_nothing_of_what_is_learned(begin, digits, model):
    settings = Settings(model=model, epochs=1)
    plan = plan_learning(settings, digits.dataset, digits.split, "cpu")
    losses = [step.loss.item() for step in plan.learner.steps(plan.batches)]
    watched = begin(model=model, epochs=1)
    watched.run()
    assert watched.wait(LONG)
    assert watched.finished
    wanted = plan.learner.model.state_dict()
    for name, weight in watched.moment.weights.items():
        torch.testing.assert_close(torch.from_numpy(weight), wanted[name], rtol=0, atol=0)
    moments = watched.recording.moments
    for before, after in itertools.pairwise(moments):
        between = losses[before.step : after.step]
        assert after.train_loss == pytest.approx(sum(between) / len(between), rel=1e-5)
    assert moments[0].step == 0
    assert moments[-1].step == len(losses) == watched.steps


def test_it_rests_until_it_is_told_to_and_takes_the_steps_that_it_is_told_to(begin):
    one = begin()
    assert one.moment.step == 0
    assert not one.running
    for count in (1, 2, 3):
        one.step()
        assert one.wait(LONG)
        assert one.moment.step == count
    one.pace = 0.02
    one.run()
    assert one.running
    time.sleep(0.3)
    one.pause()
    assert one.wait(LONG)
    rested = one.moment.step
    time.sleep(0.1)
    assert one.moment.step == rested
    assert 3 < rested < one.steps
    one.pace = 0.0
    one.run()
    assert one.wait(LONG)
    assert one.finished
    assert one.moment.step == one.steps


def test_the_first_steps_are_looked_at_one_by_one(begin):
    one = begin(epochs=3)
    one.run()
    assert one.wait(LONG)
    assert [moment.step for moment in one.recording.moments][:6] == [0, 1, 2, 3, 4, 5]


def test_looking_takes_a_share_of_the_time_and_no_more(begin, monkeypatch):
    monkeypatch.setattr(looking_module, "FREE_LOOKING", 0.0)
    monkeypatch.setattr(looking_module, "MOST_LOOKING", 0.0)
    one = begin()
    one.run()
    assert one.wait(LONG)
    assert [moment.step for moment in one.recording.moments] == [0, 1, one.steps]  # nothing was spent at step 1


def test_where_the_loss_is_no_number_it_stops_and_says_so(begin):
    one = begin(model="mlp", learning_rate=1e5, optimizer="sgd", epochs=5)
    one.run()
    assert one.wait(LONG)
    assert "no number" in one.problem
    assert not one.running
    assert all(math.isfinite(moment.valid_loss) for moment in one.recording.moments)


def test_what_breaks_in_the_thread_is_told(begin, monkeypatch):
    one = begin()

    def broken(*_, **__):
        raise RuntimeError("no memory")

    monkeypatch.setattr(looking_module, "take_moment", broken)
    one.step()
    assert one.wait(LONG)
    assert one.problem == "Learning stopped: RuntimeError: no memory"


def test_the_doctor_sees_what_is_wrong(begin):
    one = begin(model="mlp", start="zeros", epochs=4)
    one.run()
    assert one.wait(LONG)
    assert one.looks > 0
    assert one.findings


def test_the_last_step_ends_it_however_it_was_taken(begin):
    one = begin(epochs=1, batch_size=300)
    for _ in range(one.steps):
        assert not one.finished
        one.step()
        assert one.wait(LONG)
    assert one.finished
    assert one.moment.step == one.steps


def test_where_it_is_ended_its_thread_ends(begin):
    one = begin(epochs=1000)
    one.run()
    one.end()
    one.join(LONG)
    assert not any(thread.name == "lesson" and thread.is_alive() for thread in threading.enumerate())


def test_a_model_too_large_for_the_page_is_refused_before_it_takes_memory(begin):
    with pytest.raises(BadInput, match=r"would have 134,000,000,032 weights"):
        begin(model="mlp", hidden=(2_000_000_000, 2))


def test_settings_that_do_not_fit_are_refused(begin):
    with pytest.raises(BadInput, match="hidden"):
        begin(model="linear", hidden=(8,))


def test_two_lessons_at_once_do_not_disturb_one_another(begin):
    alone = begin(model="cnn", epochs=1)
    alone.run()
    assert alone.wait(LONG)
    one, other = begin(model="cnn", epochs=1), begin(model="mlp", epochs=2)
    one.run()
    other.run()
    assert one.wait(LONG)
    assert other.wait(LONG)
    for name, weight in alone.moment.weights.items():
        assert (weight == one.moment.weights[name]).all(), name
