"""How long work tells how far it is: one small callable, a bar on a terminal or in a notebook, silence elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, runtime_checkable


@runtime_checkable
class Progress(Protocol):
    """Called now and then by long work."""

    def __call__(self, what: str, done: int, total: int) -> None:
        """Say that `done` of `total` units of `what` are finished."""
        ...


def silent(what: str, done: int, total: int) -> None:
    """Show nothing."""


@contextmanager
def bars() -> Iterator[Progress]:
    """Bars on stderr where a person is looking (a terminal, a notebook); nothing elsewhere.

    >>> with bars() as progress:
    ...     progress("images", 10, 100)
    """
    notebook = "ipykernel" in sys.modules
    if not (sys.stderr.isatty() or notebook):
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    console = Console() if notebook else Console(stderr=True)
    times = (TimeElapsedColumn(), TextColumn("gone,"), TimeRemainingColumn(), TextColumn("left"))
    columns = (TextColumn("{task.description:<18}"), BarColumn(), MofNCompleteColumn(), *times)
    with Bars(*columns, console=console, transient=True) as shown:
        tasks: dict[str, TaskID] = {}
        before: dict[str, int] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(what, total=total)
            elif done < before[what]:  # the same work once more, on the next scan
                shown.reset(tasks[what])
            before[what] = done
            shown.update(tasks[what], completed=done, total=total)

        yield show
