"""A model as a page of its graph: of a run, or by its name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pellucid.errors import BadInput
from pellucid.run import Run

if TYPE_CHECKING:
    from pellucid.blocks.graphs import Graph

ROOM = "pellucid.app.runs"


def models() -> tuple[str, ...]:
    """What can be shown by its name alone: models with their first weights, and small examples by hand."""
    from pellucid.explain.graph_command import NAMES

    return NAMES


def graph_page_of_model(name: str) -> str:
    """The graph of a model that is known by its name; never of a path.

    Raises:
        BadInput: no such model.

    >>> "xor" in graph_page_of_model("xor")
    True
    """
    from pellucid.explain.graph_command import graph_of_name

    if name not in models():
        raise BadInput(f"There is no model {name!r}: choose among {', '.join(models())}.")
    return _page(name, graph_of_name(name))


def graph_page_of_run(run: Run, image: Path | None = None) -> str:
    """The graph of a run's model, with the values of an image.

    Args:
        run: a finished one.
        image: what it is shown; None: the mean of its training images.
    Raises:
        PellucidError: the run cannot be read, or the image does not fit.
    """
    from pellucid.explain.graph_command import graph_of_name

    return _page(run.path.resolve().name, graph_of_name(str(run.path.absolute()), image))


def _page(title: str, graph: Graph) -> str:
    from markupsafe import Markup

    from pellucid.evaluate.reporting.templates import template

    page = template("graph.html.jinja", autoescape=True, room=ROOM)
    return page.render({"title": title, "drawn": Markup(graph.as_svg()), "lines": graph.lines()})
