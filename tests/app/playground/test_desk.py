"""What a browser asks of its desk, and what is sent back; the arithmetic of any unit, added up again."""

from __future__ import annotations

import json
from base64 import b64decode

import numpy as np
import pytest
import torch

from pellucid.app.playground.addressed import desk_of
from pellucid.app.playground.arithmetic import unit_sum
from pellucid.app.playground.desk import Desk
from pellucid.app.playground.experiment import Experiment, experiment_of
from pellucid.app.playground.frame import LARGE, SMALL, frame_of
from pellucid.app.playground.link import text_of
from pellucid.app.playground.playing import Playing
from pellucid.errors import BadInput


class Remembering:
    """A browser that keeps what it is told."""

    def __init__(self):
        self.said, self.warned = [], []

    def run(self, code):
        self.said.append(code)

    def warn(self, said):
        self.warned.append(said)

    def tell(self, said):
        self.told = said

    def last(self, what):
        """The newest message of a kind."""
        start = f"playground.{what}("
        return json.loads(next(one for one in reversed(self.said) if one.startswith(start))[len(start) : -1])


@pytest.fixture
def desk():
    return Desk(Experiment(hidden=(3, 2)), Remembering())


def test_a_change_begins_anew_and_stands_in_the_link(desk):
    desk.step()
    desk.begin(toy="moons")
    assert desk.browser.last("frame")["step"] == 0
    assert "history.replaceState(null, '', \"?toy=moons&hidden=3-2\")" in desk.browser.said
    assert desk.browser.last("still")["widths"] == [3, 2, 1]


def test_a_setting_of_learning_changes_without_beginning_anew(desk):
    desk.step()
    desk.tune(learning_rate=0.03)
    assert desk.playing.steps == 1
    assert "history.replaceState(null, '', \"?hidden=3-2&learning_rate=0.03\")" in desk.browser.said
    desk.tune(momentum=2.0)
    assert "momentum" in desk.browser.warned[0]
    assert desk.playing.experiment.momentum == 0.0


def test_what_is_hidden_stands_in_the_link_and_comes_back_with_it(desk):
    desk.hide("momentum", True)
    desk.hide("step", True)
    assert desk.browser.last("hide") == ["step", "momentum"]
    assert "hide=step-momentum" in desk.browser.said[-1]
    desk.hide("step", False)
    assert "hide=momentum" in desk.browser.said[-1]
    again = Desk(Experiment(), Remembering(), hide="momentum")
    again.show_all()
    assert again.browser.last("hide") == ["momentum"]
    with pytest.raises(BadInput, match="no 'nonsense' to hide"):
        Desk(Experiment(), Remembering(), hide="momentum-nonsense")


def test_what_is_shown_besides_stands_in_the_link_too(desk):
    desk.show(["test"])
    assert "?hidden=3-2&show=test" in desk.browser.said[-1]
    for told in (["weather"], None, [1]):
        desk.show(told)
    assert len(desk.browser.warned) == 3
    again = Desk(Experiment(), Remembering(), show="test-discrete")
    again.show_all()
    assert again.browser.last("show") == ["test", "discrete"]


def test_hidden_layers_are_built_as_the_browser_asks_and_nonsense_is_told(desk):
    desk.build([5])
    assert desk.browser.last("still")["widths"] == [5, 1]
    for told in ([9], [2] * 7, "xy", None, [[]], {"a": 1}):
        desk.build(told)
    assert len(desk.browser.warned) == 6
    assert desk.playing.experiment.hidden == (5,)


def test_what_cannot_be_is_told_and_changes_nothing(desk):
    before = desk.playing
    desk.begin(noise=3.0)
    assert desk.playing is before
    assert "noise" in desk.browser.warned[0]
    place = {"place": [0, 0]}
    for told in ({}, {"layer": 9, "unit": 0, **place}, {"layer": 0, "unit": "x", **place}):
        desk.choose(told)
        desk.edit({**told, "feature": 0, "value": "abc"})
    for told in (None, ["layer"], "layer", 3, {"about": "weather"}, {"about": "slopes", "layer": None}):
        desk.choose(told)
        desk.edit(told)
    assert len(desk.browser.warned) == 19
    assert desk.browser.said == []


