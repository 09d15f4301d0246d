"""It is said beside the epoch when nothing gets better, and where that is too little, what learns it."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from pellucid.app.playground.experiment import Experiment, experiment_of
from pellucid.app.playground.playing import Playing
from pellucid.app.playground.stalled import LEARNED_BY, MUCH_WRONG, stalled
from pellucid.app.playground.worked import epoch_worked
from pellucid.blocks.toys import CLASS_TOYS, HEIGHT_TOYS


def learned(playing, epochs):
    until = playing.epoch + epochs
    while playing.epoch < until:
        playing.step()
    return playing


def test_it_is_said_a_hundred_epochs_after_the_last_loss_that_was_better():
    playing = Playing(Experiment(hidden=(), noise=0.0, points=40))
    ends = [(0, playing.losses())]
    while stalled(playing) is None:
        learned(playing, 1)
        ends.append((round(playing.epoch), playing.losses()))
    first, better = ends[0][1], 0
    best = {"train": first.train, "test": first.test}
    for epoch, losses in ends:
        for part in best:
            if getattr(losses, part) < best[part] - 0.01 * getattr(first, part):
                best[part], better = getattr(losses, part), epoch
    assert better == playing.better_epoch
    assert ends[-1][0] == better + 100
    assert f"Last better after {better} epochs" in epoch_worked(playing).lines[-1]


def test_another_setting_and_a_weight_set_by_hand_begin_the_count_anew():
    playing = learned(Playing(Experiment(learning_rate=0.0, points=20)), 100)
    assert stalled(playing) is not None
    playing.tune(learning_rate=0.1)
    assert stalled(playing) is None
    assert playing.better_epoch == 100
    playing.tune(learning_rate=0.0)
    assert stalled(learned(playing, 100)) is not None
    playing.set_number(0, 0, 0, 1.0)
    assert stalled(playing) is None


@pytest.mark.parametrize(("rate", "link"), [(0.0, LEARNED_BY["plane"]), (0.1, "")])
def test_heights_that_are_hardly_learned_get_a_hint_and_others_do_not(rate, link):
    playing = learned(Playing(Experiment(toy="plane", hidden=(), learning_rate=rate, points=100)), 140)
    assert stalled(playing).link == link


@pytest.mark.slow
def test_spirals_with_too_little_get_a_hint():
    playing = learned(Playing(Experiment(toy="spirals")), 140)
    assert playing.losses().test_error > MUCH_WRONG
    assert stalled(playing).link == LEARNED_BY["spirals"]
    for _ in range(16):  # it gets a little better on the way, and is as wrong as before
        assert stalled(learned(playing, 10)).link == LEARNED_BY["spirals"]
    assert playing.better_epoch > 140


@pytest.mark.slow
@pytest.mark.parametrize("toy", [*CLASS_TOYS, *HEIGHT_TOYS])
def test_settings_of_a_hint_do_learn_it_and_are_not_called_stalled_before(toy):
    playing = Playing(experiment_of(dict(parse_qsl(LEARNED_BY[toy]))))

    def good():
        losses, spread = playing.losses(), float(playing.test.targets.var())
        return losses.test < 0.3 * spread if losses.test_error is None else losses.test_error < 0.1

    while not good() and playing.epoch < 400:
        assert stalled(playing) is None
        learned(playing, 10)
    assert good()
