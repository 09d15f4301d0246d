"""The command `pellucid play`: the local page."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from pellucid.cli.arguments import GroupBy
from pellucid.errors import BadInput, MissingPart

play_app = typer.Typer()


@play_app.command(epilog="Example: pellucid play scans/")
def play(
    source: Annotated[
        str | None,
        typer.Argument(help="Images to learn from: anything that `pellucid train` takes. Without it: digits."),
    ] = None,
    group_by: GroupBy = None,
    image_size: Annotated[int | None, typer.Option(help="Resize the images to this side, in pixels.")] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where it listens.")] = 8080,
    host: Annotated[str, typer.Option(help="Which address; any but this machine's own needs a --token.")] = "127.0.0.1",
    token: Annotated[str, typer.Option(help="What others have to know to open it.")] = "",
    runs: Annotated[Path, typer.Option(help="The folder whose runs are listed.")] = Path("runs"),
    scan: Annotated[Path | None, typer.Option(help="A chest CT to look through; anything `ct find` takes.")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
) -> None:
    """A page in the browser: networks of blocks, and models of your own images, learn before your eyes; runs; a CT."""
    if importlib.util.find_spec("nicegui") is None:
        raise MissingPart('The page needs NiceGUI, which is not installed: pip install "pellucid[app]"')
    if scan is not None and not scan.exists():
        raise BadInput(f"There is no {scan}; check the name.")
    from pellucid.app.opening import shown_of
    from pellucid.app.serving import check_address, serve

    check_address(host, port, token)
    shown = shown_of(source, group_by, image_size, runs, scan)
    serve(shown, typer.echo, host=host, port=port, token=token, show=not no_browser)
