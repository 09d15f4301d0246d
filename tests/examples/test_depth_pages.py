"""The pages on layers, vanishing slopes and autograd say what is true: held against torch and numbers by hand."""

import itertools
from math import exp, log

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

pytestmark = pytest.mark.slow  # whole pages run

BENDS = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "identity": lambda x: x}


def logits_of(layers, inputs):
    """What torch's own operations give, with the weights that autograd is to watch."""
    for layer in layers:
        inputs = BENDS[layer.activation](nn.functional.linear(inputs, layer.weight, layer.bias))
    return inputs


def test_a_neuron_and_a_layer_are_torch_s(page):
    layers = page("layers.py")
    oracle = torch.relu(nn.functional.linear(layers["pixels"], layers["weight"], layers["bias"]))
    assert layers["one_neuron"] == pytest.approx(oracle[0, 0].item(), abs=1e-5)
    torch.testing.assert_close(layers["as_one_layer"], oracle, rtol=0, atol=1e-5)
    torch.testing.assert_close(layers["neuron_by_neuron"], oracle[:100], rtol=0, atol=1e-5)
    assert layers["layer_differs"] < 1e-5


def test_numbers_to_learn_are_as_many_as_torch_counts(page):
    layers = page("layers.py")
    assert layers["count"]([64, 30, 10]) == 65 * 30 + 31 * 10 == 2260
    for width, numbers in layers["numbers"].items():
        widths = [64, width, 10] if width else [64, 10]
        parts = [nn.Linear(inputs, outputs) for inputs, outputs in itertools.pairwise(widths)]
        assert numbers == sum(weight.numel() for part in parts for weight in part.parameters())


def test_accuracies_by_width_are_those_of_the_networks_and_two_neurons_are_too_few(page):
    layers = page("layers.py")
    pixels, labels, held_out = layers["pixels"], layers["labels"], layers["split"].held_out
    right = logits_of(layers["looked_at"], pixels[held_out]).argmax(1) == labels[held_out]
    assert layers["accuracies"][16][0] == pytest.approx(right.float().mean().item())
    train = layers["split"].train
    oracle = LogisticRegression(max_iter=1000).fit(pixels[train], labels[train])
    score = oracle.score(pixels[held_out], labels[held_out])
    assert np.mean(layers["accuracies"][0]) == pytest.approx(score, abs=0.02)
    assert layers["means"] == pytest.approx([np.mean(of_starts) for of_starts in layers["accuracies"].values()])
    assert max(layers["accuracies"][2]) < 0.75 < 0.9 < min(layers["accuracies"][16])


def test_neurons_that_fire_and_move_are_counted_right(page):
    layers = page("layers.py")
    first = layers["looked_at"][0]
    sums = nn.functional.linear(layers["pixels"], first.weight, first.bias)
    np.testing.assert_allclose(layers["fires"], (sums.numpy() > 0).mean(0), atol=1e-6)
    assert layers["before"].abs().max() <= 1 / 8 < first.weight.abs().max()  # as torch begins with 64 inputs
    moved = np.linalg.norm(first.weight - layers["before"], axis=1) / np.linalg.norm(layers["before"], axis=1)
    np.testing.assert_allclose(layers["moved"], moved, rtol=1e-5)
    torch.testing.assert_close(layers["first_weights"][3, 2, 5], first.weight[3, 2 * 8 + 5])


def test_slopes_of_ten_layers_are_autograd_s(page):
    vanishing = page("vanishing_gradients.py")
    rows = vanishing["some"]
    for name, gain in vanishing["GAIN"].items():
        layers = vanishing["start"](name, gain)
        for layer in layers:
            layer.weight.requires_grad_()
        logits = logits_of(layers, vanishing["pixels"][rows])
        nn.functional.cross_entropy(logits, vanishing["labels"][rows]).backward()
        sizes = [layer.weight.grad.square().mean().sqrt().item() for layer in layers]
        assert vanishing["measured"][name] == pytest.approx(sizes, rel=1e-3)
        assert [layer.activation for layer in layers] == [name] * 9 + ["identity"]
        assert layers[4].weight.std().item() == pytest.approx(gain / 8, rel=0.05)  # 64 inputs


def test_sigmoids_lose_three_quarters_or_more_a_layer_and_relu_loses_little(page):
    vanishing = page("vanishing_gradients.py")
    assert vanishing["steepest"] == pytest.approx({"sigmoid": 0.25, "tanh": 1.0, "relu": 1.0})
    assert len(vanishing["through_bend"]) == 8
    assert max(vanishing["through_bend"]) <= 0.25
    first_to_last = {name: slopes[0] / slopes[-1] for name, slopes in vanishing["measured"].items()}
    assert first_to_last["sigmoid"] < 1e-5
    assert min(first_to_last["relu"], first_to_last["tanh"]) > 0.1


