"""The pages give what the teaching texts printed: losses within 1% at every epoch that is known."""

import os
import runpy
import sys
from pathlib import Path

import pytest
import torch

EXAMPLES = Path(__file__).parents[2] / "examples"
pytestmark = [pytest.mark.realdata, pytest.mark.slow]

# Typed in again from the teaching texts, so that a slip in a page's own list shows.
R0 = "1.6596 1.5400 1.4410 1.3571 1.2848 1.2218 1.1662 1.1168 1.0726 1.0328 0.9967 0.9638 0.9338 0.9062 0.8809 0.8574"
R1 = "2.5434 2.3623 2.2323 2.1347 2.0587 1.9978 1.9477 1.9058 1.8700 1.8392 1.8122 1.7884 1.7672 1.7482 1.7311"
R2B = "1.6496 1.5766 1.5050 1.4356 1.3693 1.3065 1.2477 1.1929 1.1422 1.0954"


@pytest.fixture
def run(monkeypatch):
    """Run a page on the data set it was written for, from the folder that PELLUCID_DATA names."""
    threads = torch.get_num_threads()

    def run_page(name: str, archive: str):
        path = Path(os.environ.get("PELLUCID_DATA", "PELLUCID_DATA")) / archive
        if not path.is_file():
            pytest.skip(f"needs {path}")
        monkeypatch.setattr(sys, "argv", [name])
        return runpy.run_path(str(EXAMPLES / name), run_name="__main__")

    yield run_page
    torch.set_num_threads(threads)


def numbers(text: str) -> list[float]:
    return [float(word) for word in text.split()]


def test_the_linear_layer_by_hand_repeats_the_printed_losses_within_1_percent(run):
    page = run("r0_linear_by_hand.py", "medical_mnist.zip")
    assert page["PRINTED"] == numbers(R0)
    assert page["losses"] == pytest.approx(numbers(R0), rel=0.01)
    assert page["of_batches"] == pytest.approx(page["losses"][-1], rel=0.001)
    assert abs(page["accuracies"][-1] - page["other_accuracy"]) > 0.1  # losses alike, accuracies luck
    assert page["other_loss"] == pytest.approx(page["losses"][-1], rel=0.01)
    assert page["sound_accuracy"] > 0.99


def test_the_softmax_without_its_log_repeats_the_printed_losses_within_1_percent(run):
    page = run("r1_softmax_without_log.py", "medical_mnist.zip")
    assert page["PRINTED"] == numbers(R1)
    assert page["losses"] == pytest.approx(numbers(R1), rel=0.01)
    assert page["sums"].max() < 0.37  # exp(-1) at best: never 1
    assert page["sound_accuracy"] > 0.99


def test_the_mnist_line_repeats_the_printed_accuracies_and_the_sound_one_finds_92_percent(run):
    page = run("r2a_mnist_linear.py", "mnist_png.zip")
    start, first, *_, last = page["told"]
    assert start < 0.2
    assert (first, last) == pytest.approx((0.1763, 0.6374), abs=0.02)
    assert page["sound_accuracy"] == pytest.approx(0.92, abs=0.01)


def test_the_printed_network_had_been_trained_before(run):
    page = run("r2b_mnist_network.py", "mnist_png.zip")
    fresh, continued = ([loss for loss, _ in page[name]] for name in ("fresh", "continued"))
    assert fresh[0] == pytest.approx(2.28, abs=0.02)
    assert min(fresh) > 1.65
    assert continued[:10] == pytest.approx(numbers(R2B), rel=0.02)
    assert page["sound"][-1][1] == pytest.approx(0.97, abs=0.01)
