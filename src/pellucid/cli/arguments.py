"""What several commands share: arguments of one meaning, how a result is shown, how Ctrl-C ends."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else, to stdout.")]
Source = Annotated[
    str, typer.Argument(help="Folder, .zip, .csv, .npz, .h5, IDX files, or a name from `pellucid data list`.")
]
GroupBy = Annotated[
    str | None,
    typer.Option(
        help="Which images are of one patient: column:NAME, level:K, regex:PATTERN, dicom:PatientID, or none."
    ),
]
RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, such as runs/digits.")]


def show(result: dict[str, Any] | list[Any]) -> None:
    """Print one JSON object, or lines."""
    if isinstance(result, dict):
        indent = 1 if sys.stdout.isatty() else None  # for people; programs get it in a tenth of the time
        typer.echo(json.dumps(result, indent=indent, allow_nan=False))
    else:
        for line in result:
            typer.echo(line)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C ends with status 130; what was interrupted has said how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
