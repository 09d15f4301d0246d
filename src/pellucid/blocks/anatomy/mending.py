"""What would make two shapes fit: an axis of length 1 where it is missing, or a transpose."""

from collections.abc import Iterator


def mend(first: tuple[int, ...], second: tuple[int, ...]) -> str:
    """The change of one shape after which both fit; the unchanged one is the result's.

    Args:
        first: a shape.
        second: one that does not fit it.
    Returns:
        the code and what it leads to, as a sentence.

    >>> mend((2, 3), (3, 2))
    'second.transpose(-2, -1), of shape (2, 3), would fit: the result is (2, 3).'
    >>> mend((9, 8, 8), (9,))
    'second.view(9, 1, 1), of shape (9, 1, 1), would fit: the result is (9, 8, 8).'
    >>> mend((4,), (3,))
    'None keeps both as they are: every pair would be first.unsqueeze(1), a result of (4, 3); one to one needs ...'
    """
    for name, changed, other in (("second", second, first), ("first", first, second)):
        for code, shape in _changes(changed):
            if result_of(shape, other) == other:
                return f"{name}.{code}, of shape {shape}, would fit: the result is {other}."
    if len(first) == len(second) == 1:
        return (
            f"None keeps both as they are: every pair would be first.unsqueeze(1), a result of {(*first, *second)}; "
            "one to one needs as many numbers on both sides: see where some were left out."
        )
    return (
        "No axis of length 1 and no transpose mends it: see which of the two has another number of cases or features."
    )


def _changes(shape: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
    for place in range(1, len(shape) + 1):
        yield f"unsqueeze({place})", (*shape[:place], 1, *shape[place:])
    for more in (2, 3):  # one number a case, against an image or a volume of each
        longer = (*shape, *[1] * more)
        yield f"view{longer}", longer
    if len(shape) > 1:
        yield "transpose(-2, -1)", (*shape[:-2], shape[-1], shape[-2])


def result_of(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...] | None:
    """The shape of both together; None where they do not fit.

    >>> result_of((2, 1), (3,)), result_of((2,), (3,))
    ((2, 3), None)
    """
    deep = max(len(first), len(second))
    padded = [(1,) * (deep - len(shape)) + shape for shape in (first, second)]
    met = [{one, other} - {1} for one, other in zip(*padded, strict=True)]
    return None if any(len(lengths) > 1 for lengths in met) else tuple(min(lengths, default=1) for lengths in met)


def drop_axis(first: tuple[int, ...], second: tuple[int, ...]) -> str:
    """The code that brings the longer of two shapes to the shorter, number by number.

    >>> drop_axis((64,), (64, 1))
    'second.squeeze(1)'
    """
    name, long, short = ("first", first, second) if len(first) > len(second) else ("second", second, first)
    places = [place for place, length in enumerate(long) if length == 1 and long[:place] + long[place + 1 :] == short]
    return f"{name}.squeeze({places[-1]})" if places else f"{name}.reshape({', '.join(map(str, short))})"
