"""How the classifier says what is wrong: errors that scikit-learn knows too, and warnings that can be filtered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pellucid.errors import BadInput


class BadArgument(BadInput, ValueError):
    """An array or a parameter is not what was needed; a ValueError too, as scikit-learn's callers expect."""


class FitWarning(UserWarning):
    """Something that `fit` doubts: the classifier works, and its user should know."""


class AskWarning(UserWarning):
    """Something that a fitted classifier doubts of the images it is asked about: it answers, and may be guessing."""


@contextmanager
def as_bad_arguments() -> Iterator[None]:
    """Within it, what the rest of pellucid finds wrong comes up as BadArgument.

    >>> with as_bad_arguments():
    ...     raise BadInput("No.")
    Traceback (most recent call last):
    pellucid.classifying.telling.BadArgument: No.
    """
    try:
        yield
    except BadArgument:
        raise
    except BadInput as found:
        raise BadArgument(str(found)) from None


@contextmanager
def in_one_line() -> Iterator[None]:
    """Within it, what scikit-learn and numpy find wrong with an array comes up as BadArgument, in one line.

    >>> with in_one_line():
    ...     raise ValueError("No,\\nno.")
    Traceback (most recent call last):
    pellucid.classifying.telling.BadArgument: No, no.
    """
    try:
        yield
    except BadArgument:
        raise
    except ValueError as found:
        raise BadArgument(" ".join(str(found).split())) from None
