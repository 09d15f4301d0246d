"""Orders of an image's axes against permutations by hand, and bit depths against every value they can have."""

import numpy as np
import pytest
import torch

from pellucid.blocks.anatomy import bit_depth, layouts, shares_storage, to_layout
from pellucid.blocks.anatomy.layout_order import LAYOUTS, code_of
from pellucid.errors import BadInput

HWC = torch.arange(2 * 4 * 3).reshape(2, 4, 3)  # lopsided: a swapped axis must show


def test_a_pixel_keeps_its_row_column_and_channel():
    for row, column, channel in np.ndindex(2, 4, 3):
        number = HWC[row, column, channel]
        assert to_layout(HWC, "HWC", "CHW")[channel, row, column] == number
        assert to_layout(HWC, "HWC", "NCHW")[0, channel, row, column] == number
        assert to_layout(HWC, "HWC", "NHWC")[0, row, column, channel] == number


def test_a_voxel_keeps_its_slice_row_and_column():
    volume = torch.arange(2 * 3 * 5).reshape(2, 3, 5)
    assert to_layout(volume, "DHW", "NCDHW")[0, 0, 1, 2, 4] == volume[1, 2, 4]
    assert to_layout(volume, "DHW", "NDHWC")[0, 1, 2, 4, 0] == volume[1, 2, 4]


@pytest.mark.parametrize("given", LAYOUTS)
@pytest.mark.parametrize("wanted", LAYOUTS)
def test_there_and_back_is_the_same_image_in_the_same_storage(given, wanted):
    lengths = {"N": 1, "C": 1, "D": 2, "H": 3, "W": 5}
    image = torch.arange(30 if "D" in given else 15).reshape([lengths[letter] for letter in given])
    if ("D" in given) != ("D" in wanted):
        with pytest.raises(BadInput, match="axis D"):
            to_layout(image, given, wanted)
        return
    there = to_layout(image, given, wanted)
    assert list(there.shape) == [lengths[letter] for letter in wanted]
    assert shares_storage(there, image)
    assert torch.equal(to_layout(there, wanted, given), image)


@pytest.mark.parametrize("given", LAYOUTS)
def test_the_code_that_is_shown_makes_what_is_shown(given):
    x = torch.zeros([{"N": 2, "C": 3, "D": 4, "H": 5, "W": 6}[letter] for letter in given])
    for shown in layouts(x, given):
        made = eval(shown.code, {"x": x, "torch": torch})
        assert (tuple(made.shape), made.stride()) == (shown.size, shown.stride), shown.code
        assert (shares_storage(made, x), made.is_contiguous()) == (shown.view, shown.contiguous)


def test_an_image_file_is_channels_last_already_and_contiguous_copies_it():
    views = {(one.layout, one.code.rpartition(".")[2].partition("(")[0]): one for one in layouts(HWC)}
    assert [one.layout for one in layouts(HWC)] == ["HWC", "CHW", "NCHW", "NCHW", "NCHW"]
    assert views["NCHW", "contiguous"].stride == (24, 8, 4, 1)
    assert not views["NCHW", "contiguous"].view
    assert views["NCHW", "channels_last)"].stride == (24, 1, 12, 3)  # a pixel's channels lie side by side
    assert views["NCHW", "channels_last)"].view
    assert layouts(HWC)[1].axes == ("channel", "row", "column")


def test_codes_by_hand():
    assert code_of("HWC", "NCHW") == "x.unsqueeze(0).permute(0, 3, 1, 2)"
    assert code_of("HWC", "CHW") == "x.permute(2, 0, 1)"
    assert code_of("CHW", "HWC") == "x.permute(1, 2, 0)"
    assert code_of("HW", "NCHW") == "x.unsqueeze(0).unsqueeze(0)"


@pytest.mark.parametrize(
    ("given", "wanted", "said"),
    [
        ("HCW", "CHW", "'HCW' is no layout"),
        ("NCHW", "HWC", "3 axes; NCHW names 4"),
        ("HWC", "HW", "axis C .channel. of length 3"),
    ],
)
def test_what_cannot_be_laid_out_so_is_refused(given, wanted, said):
    with pytest.raises(BadInput, match=said):
        to_layout(HWC, given, wanted)


@pytest.mark.parametrize("bits", range(1, 17))
@pytest.mark.parametrize("signed", [False, True])
def test_the_dtype_holds_every_value_and_the_next_smaller_does_not(bits, signed):
    depth = bit_depth(bits, signed=signed)
    values = np.arange(depth.lowest, depth.highest + 1)
    assert len(values) == 2**bits
    word = str(depth.dtype).removeprefix("torch.")
    assert np.array_equal(values.astype(word), values)
    assert depth.spare == pytest.approx(1 - len(values) / 2 ** (8 * np.dtype(word).itemsize))
    if depth.dtype.itemsize == 2:
        assert not any(np.array_equal(values.astype(small), values) for small in ("uint8", "int8"))
    for floating in (torch.bfloat16, torch.float16, torch.float32):
        whole = torch.from_numpy(values)
        kept = torch.equal(whole.to(floating).to(torch.float64), whole.double())
        assert kept == (floating in depth.exact_in)


def test_bits_by_hand():
    assert [(bit_depth(bits).highest, bit_depth(bits).dtype) for bits in (8, 12, 16)] == [
        (255, torch.uint8),
        (4095, torch.int16),
        (65535, torch.uint16),
    ]
    assert (bit_depth(16, signed=True).lowest, bit_depth(16, signed=True).dtype) == (-32768, torch.int16)
    assert "convert to int32" in bit_depth(16).lines()[-1]
    assert bit_depth(8).lines()[-1] == "  exact in bfloat16, float16, float32"
    with pytest.raises(BadInput, match="17 bits a pixel; 1 to 16"):
        bit_depth(17)