def test_a_link_with_weights_leads_back_to_the_very_same_network(desk):
    for _ in range(30):
        desk.step()
    desk.link_weights()
    said = next(one for one in reversed(desk.browser.said) if one.startswith("history"))
    query = dict(part.split("=") for part in said.split("?")[1].rstrip('")').split("&"))
    again = Desk(experiment_of(query), Remembering(), query["weights"])
    assert again.playing.all_numbers() == desk.playing.all_numbers()
    assert again.playing.losses().test == desk.playing.losses().test


@pytest.mark.parametrize(
    "weights", ["abc", "AAAA", "!!", "A" * 20_000, "AAAAAAAA8D8AAAAAAAAEwA", text_of([np.nan] * 20)]
)
def test_weights_of_another_network_or_none_at_all_are_refused(weights):
    with pytest.raises(BadInput, match=r"^The (weights in the )?link"):
        Desk(Experiment(hidden=(3, 2)), Remembering(), weights)


def test_it_learns_only_while_it_runs_and_the_browser_keeps_up(desk):
    desk.tick()
    assert desk.playing.steps == 0
    desk.running = True
    desk.tick()
    steps = desk.playing.steps
    assert steps > 0
    desk.tick()  # the frame was not drawn yet
    assert desk.playing.steps == steps
    desk.drawn = True
    desk.tick()
    assert desk.playing.steps > steps


def test_where_the_loss_is_no_number_it_stops_and_says_so(desk):
    desk.begin(toy="plane", learning_rate=10.0, activation="relu", hidden=(8, 8))
    desk.playing.set_number(0, 0, 0, 9e5)
    desk.set_running(True)
    told = []
    desk.on_running.append(lambda: told.append(desk.running))
    for _ in range(50):
        desk.drawn = True
        desk.tick()
    assert told == [False]
    assert "smaller learning rate" in desk.browser.warned[-1]
    assert "NaN" not in "".join(desk.browser.said)
    desk.begin()
    desk.step()
    assert desk.browser.last("frame")["step"] == 1


def test_an_edited_weight_is_in_the_next_frame_and_in_the_panel(desk):
    desk.choose({"layer": 1, "unit": 0, "place": [0.1, -0.2]})
    desk.edit({"layer": 1, "unit": 0, "feature": 2, "value": 1.25})
    assert desk.browser.last("frame")["weights"][1][0][2] == 1.25
    panel = desk.browser.last("panel")
    assert panel["terms"][2]["weight"] == 1.25
    assert panel["total"] == pytest.approx(sum(one["product"] for one in panel["terms"]) + panel["bias"], abs=1e-12)


def test_after_a_refused_weight_the_panel_shows_the_true_values_and_takes_the_next_one(desk):
    desk.choose({"layer": 1, "unit": 0, "place": [0.1, -0.2]})
    before = desk.browser.last("panel")
    for wrong in (1e9, "", "1e999", "abc"):
        desk.browser.said.clear()
        desk.edit({"layer": 1, "unit": 0, "feature": 2, "value": wrong})
        again = desk.browser.last("panel")
        assert again["fresh"]
        assert again["terms"] == before["terms"]
    assert [said[:42] for said in desk.browser.warned] == ["The weight from h1.3 to h2.1 stays as it i"] * 4
    desk.edit({"layer": 1, "unit": 0, "feature": 2, "value": "2.5"})
    panel = desk.browser.last("panel")
    assert panel["terms"][2]["weight"] == 2.5
    assert panel["terms"][2]["product"] == pytest.approx(2.5 * before["terms"][2]["value"])
    assert panel["total"] != before["total"]


def last_address(desk):
    return next(one for one in reversed(desk.browser.said) if one.startswith("history"))


