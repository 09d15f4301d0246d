"""What the pages on one neuron, on going downhill and on keeping the best show is what other means give, too."""

import os
from math import exp, log
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LinearRegression
from sklearn.metrics import log_loss

pytestmark = pytest.mark.slow  # whole pages run


@pytest.fixture(scope="module")
def neuron(run):
    return run("one_neuron.py")


@pytest.fixture(scope="module")
def descent(run):
    return run("gradient_descent.py")


@pytest.fixture(scope="module")
def overfitted(run, tmp_path_factory):
    """A run on digits of which two in five have any label: what there is to learn by heart."""
    digits = load_digits()
    labels = digits.target
    any_label = np.random.default_rng(0).integers(0, 10, len(labels))
    labels = np.where(np.arange(len(labels)) % 5 < 2, any_label, labels).astype(np.uint8)
    images = digits.images.astype(np.uint8)
    parts = {"train": slice(0, 300), "val": slice(300, 800), "test": slice(800, None)}
    arrays = {f"{part}_images": images[rows] for part, rows in parts.items()}
    arrays |= {f"{part}_labels": labels[rows, None] for part, rows in parts.items()}
    source = tmp_path_factory.mktemp("source") / "wrongly_labelled.npz"
    np.savez(source, **arrays)
    return run("keeping_the_best.py", str(source))


def test_autograd_teaches_the_neuron_the_same_weights(neuron):
    line = torch.nn.Linear(64, 1, dtype=torch.float64)
    torch.nn.init.zeros_(line.weight)
    torch.nn.init.zeros_(line.bias)
    sgd, labels = torch.optim.SGD(line.parameters(), lr=1.0), neuron["labels"].double()
    losses = []
    for _ in range(len(neuron["losses"])):
        sgd.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(line(neuron["pixels"])[:, 0], labels)
        loss.backward()
        sgd.step()
        losses.append(loss.item())
    assert neuron["losses"][0] == pytest.approx(log(2))
    assert neuron["losses"] == pytest.approx(losses, rel=1e-9)
    torch.testing.assert_close(neuron["weight"], line.weight.detach())
    torch.testing.assert_close(neuron["bias"], line.bias.detach())


def test_the_pictures_are_the_ones_and_the_eights_and_the_means_are_theirs(neuron):
    digits = load_digits(n_class=10)
    rows = neuron["split"].train
    for place, number in enumerate((1, 8)):
        mean = digits.images[rows[digits.target[rows] == number]].mean(0) / 16
        np.testing.assert_allclose(neuron["shown"][place], mean, atol=1e-12)
    assert set(neuron["split"].train).isdisjoint(neuron["split"].held_out)


