"""What the pages on filters show is what scipy and scikit-learn give, too; and the comparison is a fair one."""

import os
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, gaussian_laplace
from skimage.data import immunohistochemistry
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.preprocessing import StandardScaler

from pellucid.evaluate.rivals.filters import SCALES_PX

pytestmark = pytest.mark.slow  # whole pages run


@pytest.fixture(scope="module")
def banks(run):
    return run("filter_banks.py")


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> str:
    """One that takes a second: 190 digits, threes and eights, 8 x 8."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    rows = np.flatnonzero((digits.target == 3) | (digits.target == 8))[:190]
    images, labels = digits.images[rows].astype(np.uint8), (digits.target[rows] == 8).astype(np.uint8)
    parts = {"train": slice(0, 100), "val": slice(100, 130), "test": slice(130, 190)}
    arrays = {f"{part}_images": images[rows] for part, rows in parts.items()}
    arrays |= {f"{part}_labels": labels[rows, None] for part, rows in parts.items()}
    path = tmp_path_factory.mktemp("source") / "three_or_eight.npz"
    np.savez(path, **arrays)
    return str(path)


@pytest.fixture(scope="module")
def compared(run, source):
    return run("handcrafted_or_learned.py", source)


@pytest.fixture(scope="module")
def looked_at(run, source):
    return run("learned_filters.py", source)


@pytest.mark.parametrize("scale", [0, 1, 2])
def test_the_answers_are_scipy_s_derivatives_of_gaussians(banks, scale):
    grey = immunohistochemistry()[256:456, 176:376].mean(2)
    sigma = SCALES_PX[scale]

    def derivative(down: int, across: int) -> np.ndarray:
        return gaussian_filter(grey, sigma, order=(down, across), truncate=6.0) * sigma ** (down + across)

    gx, gy, gxx, gyy, gxy = (derivative(*order) for order in ((0, 1), (1, 0), (0, 2), (2, 0), (1, 1)))
    half = np.sqrt(0.5)
    expected = {"edge 0°": gx, "edge 45°": half * (gx + gy), "edge 90°": gy, "edge 135°": half * (gy - gx)}
    expected |= {"bar 0°": gxx, "bar 45°": (gxx + gyy) / 2 + gxy, "bar 90°": gyy, "bar 135°": (gxx + gyy) / 2 - gxy}
    expected |= {"Gaussian": derivative(0, 0)}
    expected |= {"Laplacian": gaussian_laplace(grey, sigma, truncate=6.0) * sigma**2}
    assert list(banks["maps"][scale]) == banks["names"]
    assert set(expected) == set(banks["names"])
    for name, found in banks["maps"][scale].items():
        np.testing.assert_allclose(found, expected[name], atol=2e-3, err_msg=name)  # the bank is kept in float32


def test_all_filters_but_the_gaussian_ignore_brightness(banks):
    for filters in banks["bank"]:
        for name, weights in filters.items():
            assert weights.sum() == pytest.approx(1.0 if name == "Gaussian" else 0.0, abs=1e-4), name


def test_the_made_pictures_are_answered_as_worked_out_by_hand(banks):
    answers, sigma = banks["answers"], 2.0
    peak = 100 / (sigma * np.sqrt(2 * np.pi))  # of a Gaussian, 100 high: the slope of a blurred step
    assert answers["edge 0°"]["edge"] == pytest.approx(sigma * peak, rel=0.03)  # pixels are coarse
    assert answers["edge 45°"]["edge"] == pytest.approx(answers["edge 0°"]["edge"] * np.sqrt(0.5), rel=1e-4)
    assert answers["edge 90°"]["edge"] == pytest.approx(0, abs=1e-3)
    assert answers["edge 135°"]["edge"] == pytest.approx(-answers["edge 45°"]["edge"], rel=1e-4)
    slopes_at_its_sides = 2 * -2.5 / sigma**2 * peak * np.exp(-(2.5**2) / (2 * sigma**2))  # of a bar 5 pixels wide
    assert answers["bar 0°"]["bar"] == pytest.approx(sigma**2 * slopes_at_its_sides, rel=0.03)
    assert answers["bar 45°"]["bar"] == pytest.approx(answers["bar 0°"]["bar"] / 2, rel=1e-4)
    assert answers["Laplacian"]["spot"] == min(row["spot"] for row in answers.values())
    assert answers["Gaussian"]["edge"] == pytest.approx(50, abs=1e-3)


def test_the_places_shown_are_those_of_the_strongest_answers(banks):
    for name, (row, column) in banks["places"].items():
        found = banks["maps"][1][name]
        assert found[row, column] == found[12:-12, 12:-12].max()
        assert 12 <= row < 188
        assert 12 <= column < 188


def test_the_features_are_means_of_the_drawn_answers(banks):
    found = np.abs(banks["maps"][2]["Laplacian"])
    apart = 8  # the rival looks at every second deviation
    at = np.arange(199 % apart // 2, 200, apart)
    fields = [band for rows in np.array_split(at, 3) for band in ((rows, columns) for columns in np.array_split(at, 3))]
    expected = [found[np.ix_(rows, columns)].mean() for rows, columns in fields]
    np.testing.assert_allclose(banks["spots"][2].ravel(), expected, rtol=1e-3)


def test_the_printed_differences_are_those_of_scikit_learn_s_figures(compared):
    outcome = compared["outcomes"][0]
    own, labels = outcome.said["handcrafted"], outcome.labels
    assert list(outcome.differences) == ["learned, start 0", "learned, start 1", "handcrafted, trees"]
    for name, (accuracy, area) in outcome.differences.items():
        p = outcome.said[name]
        np.testing.assert_allclose(p.sum(1), 1, atol=1e-6)
        expected = accuracy_score(labels, p.argmax(1)) - accuracy_score(labels, own.argmax(1))
        assert accuracy.value == pytest.approx(expected)
        assert area.value == pytest.approx(roc_auc_score(labels, p[:, 1]) - roc_auc_score(labels, own[:, 1]))
        assert accuracy.low < accuracy.value < accuracy.high
        assert accuracy.cases == area.cases == len(labels) == 60


def test_the_judge_learns_from_the_training_part_chooses_by_the_validation_part_and_sees_no_other(compared):
    generator = np.random.default_rng(0)
    labels = np.arange(90) % 2
    rows = generator.normal(size=(90, 5)) + labels[:, None] * 0.8
    parts = {"train": np.arange(40), "valid": np.arange(40, 60), "held_out": np.arange(60, 90)}
    dataset, split = (type("Given", (), facts) for facts in ({"labels": labels}, parts))
    said = compared["judge"](rows, dataset, split)
    scaler = StandardScaler().fit(rows[:40])
    best = None
    for strength in (0.001, 0.01, 0.1, 1.0):
        model = LogisticRegression(C=strength).fit(scaler.transform(rows[:40]), labels[:40])
        valid = model.predict_proba(scaler.transform(rows[40:60]))
        loss = -np.log(valid[np.arange(20), labels[40:60]]).mean()
        if best is None or loss < best[0]:
            best = loss, model.predict_proba(scaler.transform(rows[60:]))
    np.testing.assert_allclose(said, best[1], rtol=1e-3)
    spoilt = dataset.labels.copy()
    spoilt[60:] = 1 - spoilt[60:]
    dataset.labels = spoilt
    np.testing.assert_array_equal(compared["judge"](rows, dataset, split), said)


def test_the_handcrafted_filters_repeat_themselves_wholly_and_noise_by_chance(looked_at):
    shares, side = looked_at["shares"], looked_at["side"]
    own = np.stack([*looked_at["edges"], *looked_at["bars"], *looked_at["spot_and_blur"]])
    np.testing.assert_allclose(shares(own), 1, atol=1e-9)
    noise = np.random.default_rng(0).normal(size=(20_000, side, side))
    assert shares(noise).mean() == pytest.approx(looked_at["by_chance"], abs=0.005)
    assert looked_at["share_after"].shape == (32,)


def test_the_filters_are_those_of_the_network_before_and_after_it_learned(looked_at):
    model, best = looked_at["plan"].learner.model, looked_at["fitted"].best
    np.testing.assert_allclose(looked_at["after"], best["stem.convolution.weight"].mean(1).numpy(), atol=1e-7)
    assert looked_at["before"].shape == looked_at["after"].shape == (32, looked_at["side"], looked_at["side"])
    assert np.abs(looked_at["after"] - looked_at["before"]).max() > 1e-4
    np.testing.assert_array_equal(model.stem.convolution.weight.detach().mean(1).numpy(), looked_at["after"])


def test_a_source_that_is_not_there_ends_the_page_with_one_line(run):
    with pytest.raises(SystemExit) as stopped:
        run("handcrafted_or_learned.py", "no/such/folder")
    assert str(stopped.value.code).startswith("no/such/folder is not there: ")


@pytest.mark.realdata
def test_on_real_images_neither_kind_of_features_is_surely_ahead(run):
    folder = Path(os.environ.get("PELLUCID_DATA", "PELLUCID_DATA")) / "medmnist"
    for name in ("pneumoniamnist_trainval.npz", "breastmnist_trainval.npz"):
        if not (folder / name).is_file():
            pytest.skip(f"{name} is missing: set PELLUCID_DATA to the folder that holds medmnist/{name}")
    x_rays, ultrasound = run("handcrafted_or_learned.py")["outcomes"]
    for outcome, least in ((x_rays, 0.98), (ultrasound, 0.8)):
        for name, p in outcome.said.items():
            assert roc_auc_score(outcome.labels, p[:, 1]) > least, name
        for _, area in outcome.differences.values():
            assert area.low < 0 < area.high
