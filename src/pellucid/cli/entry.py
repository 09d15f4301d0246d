"""All commands in one program; what cannot be done ends in one line, with exit status 1."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import Annotated, NoReturn

import typer

from pellucid import __version__
from pellucid.cli.ct import ct_app
from pellucid.cli.data import data_app
from pellucid.cli.glass import glass_app
from pellucid.cli.play import play_app
from pellucid.cli.running import run_app
from pellucid.errors import PellucidError

app = typer.Typer(
    help="Medical image classifiers that one can trust, in seconds, and see through. Begin with: pellucid train digits",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(run_app)
app.add_typer(glass_app)
app.add_typer(play_app)
app.add_typer(data_app, name="data")
app.add_typer(ct_app, name="ct")


def show_version(asked: bool) -> bool:
    """Print the version, and end."""
    if asked:
        typer.echo(f"pellucid {__version__}")
        raise typer.Exit
    return asked


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Medical image classifiers that one can trust, in seconds, and see through."""


def main() -> None:
    """Run the command; what cannot be done is told in one line, with exit status 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="surrogateescape" if stream.encoding.lower() == "utf-8" else "backslashreplace")
    _leave(_status())


def _status() -> int:
    try:
        app()
    except PellucidError as problem:
        typer.echo(f"pellucid: {problem}", err=True)
        return 1
    except OSError as problem:  # such as stdout on a full disk
        with contextlib.suppress(OSError):
            typer.echo(f"pellucid: {problem.strerror or problem}", err=True)
        return 1
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    return 0


def _leave(status: int) -> NoReturn:
    """End at once: everything is written by now, and taking torch apart would take another half second."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)