def test_the_shares_of_bend_and_weights_multiply_to_what_autograd_finds(page):
    vanishing = page("vanishing_gradients.py")
    layers, value, sums = vanishing["start"]("sigmoid", 1.0), vanishing["pixels"][vanishing["some"]], []
    for layer in layers:
        sums.append(nn.functional.linear(value, layer.weight, layer.bias).requires_grad_())
        sums[-1].retain_grad()
        value = torch.sigmoid(sums[-1]) if layer.activation == "sigmoid" else sums[-1]
    nn.functional.cross_entropy(value, vanishing["labels"][vanishing["some"]]).backward()
    # sums[8] is the last that is bent: bends 8 down to 1 and weights 8 down to 2 lie between the two norms
    ratio = (sums[1].grad.norm() / sums[8].grad.norm()).item()
    between = np.prod(vanishing["through_bend"][1:]) * np.prod(vanishing["through_weights"][:-1])
    assert ratio == pytest.approx(between, rel=1e-3)


def test_sigmoids_learn_nothing_in_the_time_in_which_the_others_learn(page):
    vanishing = page("vanishing_gradients.py")
    loss, accuracy = vanishing["results"]["sigmoid"]
    assert loss == pytest.approx(log(10), abs=0.01)
    assert accuracy < 0.2
    assert min(vanishing["results"]["tanh"][1], vanishing["results"]["relu"][1]) > 0.93
    assert vanishing["moved"]["sigmoid"][0] < 1e-4 < 0.05 < vanishing["moved"]["relu"][0]


def test_relu_with_the_smaller_start_scales_every_slope_by_the_ninth_power_of_its_gain(page):
    shares = page("vanishing_gradients.py")["shares"]
    assert shares == pytest.approx([0.5**4.5] * 10, rel=1e-4)  # relu(c x) = c relu(x) for c above 0


def test_the_slopes_of_one_neuron_worked_out_by_hand(page):
    autograd = page("autograd_by_hand.py")
    p = 1 / (1 + exp(-0.3))  # 0.3 + 1 * 0.5 + 0.25 * -2
    slope = p - 1
    expected = {"p": [-1 / p], "a": [slope], "x1, x2": [slope, slope / 4], "t1, t2": [slope / 2, -2 * slope]}
    expected["t0"] = [slope]
    for way, tolerance in (("by_hand", 1e-14), ("by_autograd", 1e-14), ("tried", 1e-9)):
        found = {name: slopes.flatten().tolist() for name, slopes in autograd[way].items()}
        assert found.keys() == expected.keys()
        for name, slopes in expected.items():
            assert found[name] == pytest.approx(slopes, abs=tolerance), (way, name)


def test_a_slope_by_trying_errs_by_the_step_squared_on_a_cube(page):
    by_trying = page("autograd_by_hand.py")["by_trying"]
    at = torch.tensor([[2.0, -1.0]], dtype=torch.float64)
    found = by_trying(lambda x: (x**3).sum(), at, 0.5)  # ((x+h)^3 - (x-h)^3) / 2h = 3 x^2 + h^2
    assert found.flatten().tolist() == pytest.approx([12.25, 3.25])


def test_the_error_of_trying_falls_with_the_square_and_rises_again(page):
    errors = page("autograd_by_hand.py")["errors"]
    double = errors["double precision"]
    assert double[0] / double[1] == pytest.approx(100, rel=0.1)
    assert double[1] / double[2] == pytest.approx(100, rel=0.1)
    assert min(double) < 1e-9 < 1e-7 < double[-1]
    assert 1e-7 < min(errors["single precision"]) < 1e-3
    assert errors["single precision"][-1] == 1  # both losses are the same number: a slope of 0


def test_the_three_ways_agree_on_a_whole_network(page):
    autograd = page("autograd_by_hand.py")
    model = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 3)).double()
    for parameter, weight in zip(model.parameters(), autograd["weights"], strict=True):
        parameter.data = weight.clone()
    nn.functional.cross_entropy(model(autograd["cases"]), autograd["classes"]).backward()
    for way in ("hand", "auto", "tries"):
        for parameter, slope in zip(model.parameters(), autograd[way], strict=True):
            torch.testing.assert_close(slope, parameter.grad, rtol=0, atol=1e-8 if way == "tries" else 1e-14)
    assert autograd["count"] == 55
    assert autograd["hand_and_auto"] < 1e-14
    assert autograd["hand_and_tries"] < 1e-8


def test_slopes_add_up_until_zeroed_and_then_push_like_a_momentum_of_1(page):
    autograd = page("autograd_habits.py")
    assert autograd["seen"] == [-3, -6, -9]
    assert autograd["paths"]["zeroed"] == pytest.approx([3 * (1 - 0.9**step) for step in range(41)], abs=1e-5)
    t = torch.zeros((), requires_grad=True)
    sgd, path = torch.optim.SGD([t], lr=0.1, momentum=1.0), [0.0]
    for _ in range(40):
        sgd.zero_grad()
        (0.5 * (t - 3) ** 2).backward()
        sgd.step()
        path.append(t.item())
    assert autograd["paths"]["never zeroed"] == pytest.approx(path, abs=1e-4)
    assert autograd["recorded"] == {True: True, False: False}
    assert not autograd["moved"].is_leaf
