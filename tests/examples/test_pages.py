"""Every page of the ladder is listed, is a notebook too, and runs on a source that it was not written for."""

import re
from pathlib import Path

import jupytext
import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestCentroid

EXAMPLES = Path(__file__).parents[2] / "examples"
PAGES = sorted(page.name for page in EXAMPLES.glob("*.py"))
WITH_A_SOURCE = ["class_means.py", "r0_linear_by_hand.py", "r1_softmax_without_log.py"]
WITH_A_SOURCE += ["r2a_mnist_linear.py", "r2b_mnist_network.py", "keeping_the_best.py", "handcrafted_or_learned.py"]
WITH_A_SOURCE += ["through_the_doctor.py", "learned_filters.py"]


def test_the_ladder_lists_every_page_once_and_no_other():
    listed = re.findall(r"^\| \[(\w+\.py)\]\(\1\)", (EXAMPLES / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == PAGES


@pytest.mark.parametrize("page", PAGES)
def test_a_page_becomes_a_notebook_that_begins_with_a_title_and_compiles(page):
    notebook = jupytext.read(EXAMPLES / page)
    assert notebook.cells[0].cell_type == "markdown"
    assert notebook.cells[0].source.startswith("# ")
    assert {cell.cell_type for cell in notebook.cells} == {"markdown", "code"}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            compile(cell.source, page, "exec")


@pytest.mark.parametrize("page", WITH_A_SOURCE)
def test_a_source_that_is_not_there_ends_a_page_with_one_line(page, run):
    with pytest.raises(SystemExit) as stopped:
        run(page, "no/such/folder")
    assert isinstance(stopped.value.code, str)  # Python prints it to stderr, and exits with status 1
    assert stopped.value.code.startswith("no/such/folder is not there: ")
    assert "\n" not in stopped.value.code


@pytest.mark.filterwarnings("ignore:self.within_class_std_dev_")  # a pixel that is 0 throughout: no matter here
def test_the_nearest_mean_is_scikit_learn_s_nearest_centroid(run, capsys):
    page = run("class_means.py", "digits")
    images = np.asarray(page["dataset"].images, np.float64).reshape(1797, 64)
    oracle = NearestCentroid().fit(images[page["train"]], page["labels"])
    expected = oracle.score(images[page["held_out"]], page["held_labels"].numpy())
    assert page["accuracy"] == pytest.approx(expected)
    assert page["agreement"] == 1
    assert f"360 held-out images: accuracy {expected:.4f}" in capsys.readouterr().out


def test_a_picture_in_characters_worked_out_by_hand(run):
    as_text = run("class_means.py", "digits")["as_text"]
    assert as_text(np.array([[0.0, 9.0], [1.0, 4.0], [8.0, 5.0]])) == ["  @@", "..==", "%%++"]
    quarters = np.repeat(np.repeat([[0.0, 9.0], [9.0, 0.0]], 16, axis=0), 16, axis=1)  # 32 x 32: each 2 x 2 is one
    assert as_text(quarters) == ["  " * 8 + "@@" * 8] * 8 + ["@@" * 8 + "  " * 8] * 8


def test_digits_tell_the_faults_of_the_linear_layer_too(run, capsys):
    page = run("r0_linear_by_hand.py", "digits")
    assert "printed  difference" in capsys.readouterr().out
    assert max(page["accuracies"]) < 0.2  # scaled twice, 16 grey levels leave nothing to learn from
    assert page["sound_accuracy"] > 0.8
    assert page["as_on_paper"].tolist() == [[-np.inf, -np.inf]]


def test_the_slope_of_the_forgetful_softmax_is_autograd_s(run):
    page = run("r1_softmax_without_log.py", "digits")
    assert page["farthest"] < 1e-6
    at_the_minimum = np.exp(-1)  # there sum(exp(x)) is 1
    assert page["sums"].tolist() == pytest.approx([at_the_minimum] * len(page["sums"]), rel=0.01)
    assert page["sound_accuracy"] > 0.8


def test_the_stretched_accuracy_is_a_chance_agreement_and_tells_the_perfect_one_in_ten(run):
    page = run("r2a_mnist_linear.py", "digits")
    mixed = torch.arange(10).repeat(256)  # ten batches of 256 with 25 or 26 of each digit
    shares = [batch.bincount(minlength=10).double() / 256 for batch in mixed.split(256)]
    expected = torch.stack([share.square().sum() for share in shares]).mean().item()
    assert expected == pytest.approx(0.1, abs=1e-3)
    assert page["stretched_accuracy"](mixed, mixed) == pytest.approx(expected)
    assert page["accuracy"](mixed, mixed) == 1
    ordered = torch.arange(10).repeat_interleave(256)  # batches of one class each: here the number is right by accident
    assert page["stretched_accuracy"](ordered, ordered) == 1


def test_a_second_fit_goes_on_where_the_first_ended(run):
    page = run("r2b_mnist_network.py", "digits")
    assert page["fresh"][0][0] == pytest.approx(np.log(10), abs=0.1)
    assert page["continued"][0][0] < page["fresh"][-1][0] < page["fresh"][0][0]
    assert page["sound"][-1][1] > 0.9
