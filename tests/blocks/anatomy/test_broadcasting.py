"""Broadcasting against torch and NumPy, and the reasons and mends that are told."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.blocks.anatomy import broadcast
from pellucid.errors import BadInput

SHAPES = st.lists(st.sampled_from([0, 1, 1, 2, 3, 5]), max_size=4).map(tuple)


def torchs(first, second):
    try:
        return tuple(torch.broadcast_shapes(first, second))
    except RuntimeError:
        return None


@settings(max_examples=50)
@given(SHAPES, SHAPES)
def test_the_result_is_torchs_and_numpys(first, second):
    met = broadcast(first, second)
    assert met.shape == torchs(first, second)
    try:
        assert met.shape == np.broadcast(np.empty(first), np.empty(second)).shape
    except ValueError:
        assert met.shape is None
    assert bool(met.why_not) == bool(met.mend) == (met.shape is None)
    assert met.lines()
    ElementTree.fromstring(met.as_svg())


@settings(max_examples=50)
@given(SHAPES, SHAPES)
def test_a_mend_that_names_code_works(first, second):
    met = broadcast(first, second)
    told = re.fullmatch(r"(first|second)\.(.+), of shape (.+), would fit: the result is (.+)\.", met.mend)
    if told:
        given = {"first": torch.empty(first), "second": torch.empty(second)}
        method, arguments = re.fullmatch(r"(\w+)\((.*)\)", told[2]).groups()
        given[told[1]] = getattr(given[told[1]], method)(*map(int, arguments.split(", ")))
        assert str(tuple(given[told[1]].shape)) == told[3]
        assert str(torchs(given["first"].shape, given["second"].shape)) == told[4]


@settings(max_examples=50)
@given(SHAPES, SHAPES)
def test_a_warning_says_how_to_meet_one_to_one(first, second):
    met = broadcast(first, second)
    if met.warning:
        given = {"first": torch.empty(first), "second": torch.empty(second)}
        name, method, arguments = re.search(r"(first|second)\.(\w+)\((.*)\)\.$", met.warning).groups()
        given[name] = getattr(given[name], method)(*map(int, arguments.split(", ")))
        assert given["first"].shape == given["second"].shape


@pytest.mark.parametrize(("first", "second"), [((64,), (64, 1)), ((64, 1), (64,)), ((2, 3), (2, 1, 3))])
def test_one_against_one_that_becomes_each_with_each_is_warned_of(first, second):
    assert "every number of one meets every number" in broadcast(first, second).warning
    assert any(line.startswith("warning") for line in broadcast(first, second).lines())


@pytest.mark.parametrize(
    ("first", "second"),
    [((64,), (64,)), ((1,), (1, 1)), ((64,), (1, 64)), ((64, 1), (1, 64)), ((64, 10), (10,)), ((3,), (4, 1))],
)
def test_what_is_usual_or_meant_is_not_warned_of(first, second):
    assert broadcast(first, second).warning == ""


def test_the_steps_of_an_image_and_its_channel_means():
    assert broadcast((2, 3, 4), (3, 1)).lines() == [
        "align right        first     2  3  4",
        "                   second       3  1",
        "pad with 1         first     2  3  4",
        "                   second    1  3  1",
        "stretch 1 to n     axis -3 of the second: 1 -> 2, the same numbers read again (stride 0), nothing is copied",
        "                   axis -1 of the second: 1 -> 4, the same numbers read again (stride 0), nothing is copied",
        "compare            axis -3: 2 = 2, axis -2: 3 = 3, axis -1: 4 = 4",
        "result             (2, 3, 4)",
    ]


def test_stretching_is_indeed_stride_zero():  # as the steps say
    assert torch.zeros(3, 1).expand(2, 3, 4).stride()[::2] == (0, 0)


def test_why_two_shapes_do_not_fit_names_axis_and_lengths():
    met = broadcast((8, 3, 28, 28), (3,))
    assert met.why_not.startswith(
        "(8, 3, 28, 28) and (3,) do not fit: axis -1 has length 28 in the first and 3 in the second"
    )
    assert broadcast((4,), (3,)).mend.startswith("None keeps both as they are: every pair would be first.unsqueeze(1)")
    assert broadcast((4, 5), (2, 3)).mend.startswith("No axis of length 1 and no transpose mends it")


def test_the_drawing_shows_every_length_padded_stretched_or_apart():
    root = ElementTree.fromstring(broadcast((2, 3), (2,)).as_svg())
    drawn = {
        (group.get("data-row"), group.get("data-axis")): group.get("data-length")
        for group in root.iter()
        if group.get("data-row")
    }
    assert drawn == {
        ("first", "-2"): "2",
        ("first", "-1"): "3",
        ("second", "-2"): "1 → 2",
        ("second", "-1"): "2",
        ("result", "-2"): "2",
        ("result", "-1"): "✗",
    }
    dashed = [rect for rect in root.iter("{http://www.w3.org/2000/svg}rect") if rect.get("stroke-dasharray")]
    assert len(dashed) == 1


def test_a_length_below_zero_is_refused():
    with pytest.raises(BadInput, match="length below 0"):
        broadcast((2, -1), (2,))


def test_a_missing_axis_is_put_where_it_belongs():
    assert (
        broadcast((2, 3, 4), (2, 4)).mend
        == "second.unsqueeze(1), of shape (2, 1, 4), would fit: the result is (2, 3, 4)."
    )
    assert broadcast((5,), (5, 3)).mend == "first.unsqueeze(1), of shape (5, 1), would fit: the result is (5, 3)."


@given(SHAPES, SHAPES)
@settings(max_examples=50)
def test_as_many_axes_are_stretched_as_torch_gives_stride_zero(first, second):
    met = broadcast(first, second)
    if met.shape is not None and 0 not in met.shape:
        expanded = [torch.empty(shape).expand(met.shape) for shape in (first, second)]
        still = sum(
            step == 0 and length > 1 for one in expanded for step, length in zip(one.stride(), one.shape, strict=True)
        )
        assert sum("->" in line for line in met.lines()) == still
