"""A drawing on white paper, for pages whose colours are not ours, such as a notebook in the dark."""

from dataclasses import dataclass


def on_paper(svg: str) -> str:
    """The drawing in a white box of its own, so that its dark ink is read on any page.

    >>> on_paper("<svg/>").startswith('<div style="background:#ffffff')
    True
    """
    colours = "--ink:#1b2733;--muted:#5b6773;--grid:#dde3ea;--paper:#ffffff"
    return f'<div style="background:#ffffff;padding:12px;border-radius:6px;overflow-x:auto;{colours}">{svg}</div>'


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