def test_weights_stay_in_the_link_for_as_long_as_they_are_the_network_s(desk):
    desk.step()
    desk.link_weights()
    linked = last_address(desk)
    desk.hide("momentum", True)
    desk.show(["test"])
    desk.tune(learning_rate=0.03)
    assert linked.split("weights=")[1] == last_address(desk).split("weights=")[1]
    assert "hide=momentum" in last_address(desk)
    for change in (
        desk.step,
        desk.begin,
        lambda: desk.edit({"layer": 0, "unit": 0, "feature": 0, "value": 1.0}),
        lambda: (desk.set_running(True), setattr(desk, "drawn", True), desk.tick()),
    ):
        desk.link_weights()
        assert "weights=" in last_address(desk)
        change()
        assert "weights=" not in last_address(desk)
    given = text_of(desk.playing.all_numbers())
    again = Desk(Experiment(hidden=(3, 2)), Remembering(), given)
    again.show_all()
    assert f"weights={given}" in last_address(again)


def test_an_address_s_mistakes_are_told_at_once_and_a_good_one_is_followed():
    desk, wrong = desk_of({"toy": "nothing", "noise": "7", "hide": "weather-step", "show": "x"}, Remembering())
    assert [said.split(" cannot")[0].split(":")[0] for said in wrong] == [
        "Noise '7'", "Problem 'nothing'", "There is no 'weather' to hide", "There is no 'x' to show",
    ]  # fmt: skip
    assert (desk.playing.experiment, desk.hidden) == (Experiment(), ())
    assert len(desk_of({"weights": "abc"}, Remembering())[1]) == 1
    desk, wrong = desk_of({"toy": "moons", "hide": "step"}, Remembering())
    assert (desk.playing.experiment.toy, desk.hidden, wrong) == ("moons", ("step",), [])


def test_bytes_of_a_frame_are_the_values_of_the_maps():
    playing = Playing(Experiment(hidden=(3,)))
    frame, maps = frame_of(playing), playing.maps(SMALL)
    for layer, units in enumerate(frame["maps"]):
        scale = float(maps[layer].abs().max())
        assert frame["scales"][layer] == scale
        for unit, told in enumerate(units):
            levels = torch.tensor(list(b64decode(told)), dtype=torch.float64).reshape(SMALL, SMALL)
            assert ((levels - 128) / 127 * scale - maps[layer][unit]).abs().max() <= 0.5 / 127 * scale + 1e-12
    output = torch.tensor(list(b64decode(frame["output"])), dtype=torch.float64).reshape(LARGE, LARGE)
    assert ((output - 128) / 127 - (2 * playing.maps(LARGE)[-1][0] - 1)).abs().max() <= 0.5 / 127 + 1e-12
    assert json.loads(json.dumps(frame, allow_nan=False)) == frame


@pytest.mark.parametrize("toy", ["xor", "plane"])
def test_every_unit_s_arithmetic_adds_up_to_what_it_hands_on(toy):
    playing = Playing(Experiment(toy=toy, hidden=(3, 2), activation="sigmoid"))
    place = torch.tensor([[0.3, -0.7]], dtype=torch.float64)
    seen = playing.at(place)
    for layer, units in enumerate((3, 2, 1)):
        for unit in range(units):
            found = unit_sum(playing, layer, unit, 0.3, -0.7)
            assert found.total == pytest.approx(sum(one.product for one in found.terms) + found.bias, abs=1e-12)
            last = layer == 2
            bent = torch.sigmoid(torch.tensor(found.total, dtype=torch.float64)).item()
            assert found.result == pytest.approx(found.total if last and toy == "plane" else bent, abs=1e-12)
            if not last:
                assert found.result == float(seen.inputs[layer + 1][0, unit])
    for wrong in ((3, 0), (0, 3), (-1, 0)):
        with pytest.raises(BadInput):
            unit_sum(playing, *wrong, 0.0, 0.0)


def test_the_lines_are_those_one_writes_by_hand():
    playing = Playing(Experiment(hidden=()))
    for feature, value in ((0, 2.0), (1, -1.0), (None, 0.5)):
        playing.set_number(0, 0, feature, value)
    assert unit_sum(playing, 0, 0, 0.25, 0.5).lines() == [
        "x₁  +0.250000 x +2.00000 = +0.5000",
        "x₂  +0.500000 x -1.00000 = -0.5000",
        "bias  +0.5000",
        "sum  +0.5000",
        "probability of blue = sigmoid(+0.5000) = 0.6225",
    ]