def test_the_followed_prediction_adds_up_from_single_multiplications(neuron):
    picture, weights = neuron["held_pixels"][neuron["chosen"]].tolist(), neuron["weight"][0].tolist()
    products = [pixel * weight for pixel, weight in zip(picture, weights, strict=True)]
    assert neuron["products"].flatten().tolist() == pytest.approx(products)
    assert neuron["speaks_for"] == pytest.approx(sum(product for product in products if product > 0))
    assert neuron["speaks_against"] == pytest.approx(sum(product for product in products if product < 0))
    total = sum(products) + neuron["bias"].item()
    assert neuron["total"] == pytest.approx(total, abs=1e-9)
    assert neuron["held_sums"][neuron["chosen"]].item() == pytest.approx(total, abs=1e-9)
    assert neuron["p_yes"] == pytest.approx(1 / (1 + exp(-total)))
    largest = max(range(64), key=lambda place: abs(products[place]))
    assert (neuron["row"], neuron["column"]) == (largest // 8, largest % 8)
    assert neuron["factors"] == pytest.approx((picture[largest], weights[largest]))


def test_no_other_held_out_picture_is_less_certain_and_the_wrong_ones_are_counted(neuron):
    sums, labels = neuron["held_sums"].tolist(), neuron["held_labels"].tolist()
    assert abs(sums[neuron["chosen"]]) == min(abs(it) for it in sums)
    wrong = sum((it > 0) != bool(label) for it, label in zip(sums, labels, strict=True))
    assert neuron["wrong"] == wrong > 0
    assert neuron["accuracy"] == pytest.approx(1 - wrong / len(sums))


def test_pixels_that_were_never_inked_kept_the_weight_0(neuron):
    assert (neuron["weight"][0][neuron["never_inked"]] == 0).all()
    assert (neuron["weight"][0][~neuron["never_inked"]] != 0).all()


def test_the_lowest_points_are_those_of_scikit_learn_s_regression(descent):
    fit = LinearRegression(fit_intercept=False)
    columns = descent["columns"].numpy()
    assert descent["best_weight"] == pytest.approx(fit.fit(columns[:, :1], columns[:, 2]).coef_[0])
    assert descent["lowest"].tolist() == pytest.approx(fit.fit(columns[:, :2], columns[:, 2]).coef_.tolist())
    assert descent["bowl_places"][-1].tolist() == pytest.approx(descent["lowest"].tolist(), abs=0.002)


def test_the_slope_by_hand_is_autograd_s(descent):
    weights = torch.tensor([-0.7, 0.4], dtype=torch.float64, requires_grad=True)
    loss = torch.nn.functional.mse_loss(descent["two"] @ weights, descent["progression"])
    loss.backward()
    by_hand, slope = descent["loss_and_slope"](descent["two"], descent["progression"], weights.detach())
    assert by_hand == pytest.approx(loss.item())
    torch.testing.assert_close(slope, weights.grad)


@pytest.mark.parametrize(("name", "rate"), [("too small", 0.02), ("right", 0.3), ("too large", 1.03)])
def test_every_step_leaves_one_minus_twice_the_rate_of_the_distance(descent, name, rate):
    places, losses = descent["paths"][name]
    distances = places[:, 0] - descent["best_weight"]
    expected = [(-1 - descent["best_weight"]) * (1 - 2 * rate) ** step for step in range(13)]
    assert distances.tolist() == pytest.approx(expected)
    floor = descent["loss_and_slope"](
        descent["one"], descent["progression"], torch.tensor([descent["best_weight"]]).double()
    )[0]
    assert losses == pytest.approx([floor + distance**2 for distance in expected])


def test_the_drawn_curve_and_bowl_are_the_loss(descent):
    one, two, progression = (descent[name].numpy() for name in ("mass_index", "two", "progression"))
    curve = [np.mean((weight * one - progression) ** 2) for weight in descent["grid"].numpy()]
    assert descent["curve"] == pytest.approx(curve)
    for row, column in ((0, 60), (33, 7)):  # lopsided: swapped axes must show
        weights = np.array([descent["across"][column], descent["up"][row]])
        assert descent["heights"][row][column] == pytest.approx(np.mean((two @ weights - progression) ** 2))


def test_a_rate_above_two_by_the_steepness_does_not_arrive(descent):
    limit = 2 / descent["steepness"][1].item()
    places = {
        share: descent["descend"](descent["two"], [-0.6, 0.1], limit * share, steps=400)[0] for share in (0.9, 1.1)
    }
    distance = {share: (path[-1] - descent["lowest"]).norm().item() for share, path in places.items()}
    assert distance[0.9] < 1e-6
    assert distance[1.1] > 1e6


def test_an_epoch_of_mini_batches_sees_every_patient_once_and_a_smaller_rate_calms_them(descent):
    whole = descent["wander"](0.1, epochs=1, size=len(descent["two"]))  # one batch of all: order is no matter
    expected, _ = descent["descend"](descent["two"], [-0.6, 0.1], 0.1, steps=1)
    torch.testing.assert_close(whole, expected)
    assert len(descent["wandering"][0.2]) == 1 + 4 * 28
    last = descent["wandering"][0.2][-28:].numpy() - descent["lowest"].numpy()
    assert descent["spread"][0.2] == pytest.approx(np.sqrt((last**2).sum(1)).mean())
    assert descent["spread"][0.04] < descent["spread"][0.2] / 2


def test_only_a_copy_keeps_the_best_and_the_two_others_keep_the_last(overfitted):
    assert overfitted["is_last"] == {"as once printed": True, "no copy": True, "a copy": False}
    assert overfitted["best_epoch"] == int(np.argmin(overfitted["valid_losses"])) < overfitted["EPOCHS"] - 1
    assert overfitted["best_loss"] == min(overfitted["valid_losses"]) < overfitted["valid_losses"][-1] - 0.05
    assert overfitted["at_the_model"]
    assert overfitted["copied_elsewhere"]


def test_the_kept_weights_give_the_losses_that_were_drawn_for_them(overfitted):
    expected = {"as once printed": -1, "no copy": -1, "a copy": overfitted["best_epoch"]}
    for way, epoch in expected.items():
        arrays = [overfitted["kept"][way][name].numpy() for name in ("0.weight", "0.bias", "2.weight", "2.bias")]
        probabilities = softmax_of(overfitted["valid"][0].numpy(), *arrays)
        assert log_loss(overfitted["valid"][1], probabilities) == pytest.approx(
            overfitted["valid_losses"][epoch], rel=1e-4
        )


def test_the_held_out_figures_are_scikit_learn_s(overfitted):
    for way, weights in overfitted["kept"].items():
        arrays = [weights[name].numpy() for name in ("0.weight", "0.bias", "2.weight", "2.bias")]
        probabilities = softmax_of(overfitted["held_out"][0].numpy(), *arrays)
        labels = overfitted["held_out"][1].numpy()
        assert overfitted["held_loss"][way] == pytest.approx(log_loss(labels, probabilities), rel=1e-4)
        assert overfitted["held_accuracy"][way] == pytest.approx((probabilities.argmax(1) == labels).mean())
    gain = overfitted["gain"]
    assert gain.value == pytest.approx(overfitted["held_loss"]["no copy"] - overfitted["held_loss"]["a copy"], rel=1e-4)
    assert gain.low > 0  # 997 cases tell


def test_pellucid_itself_keeps_the_best(overfitted):
    assert overfitted["fitted"].best_step < overfitted["fitted"].steps
    assert overfitted["kept_loss"] < overfitted["last_loss"]


def test_a_source_that_is_not_there_ends_the_page_with_one_line(run):
    with pytest.raises(SystemExit) as stopped:
        run("keeping_the_best.py", "no/such/folder")
    assert str(stopped.value.code).startswith("no/such/folder is not there: ")


@pytest.mark.realdata
def test_the_run_on_real_images_overfits_and_its_best_epoch_is_an_early_one(run):
    path = Path(os.environ.get("PELLUCID_DATA", "PELLUCID_DATA")) / "medmnist" / "breastmnist_trainval.npz"
    if not path.is_file():
        pytest.skip(f"{path.name} is missing: set PELLUCID_DATA to the folder that holds medmnist/{path.name}")
    page = run("keeping_the_best.py")
    assert 0 < page["best_epoch"] < page["EPOCHS"] / 3
    assert page["train_losses"][-1] < page["train_losses"][page["best_epoch"]] / 3
    assert page["held_loss"]["a copy"] < page["held_loss"]["no copy"] == page["held_loss"]["as once printed"]


def softmax_of(pixels, weight, bias, last_weight, last_bias):
    """Probabilities of a network with one hidden layer of ReLU, in plain numpy."""
    logits = np.maximum(pixels.astype(np.float64) @ weight.T + bias, 0) @ last_weight.T + last_bias
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)
