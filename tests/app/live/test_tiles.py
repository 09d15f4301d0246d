"""Every pixel of a picture is a number of an array, and the way back from the pixel to its place is right."""

from __future__ import annotations

from base64 import b64decode

import numpy as np
import pytest

from pellucid.app.live.sheets import activation_sheet, weight_sheets
from pellucid.app.live.tiles import averaged

RNG = np.random.default_rng(0)


def each_pixel(sheet):
    for number, picture in enumerate(sheet.pictures):
        for row, column in np.ndindex(*picture.values.shape):
            yield number, row, column, picture.values[row, column]


def test_each_class_of_a_linear_model_is_a_picture_of_its_weights():
    weight = RNG.normal(size=(2, 3 * 5 * 5)).astype(np.float32)
    (sheet,) = weight_sheets({"logits.weight": weight, "logits.bias": np.zeros(2)}, ("cat", "dog"), 3, 5)
    assert [picture.caption for picture in sheet.pictures] == ["cat", "dog"]
    seen = 0
    for number, row, column, value in each_pixel(sheet):
        told = sheet.told(number, row, column)
        channel, inside = divmod(column, 6)
        if inside == 5:
            assert told == ""
            assert np.isnan(value)
            continue
        assert value == weight[number, channel * 25 + row * 5 + inside]
        name = ("cat", "dog")[number]
        assert told == f"logits, class {name}, channel {channel}, row {row}, column {inside}: {value:.6g}"
        seen += 1
    assert seen == weight.size


def test_kernels_and_later_layers_are_pictures_too():
    weights = {
        "stem.convolution.weight": RNG.normal(size=(4, 2, 5, 5)),
        "stem.norm.weight": RNG.normal(size=4),
        "block1.convolution.weight": RNG.normal(size=(3, 4, 3, 3)),
        "logits.weight": RNG.normal(size=(2, 6)),
    }
    stem, block, logits = weight_sheets(weights, ("a", "b"), 2, 16)
    assert [sheet.name for sheet in (stem, block, logits)] == ["stem.convolution", "block1.convolution", "logits"]
    assert len(stem.pictures) == 4
    for number, row, column, value in each_pixel(stem):
        if column != 5:
            assert value == weights["stem.convolution.weight"][number, column // 6, row, column % 6]
    for _, row, column, value in each_pixel(block):
        (unit, down), (given, across) = divmod(row, 4), divmod(column, 4)
        if 3 in (down, across):
            assert np.isnan(value)
        else:
            assert value == weights["block1.convolution.weight"][unit, given, down, across]
    np.testing.assert_array_equal(logits.pictures[0].values, weights["logits.weight"])
    assert logits.told(0, 1, 4).startswith("logits, unit 1, input 4: ")


def test_a_later_layer_with_as_many_inputs_as_there_are_pixels_is_not_taken_for_pictures():
    weights = {"hidden1.weight": np.ones((64, 64)), "logits.weight": np.ones((3, 64))}
    first, last = weight_sheets(weights, ("a", "b", "c"), 1, 8)
    assert len(first.pictures) == 32
    assert last.pictures[0].values.shape == (3, 64)


@pytest.mark.parametrize("shape", [(5, 4, 3), (20, 2, 2), (1, 7, 7)])
def test_a_pixel_of_an_activation_leads_back_to_its_place(shape):
    gave = RNG.normal(size=shape)
    sheet, seen = activation_sheet("relu", gave), set()
    for number, row, column, value in each_pixel(sheet):
        spot = sheet.spot(number, row, column)
        assert (spot is None) == np.isnan(value)
        if spot is not None:
            assert gave[spot] == value
            seen.add(spot)
    assert len(seen) == gave.size


@pytest.mark.parametrize("units", [1, 31, 32, 33, 100])
def test_units_are_cells(units):
    gave = RNG.normal(size=units)
    sheet = activation_sheet("relu1", gave)
    found = {}
    for number, row, column, value in each_pixel(sheet):
        if (spot := sheet.spot(number, row, column)) is not None:
            found[spot[0]] = value
            assert sheet.told(number, row, column) == f"relu1, unit {spot[0]}: {value:.6g}"
    assert [found[unit] for unit in range(units)] == gave.tolist()


def test_large_maps_are_averaged_and_say_so():
    gave = RNG.normal(size=(2, 130, 130))
    maps, step = averaged(gave)
    assert step == 3
    assert maps.shape == (2, 43, 43)
    assert maps[1, 4, 7] == pytest.approx(gave[1, 12:15, 21:24].mean())
    sheet = activation_sheet("stem", gave)
    assert sheet.told(0, 4, 7).startswith("stem, channel 0, row 12, column 21: ")
    assert sheet.told(0, 4, 7).endswith("(mean of 3 x 3)")
    assert sheet.spot(0, 4, 7) is None


def test_levels_tell_sign_and_size():
    sheet = activation_sheet("relu", np.array([[[-2.0, 0.0], [1.0, np.nan]]]))
    told = sheet.as_dict()
    assert told["scale"] == 2.0
    assert list(b64decode(told["pictures"][0]["levels"])) == [1, 128, 192, 0]
    assert activation_sheet("relu", np.zeros((1, 2, 2))).scale == 1.0
    assert activation_sheet("relu", np.full((1, 2, 2), np.inf)).scale == 1.0
