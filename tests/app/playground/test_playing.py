"""The playground's network: the blocks' own arithmetic, autograd's slopes, and what is shown of it."""

from __future__ import annotations

import re

import pytest
import torch

from pellucid.app.playground.experiment import Experiment, experiment_of, mistakes
from pellucid.app.playground.frame import frame_of
from pellucid.app.playground.playing import Playing
from pellucid.errors import BadInput


def as_torch(playing):
    """The same network for autograd."""
    parts = []
    bend = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid}
    for layer in playing.layers:
        linear = torch.nn.Linear(layer.weight.shape[1], layer.weight.shape[0], dtype=torch.float64)
        linear.weight.data, linear.bias.data = layer.weight.clone(), layer.bias.clone()
        parts += [linear, *([bend[layer.activation]()] if layer.activation in bend else [])]
    return torch.nn.Sequential(*parts)


@pytest.mark.parametrize("toy", ["xor", "hills"])
@pytest.mark.parametrize("regularisation", ["none", "l1", "l2"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "identity"])
def test_steps_are_those_of_torch(toy, regularisation, activation):
    experiment = Experiment(
        toy=toy, hidden=(3, 2), activation=activation, batch_size=1000, learning_rate=0.1, momentum=0.9,
        regularisation=regularisation, penalty=0.01,
    )  # fmt: skip
    playing = Playing(experiment)
    model = as_torch(playing)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    loss_of = torch.nn.BCEWithLogitsLoss() if toy == "xor" else torch.nn.MSELoss()
    for _ in range(5):
        playing.step()
        loss = loss_of(model(playing.train.places), playing.train.targets)
        weights = [part.weight for part in model if isinstance(part, torch.nn.Linear)]
        power = {"none": 0.0, "l1": sum(w.abs().sum() for w in weights), "l2": sum((w**2).sum() for w in weights) / 2}
        optimizer.zero_grad()
        (loss + 0.01 * power[regularisation]).backward()
        optimizer.step()
    for layer, part in zip(playing.layers, (p for p in model if isinstance(p, torch.nn.Linear)), strict=True):
        torch.testing.assert_close(layer.weight, part.weight.data)
        torch.testing.assert_close(layer.bias, part.bias.data)


def test_the_size_of_slopes_is_that_of_autograd():
    playing = Playing(Experiment(batch_size=1000))
    model = as_torch(playing)
    playing.step()
    torch.nn.BCEWithLogitsLoss()(model(playing.train.places), playing.train.targets).backward()
    wanted = [part.weight.grad.square().mean().sqrt().item() for part in model if isinstance(part, torch.nn.Linear)]
    assert playing.slope_sizes == pytest.approx(wanted)


def test_each_training_point_is_seen_once_an_epoch_even_where_the_last_mini_batch_is_smaller():
    playing = Playing(Experiment(points=60, train_share=0.6, batch_size=10))  # 36 points: 10, 10, 10, 6
    columns, seen = playing._columns.clone(), []
    playing._look_whether_better = lambda: None  # would look at all points, too
    playing._columns = type("Watched", (), {"__getitem__": lambda _, rows: (seen.append(rows), columns[rows])[1]})()
    for _ in range(8):
        playing.step()
    assert [len(rows) for rows in seen] == [10, 10, 10, 6] * 2
    for epoch in (seen[:4], seen[4:]):
        assert sorted(torch.cat(epoch).tolist()) == list(range(36))
    assert playing.seen == 72
    assert playing.epoch == 2.0


def test_learning_goes_on_with_other_settings_as_torch_does_with_a_new_learning_rate():
    playing = Playing(Experiment(batch_size=1000, learning_rate=0.5, momentum=0.9))
    model = as_torch(playing)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
    for number in range(6):
        if number == 3:
            playing.tune(learning_rate=0.05)
            optimizer.param_groups[0]["lr"] = 0.05
        playing.step()
        optimizer.zero_grad()
        torch.nn.BCEWithLogitsLoss()(model(playing.train.places), playing.train.targets).backward()
        optimizer.step()
    torch.testing.assert_close(playing.layers[0].weight, model[0].weight.data)
    assert playing.steps == 6
    assert "learning_rate=0.05" in playing.experiment.query()
    playing.tune(momentum=0.0)
    playing.step()
    playing.tune(momentum=0.5, batch_size=7)  # begins with no velocity
    before = playing.layers[0].weight.clone()
    playing.step()
    torch.testing.assert_close(playing.layers[0].weight, before - 0.05 * playing.slopes[0])
    with pytest.raises(BadInput, match="momentum"):
        playing.tune(momentum=1.0)
    assert playing.experiment.momentum == 0.5


def test_new_points_keep_the_first_weights_and_new_weights_keep_the_points():
    usual, points, weights = (Playing(Experiment(**one)) for one in ({}, {"seed": 1}, {"weight_seed": 9}))
    assert points.all_numbers() == usual.all_numbers() != weights.all_numbers()
    assert torch.equal(weights.train.places, usual.train.places)
    assert not torch.equal(points.train.places, usual.train.places)


def test_xor_is_learned_by_four_hidden_units():
    playing = Playing(Experiment(noise=0.0))
    assert playing.losses().train > 0.5
    for _ in range(2000):
        playing.step()
    assert playing.losses().test_error < 0.05
    assert playing.losses().train < 0.1


