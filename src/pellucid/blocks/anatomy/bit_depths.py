"""How many bits a source gives each pixel, and which dtypes hold every one of its values."""

from dataclasses import dataclass

import torch

from pellucid.errors import BadInput

# Whole numbers that each holds without a gap: 2 to the power of its significand's bits, the hidden one counted.
# Source: IEEE 754-2019, table 3.5 (float16: 11, float32: 24); bfloat16 keeps 8.
EXACT_UP_TO = {torch.bfloat16: 2**8, torch.float16: 2**11, torch.float32: 2**24}
WHOLE = (torch.uint8, torch.int8, torch.int16, torch.uint16, torch.int32)


@dataclass(frozen=True, slots=True)
class BitDepth:
    """What a pixel of so many bits can be.

    Args:
        bits: of each pixel: 8 in photographs, 12 or 16 in CT, MR and radiographs.
        signed: whether values below 0 are among them, as in most CT files.
        lowest: smallest value.
        highest: greatest; dividing by it brings an unsigned source to 0 to 1.
        dtype: the smallest of torch's whole-number dtypes that holds all; uint16 only where it must be.
        spare: how much of that dtype's range no value uses, from 0 to 1.
        exact_in: the floating dtypes that hold every value exactly.
    """

    bits: int
    signed: bool
    lowest: int
    highest: int
    dtype: torch.dtype
    spare: float
    exact_in: tuple[torch.dtype, ...]

    def lines(self) -> list[str]:
        """Range, dtype and exact floating dtypes in words."""
        kind = "signed" if self.signed else "unsigned"
        exact = ", ".join(map(_word, self.exact_in))
        rounded = ", ".join(_word(one) for one in EXACT_UP_TO if one not in self.exact_in)
        told = [
            f"{self.bits} bits {kind}: {self.lowest} to {self.highest}",
            f"  held by {_word(self.dtype)}, {self.dtype.itemsize} byte{'s' * (self.dtype.itemsize > 1)} a pixel, "
            f"of whose range {self.spare:.1%} stays unused",
            f"  exact in {exact}" + (f"; rounded in {rounded}" if rounded else ""),
        ]
        if self.dtype == torch.uint16:
            told.append("  torch does little arithmetic in uint16: convert to int32 or float32 before you compute")
        return told


def bit_depth(bits: int, *, signed: bool = False) -> BitDepth:
    """Which dtype holds a source of so many bits a pixel.

    Args:
        bits: 1 to 16.
        signed: whether values below 0 are among them (DICOM's Pixel Representation (0028,0103) is 1).
    Returns:
        its range and dtypes.
    Raises:
        BadInput: fewer than 1 or more than 16 bits.

    >>> print(*bit_depth(12).lines(), sep="\\n")
    12 bits unsigned: 0 to 4095
      held by int16, 2 bytes a pixel, of whose range 93.8% stays unused
      exact in float32; rounded in bfloat16, float16
    """
    if not 1 <= bits <= 16:
        raise BadInput(f"{bits} bits a pixel; 1 to 16 were needed, as image files have them. See the file's header.")
    lowest, highest = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    fit = [one for one in WHOLE if torch.iinfo(one).min <= lowest and highest <= torch.iinfo(one).max]
    dtype = fit[0]
    values = 2 ** (8 * dtype.itemsize)
    exact = tuple(one for one, most in EXACT_UP_TO.items() if max(-lowest, highest) <= most)
    return BitDepth(bits, signed, lowest, highest, dtype, 1 - 2**bits / values, exact)


def _word(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
