"""Calculations of the panel: each ends at the number that the page shows, and a library comes to the same."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch

from pellucid.app.playground.experiment import Experiment
from pellucid.app.playground.panel import panel_of
from pellucid.app.playground.playing import Playing
from pellucid.app.playground.thumbnail import thumbnail
from pellucid.app.playground.worked import epoch_worked, feature_worked, loss_worked, point_worked, slopes_worked
from pellucid.errors import BadInput


def numbers(line):
    return [float(one) for one in re.findall(r"-?\d+\.\d+(?:e[-+]\d+)?", line)]


def answers_of(playing, points):
    """The network in numpy, from nothing but its weights."""
    values = points.places.numpy()
    for layer in playing.layers:
        values = values @ layer.weight.numpy().T + layer.bias.numpy()
        values = np.tanh(values) if layer.activation == "tanh" else values
    return values[:, 0]


def learned(**settings):
    playing = Playing(Experiment(**settings))
    for _ in range(100):
        playing.step()
    return playing


@pytest.mark.parametrize("part", ["train", "test"])
def test_the_loss_is_the_mean_of_minus_the_log_of_what_was_given_to_the_truth(part):
    playing = learned(points=60, noise=0.4)
    points = getattr(playing, part)
    p_blue = 1 / (1 + np.exp(-answers_of(playing, points)))
    blue = points.targets[:, 0].numpy() > 0.5
    given = np.where(blue, p_blue, 1 - p_blue)
    terms, order = -np.log(given), np.argsort(np.log(given))
    found = loss_worked(playing, part)
    assert [row[4] for row in found.rows] == pytest.approx(terms[order[:5]])
    assert [row[3] for row in found.rows] == pytest.approx(given[order[:5]])
    assert [row[2] for row in found.rows] == ["blue" if blue[at] else "orange" for at in order[:5]]
    np.testing.assert_allclose([row[:2] for row in found.rows], points.places.numpy()[order[:5]])
    shown = getattr(playing.losses(), part)
    assert found.lines[1] == f"the other {len(terms) - 5} points: {terms[order[5:]].sum():.4f}"
    assert found.lines[3] == f"loss = {terms.sum():.4f} / {len(terms)} = {shown:.4f}"
    assert terms.mean() == pytest.approx(shown)
    wrong = (given < 0.5).sum()
    assert wrong > 0
    assert found.lines[4].endswith(f"{wrong} / {len(terms)} = {100 * wrong / len(terms):.1f}%")


def test_the_loss_of_heights_is_the_mean_of_squared_differences():
    playing = learned(toy="hills", points=20)
    answers, heights = answers_of(playing, playing.train), playing.train.targets[:, 0].numpy()
    found = loss_worked(playing, "train")
    worst = np.argmax((answers - heights) ** 2)
    assert found.rows[0][2:] == pytest.approx((heights[worst], answers[worst], (answers[worst] - heights[worst]) ** 2))
    assert numbers(found.lines[3])[-1] == pytest.approx(np.mean((answers - heights) ** 2), abs=5e-5)
    with pytest.raises(BadInput, match="train or test"):
        loss_worked(playing, "both")


def test_a_point_that_was_given_no_chance_at_all_has_a_finite_term():
    playing = Playing(Experiment(hidden=()))
    for feature in (0, 1):
        playing.set_number(0, 0, feature, 9e4)
    assert all(math.isfinite(row[4]) for row in loss_worked(playing, "train").rows)


def test_slopes_are_those_of_autograd_and_their_size_is_the_root_of_the_mean_square():
    playing = Playing(Experiment(points=40, batch_size=1000, hidden=(3, 2), regularisation="l2", penalty=1.0))
    before = [(layer.weight.clone().requires_grad_(), layer.bias.clone()) for layer in playing.layers]
    playing.step()
    values = playing.train.places
    for number, (weight, bias) in enumerate(before):
        values = values @ weight.T + bias
        values = values.tanh() if number < 2 else values
    torch.nn.functional.binary_cross_entropy_with_logits(values, playing.train.targets).backward()
    for layer, (weight, _) in enumerate(before):
        found = slopes_worked(playing, layer)
        np.testing.assert_allclose([row[1:] for row in found.rows], weight.grad.numpy(), atol=1e-12)
        size = float(np.sqrt(np.mean(weight.grad.numpy() ** 2)))
        assert numbers(found.lines[3]) == pytest.approx([size], rel=1e-4)
        assert playing.slope_sizes[layer] == pytest.approx(size)
    assert slopes_worked(playing, 1).head == ("to \\ from", "h1.1", "h1.2", "h1.3")
    assert slopes_worked(playing, 2).rows[0][0] == "output"
    with pytest.raises(BadInput, match="no layer 3"):
        slopes_worked(playing, 3)


def test_a_point_of_the_picture_lies_where_its_products_add_up_to():
    playing = learned(hidden=(4,))
    values = np.tanh(playing.train.places.numpy() @ playing.layers[0].weight.numpy().T + playing.layers[0].bias.numpy())
    found = point_worked(playing, 7)
    rows = np.array([row[1:] for row in found.rows])
    np.testing.assert_allclose(rows[:, 0], values[7])
    np.testing.assert_allclose(rows[:, 1], values.mean(0))
    np.testing.assert_allclose(rows[:, 3], (values[7] - values.mean(0)) * rows[:, 2])
    np.testing.assert_allclose(rows[:, 5], (values[7] - values.mean(0)) * rows[:, 4])
    right, up = playing.representation().shown[7].tolist()
    assert rows[:, 3].sum() == pytest.approx(right)
    assert rows[:, 5].sum() == pytest.approx(up)
    assert found.lines[-3:-1] == (f"to the right = {right:.4f}", f"up = {up:.4f}")
    weight = playing.layers[1].weight[0].numpy()
    across = weight / np.linalg.norm(weight)
    along = values - np.outer(values @ across, across)
    axes = np.stack([across, np.linalg.eigh(np.cov(along.T))[1][:, -1]])  # by another way
    assert abs(axes @ rows[:, [2, 4]]) == pytest.approx(np.eye(2), abs=1e-8)
    total = answers_of(playing, playing.train)[7]
    assert f"= {total:.4f}; on the line it is 0" in found.lines[-1]
    factors = numbers(found.lines[-1])
    assert factors[0] * factors[1] + factors[2] == pytest.approx(total, abs=1e-4)


def test_two_units_are_the_axes_themselves_and_without_hidden_layers_there_is_no_picture():
    playing = Playing(Experiment(hidden=(2,)))
    found, shown = point_worked(playing, 3), playing.representation().shown[3].tolist()
    assert [row[1] for row in found.rows] == shown
    for wrong in (-1, 1000):
        with pytest.raises(BadInput, match="click one"):
            point_worked(playing, wrong)
    with pytest.raises(BadInput, match="click one"):
        point_worked(Playing(Experiment(hidden=())), 0)


def test_epochs_and_features_are_worked_out_too():
    playing = Playing(Experiment(points=60, train_share=0.6, batch_size=10, features=("x2", "x1x2", "sinx1")))
    for _ in range(4):
        playing.step()
    assert epoch_worked(playing).lines[1] == "36 points seen / 36 training points = 1.000 epochs"
    wanted = ["x₂ = -0.5000", "x₁x₂ = 0.3000 x -0.5000 = -0.1500", "sin 2πx₁ = sin(6.2832 x 0.3000) = 0.9511"]
    assert [feature_worked(playing, one, 0.3, -0.5).lines[0] for one in range(3)] == wanted
    with pytest.raises(BadInput, match="no feature 3"):
        feature_worked(playing, 3, 0.0, 0.0)


def test_the_panel_answers_each_question_and_no_other():
    playing = Playing(Experiment())
    place = {"place": [0.1, 0.2]}
    asked = [
        {"about": "loss", "part": "test"}, {"about": "slopes", "layer": 0}, {"about": "point", "number": 2},
        {"about": "epoch"}, {"about": "unit", "layer": -1, "unit": 1, **place},
    ]  # fmt: skip
    titles = [panel_of(playing, one)["title"].split()[0] for one in asked]
    assert titles == ["Loss", "Slopes", "Training", "Epochs:", "x₂"]
    assert panel_of(playing, {"layer": 1, "unit": 0, **place})["name"] == "output"
    with pytest.raises(BadInput, match="weather"):
        panel_of(playing, {"about": "weather"})


@pytest.mark.parametrize(("toy", "circles"), [("gaussians", 45), ("circles", 45), ("hills", None)])
def test_a_thumbnail_tells_classes_by_shape_too(toy, circles):
    svg = thumbnail(toy)
    assert svg.count("<circle") + svg.count("<rect") == 90
    assert svg.count("<rect") > 0
    if circles:
        assert svg.count("<circle") == circles