def test_the_map_of_the_output_is_what_the_network_says_at_each_pixel_s_middle():
    playing = Playing(Experiment(hidden=(3, 2)))
    features, first, second, output = playing.maps(12)
    assert [len(one) for one in (features, first, second, output)] == [2, 3, 2, 1]
    place = torch.tensor([[-1 + 2 * 2.5 / 12, 1 - 2 * 0.5 / 12]], dtype=torch.float64)  # column 2, row 0
    torch.testing.assert_close(features[:, 0, 2], place[0])
    torch.testing.assert_close(output[0, 0, 2], torch.sigmoid(playing.at(place).logits)[0, 0])
    torch.testing.assert_close(second[:, 0, 2], playing.at(place).inputs[2][0])


def test_a_number_set_by_hand_is_used_and_a_wrong_one_is_refused():
    playing = Playing(Experiment(hidden=()))
    playing.set_number(0, 0, 0, 2.0)
    playing.set_number(0, 0, 1, -1.0)
    playing.set_number(0, 0, None, 0.5)
    assert playing.at(torch.tensor([[3.0, 4.0]])).logits.item() == 2 * 3 - 4 + 0.5
    for wrong in ((1, 0, 0, 1.0), (0, 1, 0, 1.0), (0, 0, 2, 1.0), (0, 0, 0, float("nan"))):
        with pytest.raises(BadInput):
            playing.set_number(*wrong)
    for at, value, said in (
        ((1, 0, 1), 1e9, "The weight from h1.2 to output stays as it is, 1e+09 is too large: type a number between "),
        ((0, 3, 0), float("nan"), "The weight from x₁ to h1.4 stays as it is, this is no number: type a number betw"),
        ((1, 0, None), -1e6, "The bias of output stays as it is, -1e+06 is too large: type a number between -1,000,0"),
    ):
        with pytest.raises(BadInput, match="^" + re.escape(said)):
            Playing(Experiment()).set_number(*at, value)


@pytest.mark.parametrize("hidden", [(1,), (2,), (3,), (5, 4)])
@pytest.mark.parametrize("toy", ["xor", "hills"])
def test_the_line_through_the_last_hidden_layer_parts_points_as_the_output_does(hidden, toy):
    playing = Playing(Experiment(hidden=hidden, toy=toy))
    for _ in range(30):
        playing.step()
    middle = float(playing.answers("train")[1].median() - playing.layers[-1].bias[0])
    playing.set_number(len(hidden), 0, None, -middle)  # half of the points on each side
    frame, sums = frame_of(playing), playing.answers("train")[1][:, 0]
    right, up, constant = frame["cut"]
    places = torch.tensor([[*row, 0.0][:2] for row in frame["hidden"]], dtype=torch.float64)
    across = right * places[:, 0] + up * places[:, 1] + constant
    torch.testing.assert_close(across, sums, atol=1e-3, rtol=1e-3)  # a frame's places are rounded to four digits
    assert 0 < int((sums > 0).sum()) < len(sums)


def test_of_many_units_the_picture_shows_the_widest_direction_along_the_cut():
    playing = Playing(Experiment(hidden=(4,)))
    values, weight = playing.at(playing.train.places).inputs[-1], playing.layers[-1].weight[0]
    seen = playing.representation()
    assert seen.cut[1] == 0  # the cut stands upright
    torch.testing.assert_close(seen.directions @ seen.directions.T, torch.eye(2, dtype=torch.float64))
    basis = torch.linalg.svd(weight[None])[2][1:]  # along the cut: three directions at right angles to the weights
    torch.testing.assert_close(seen.shown[:, 1].norm(), torch.linalg.svdvals((values - values.mean(0)) @ basis.T)[0])
    for feature in range(4):
        playing.set_number(1, 0, feature, 0.0)
    flat = playing.representation()
    assert flat.cut[:2] == (0, 0)
    torch.testing.assert_close(torch.linalg.svdvals(flat.shown), torch.linalg.svdvals(values - values.mean(0))[:2])
    assert Playing(Experiment(hidden=())).representation() is None


def test_a_link_restores_the_experiment_and_the_same_experiment_the_same_weights():
    experiment = Experiment(toy="spirals", hidden=(8, 6), features=("x1", "sinx2"), activation="sigmoid", seed=7)
    query = dict(part.split("=") for part in experiment.query().split("&"))
    assert experiment_of(query) == experiment
    one, two = Playing(experiment), Playing(experiment_of(query))
    for _ in range(20):
        one.step()
        two.step()
    assert one.losses() == two.losses()


WRONG = "hidden=9 hidden=a toy=moon noise=nan points=1e9 points=99999999 features= features=x1-x1 learning_rate=-1"


@pytest.mark.parametrize("link", [*WRONG.split(), "momentum=1", "hidden=1-1-1-1-1-1-1"])
def test_a_link_that_cannot_be_is_refused_in_one_line(link):
    with pytest.raises(BadInput, match=r"^[^\n]{1,200}$"):
        experiment_of(dict([link.split("=")]))


def test_every_mistake_of_a_link_is_told_with_what_may_be_there():
    said = mistakes(
        {"toy": "nothing", "noise": "7", "hidden": "99", "activation": "relu", "penalty": "x", "other": "1"}
    )
    assert said == [
        "Hidden layers '99' cannot be: hidden is up to 6 layers of 1 to 8 units, with - between them.",
        "Noise '7' cannot be: noise goes from 0 to 0.5.",
        "Penalty 'x' cannot be: penalty goes from 0 to 10.",
        "Problem 'nothing' cannot be: toy is xor, corners, circles, moons, spirals, gaussians, plane or hills.",
    ]
    with pytest.raises(BadInput, match=r"Noise.*Problem"):
        experiment_of({"toy": "nothing", "noise": "7"})
    with pytest.raises(BadInput, match=r"Noise '7\.0'.*Momentum '3\.0'"):
        Experiment(noise=7.0, momentum=3.0)
