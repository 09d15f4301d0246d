"""The commands that open things up: a tensor, a model's graph, one prediction followed down to its pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pellucid.cli.arguments import Json, RunArgument, interruptible, show

glass_app = typer.Typer()

Image = Annotated[Path, typer.Argument(metavar="IMAGE", help="An image file.")]


@glass_app.command(epilog="Example: pellucid anatomy scan.png --at 10,20 --out anatomy.html")
def anatomy(
    image: Image,
    at: Annotated[str | None, typer.Option(help="ROW,COLUMN[,CHANNEL] of a number to follow to its cell.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write it as a page with drawings, too.")] = None,
    as_json: Json = False,
) -> None:
    """An image's tensor, opened: storage, strides, views, copies, broadcasting, files."""
    from pellucid.explain.anatomy_of_image import anatomy_of_image, place, save_anatomy

    found = anatomy_of_image(image, place(at))
    if out is not None:
        save_anatomy(found, out)
    show(found.as_dict() if as_json else [*found.lines(), *(["", f"Drawn in {out}."] if out else [])])


@glass_app.command(epilog="Example: pellucid graph logistic-regression --out graph.svg")
def graph(
    model: Annotated[
        str,
        typer.Argument(
            metavar="RUN_OR_MODEL",
            help="A run folder; or linear, mlp, cnn, linear-regression, logistic-regression or xor.",
        ),
    ],
    image: Annotated[
        Path | None,
        typer.Argument(metavar="[IMAGE]", help="What is sent through it: a file, or the name of one of the run's own."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Draw it, too, as an SVG file.")] = None,
    as_json: Json = False,
) -> None:
    """A model as a graph of blocks: shapes, formulas, and at every node its value and its slope."""
    from pellucid.explain.graph_command import graph_of_name, save_graph

    found = graph_of_name(model, image)
    if out is not None:
        save_graph(found, out)
    show(found.as_dict() if as_json else [*found.lines(), *([f"Drawn in {out}."] if out else [])])


@glass_app.command(epilog="Example: pellucid explain runs/scans scan.png --out why.html")
def explain(
    run: RunArgument,
    image: Annotated[
        Path,
        typer.Argument(metavar="IMAGE", help="An image file; or the name of one in the run's split.csv, such as 1790."),
    ],
    out: Annotated[Path | None, typer.Option(help="Write it as a page with pictures, too.")] = None,
    klass: Annotated[str | None, typer.Option("--class", help="Explain this class; by default the likeliest.")] = None,
    source: Annotated[str | None, typer.Option(help="Where the run's images are now, if they were moved.")] = None,
    at: Annotated[
        str | None,
        typer.Option(help="ROW,COLUMN (or ROW,COLUMN,CHANNEL) of a pixel to follow, as the model sees the image."),
    ] = None,
    as_json: Json = False,
) -> None:
    """One prediction, followed from its probability down to single pixels; what it looked at; the likest images."""
    from pellucid.explain import explain_image
    from pellucid.explain.anatomy_of_image import place
    from pellucid.run import Run

    with interruptible():
        found = explain_image(Run(run), image, source, klass=klass, out=out, at=place(at))
    show(found.as_dict() if as_json else found.lines())
