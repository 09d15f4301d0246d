"""What the page invites to try can be tried, and comes out as the page says."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qsl

import pytest

from pellucid.app.playground.experiment import experiment_of
from pellucid.app.playground.playing import Playing
from pellucid.app.shell import part

LINKS = {
    re.sub(r"\s+", " ", said): dict(parse_qsl(unescape(query), keep_blank_values=True))
    for query, said in re.findall(r'<a href="\?([^"]*)">([^<]*)</a>', part("playground/words.html"))
}


def learned(said, epochs):
    playing = Playing(experiment_of(LINKS[said]))
    while playing.epoch < epochs:
        playing.step()
    return playing


@pytest.mark.parametrize("said", LINKS)
def test_every_link_names_an_experiment_that_stands_in_an_address_again(said):
    experiment = experiment_of(LINKS[said])
    assert dict(parse_qsl(experiment.query(), keep_blank_values=True)) == LINKS[said]


@pytest.mark.slow
def test_xor_needs_a_hidden_layer_or_the_product():
    assert learned("XOR without a hidden layer", 50).losses().test_error > 0.25
    assert learned("Tell it x₁x₂, too", 50).losses().test_error < 0.05
    assert learned("XOR with four hidden units", 100).losses().test_error < 0.05


@pytest.mark.slow
def test_four_lines_fence_a_circle_in_and_with_squares_one_cut_is_enough():
    assert learned("Circles with four units", 60).losses().test_error < 0.05
    assert learned("Tell it the squares", 40).losses().test_error < 0.05


@pytest.mark.slow
def test_the_spirals_are_learned_with_patience():
    assert learned("Spirals", 400).losses().test_error < 0.1


@pytest.mark.slow
def test_slopes_of_six_sigmoid_layers_vanish_and_those_of_relu_do_not():
    sigmoid, relu = learned("Six layers of sigmoids", 40), learned("The same with ReLU", 40)
    assert sigmoid.losses().test_error > 0.4
    assert sigmoid.slope_sizes[0] < sigmoid.slope_sizes[-1] / 10_000
    assert relu.losses().test_error < 0.1
    assert relu.slope_sizes[0] > relu.slope_sizes[-1] / 100


@pytest.mark.slow
def test_few_noisy_points_are_learned_by_heart():
    early, late = (learned("Few, noisy points and many weights", epochs).losses() for epochs in (20, 300))
    assert late.train < early.train / 10
    assert late.test > 1.2 * early.test
