"""One-hot against torch's own, and bytes of boxed numbers against sys.getsizeof."""

import sys
from xml.etree import ElementTree

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.blocks.anatomy import boxed, one_hot, one_hot_step_by_step
from pellucid.errors import BadInput

SVG = "{http://www.w3.org/2000/svg}"


@settings(max_examples=50)
@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=20), st.integers(7, 9), st.sampled_from([torch.uint8, torch.int64])
)
def test_one_hot_is_torchs(labels, classes, dtype):
    labels = torch.tensor(labels, dtype=dtype)
    assert torch.equal(one_hot(labels, classes), torch.nn.functional.one_hot(labels.long(), classes))


def test_each_step_is_shown():
    steps = one_hot_step_by_step(torch.tensor([2, 0]), 3)
    assert steps.zeros.tolist() == [[0, 0, 0], [0, 0, 0]]  # not written over
    assert steps.column.tolist() == [[2], [0]]
    assert steps.result.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert steps.lines()[-1] == "  row 1: column 0 = 1    [1, 0, 0]"
    assert one_hot_step_by_step(torch.zeros(20, dtype=torch.int64), 2).lines()[-1] == "  and 12 more rows"


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (torch.tensor([0, 3]), "Label 3 has no column: the model gives 3 logits"),
        (torch.tensor([0, -1]), "Label -1 has no column"),
        (torch.tensor([], dtype=torch.int64), "There are no labels"),
    ],
)
def test_labels_without_a_column_are_refused(labels, said):
    with pytest.raises(BadInput, match=said):
        one_hot(labels, 3)


def test_the_drawing_shows_every_label_and_the_row_it_writes():
    svg = one_hot_step_by_step(torch.tensor([2, 0, 1]), 3).as_svg()
    drawn = {kind: [] for kind in ("label", "hot")}
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        drawn[group.get("class")].append(group.find(f"{SVG}text").text)
    assert drawn["label"] == ["2", "0", "1"]
    assert drawn["hot"] == [*"001", *"100", *"010"]
    assert "A corner: 8 of 20 cases, 12 of 30 classes." in one_hot_step_by_step(torch.arange(20), 30).as_svg()


def test_no_classes_are_refused():
    with pytest.raises(BadInput, match="0 classes; at least 1"):
        one_hot(torch.tensor([0]), 0)


def test_boxes_are_measured_each_once():
    numbers = [0.5 + k for k in range(1000)]
    found = boxed(numbers)
    assert (found.boxes, found.box_bytes) == (1000, sum(sys.getsizeof(number) for number in numbers))
    assert found.list_bytes == sys.getsizeof(list(numbers))
    assert (found.tensor_bytes, found.dtype) == (4000, "float32")
    assert found.times == (found.list_bytes + found.box_bytes) / 4000
    same = boxed([numbers[0]] * 1000)
    assert (same.boxes, same.box_bytes) == (1, sys.getsizeof(0.5))
    assert boxed(numbers, torch.float64).tensor_bytes == 8000
    assert f"{found.times:.1f} times" in found.lines()[1]


def test_a_list_of_nothing_is_refused():
    with pytest.raises(BadInput, match="There are no numbers"):
        boxed([])


def test_numbers_that_no_tensor_holds_are_refused_in_one_line():
    with pytest.raises(BadInput, match="cannot hold these numbers") as problem:
        boxed([2**70])
    assert "\n" not in str(problem.value)
