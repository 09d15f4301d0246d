"""Weights as a part of a URL: eight bytes a number, in letters that a URL may hold, so that no digit is lost."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

import numpy as np

from pellucid.errors import BadInput

MOST_LETTERS = 10_000
"""Longer ones are not looked at: the largest network has 433 numbers, which are 4,620 letters."""


def text_of(numbers: Sequence[float]) -> str:
    """Letters for numbers.

    >>> text_of([1.0, -2.5])
    'AAAAAAAA8D8AAAAAAAAEwA'
    """
    return urlsafe_b64encode(np.asarray(numbers, "<f8").tobytes()).decode("ascii").rstrip("=")


def numbers_of(text: str) -> list[float]:
    """The numbers again.

    Raises:
        BadInput: letters that are no numbers.

    >>> numbers_of("AAAAAAAA8D8AAAAAAAAEwA")
    [1.0, -2.5]
    """
    try:
        if len(text) > MOST_LETTERS:
            raise ValueError
        held = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        found: list[float] = np.frombuffer(held, "<f8").tolist()
    except (binascii.Error, ValueError):
        raise BadInput("The weights in the link are damaged: take them out of it.") from None
    return found
