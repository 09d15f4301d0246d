"""A drawing on white paper, for pages whose colours are not ours, such as a notebook in the dark."""

from dataclasses import dataclass

from pellucid.drawing.svg import GRID, INK, MUTED, PAPER

ON_WHITE = ";".join(colour[len("var(") : -1].replace(",", ":") for colour in (INK, MUTED, GRID, PAPER))
"""The colours of a drawing on white paper, as CSS variables: those that it has where its page sets none."""


def on_paper(svg: str) -> str:
    """The drawing in a white box of its own, so that its dark ink is read on any page.

    >>> on_paper("<svg/>").startswith('<div style="background:#ffffff')
    True
    """
    return f'<div style="background:#ffffff;padding:12px;border-radius:6px;overflow-x:auto;{ON_WHITE}">{svg}</div>'


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawing that a notebook shows when it stands at the end of a cell.

    >>> Drawn("<svg/>")._repr_svg_()
    '<svg/>'
    """

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        return on_paper(self.svg)
