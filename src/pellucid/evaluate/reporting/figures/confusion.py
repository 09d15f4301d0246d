"""Which classes are taken for which others, as a table whose cells are the darker the commoner they are."""

from math import sqrt
from xml.etree.ElementTree import Element, tostring

import numpy as np

from pellucid.drawing.svg import node
from pellucid.shapes import Int

STRONGEST = 0.6  # opacity of a cell that holds its whole row; chosen by us, because dark text stays readable on it
RIGHT, WRONG = "0,114,178", "213,94,0"  # blue and vermilion as in `svg.SERIES`; see-through, so any page may lie below
LONGEST_NAME = 24  # letters
WIDEST_HEAD = (
    60  # letters in all names of columns; above, they stand upright; chosen by us, because a page holds so many
)
CELL = "padding:.35em .6em;text-align:right;font-variant-numeric:tabular-nums"
MANY = 10  # classes from which on cells are narrower; chosen by us, so that twenty of them fit a page
NARROW = "padding:.25em .3em;text-align:right;font-variant-numeric:tabular-nums;font-size:.9em"


def confusion(table: Int[np.ndarray, "truth predicted"], classes: list[str]) -> str:
    """How often each class was called each class: right calls blue, wrong ones orange, by their share of the row.

    Args:
        table: counts, as `metrics.confusion_table` gives them.
        classes: name of each row, and of each column.
    Returns:
        an HTML table as text, in a box that scrolls where it is wider than the page; resting on a cell says its share.

    >>> "50 of 60 truly nodule called nodule (83.3%)" in confusion(np.array([[9, 1], [10, 50]]), ["clear", "nodule"])
    True
    """
    wide = sum(len(f"called {name}") for name in classes) > WIDEST_HEAD
    upright = ";writing-mode:vertical-rl;transform:rotate(180deg);text-align:left;padding:.35em .1em" if wide else ""
    head = [node("td", {}), *(_name(f"called {name}", "col", upright) for name in classes)]
    rows = [
        node("tr", {}, [_name(f"truly {classes[k]}", "row", ";text-align:right"), *_cells(table[k], k, classes)])
        for k in range(len(classes))
    ]
    style = {"style": "border-collapse:separate;border-spacing:2px;font-size:.9em"}
    whole = node("table", {"class": "confusion"} | style, [node("tr", {}, head), *rows])
    return tostring(node("div", {"style": "overflow-x:auto"}, [whole]), encoding="unicode", short_empty_elements=False)


def ends(words: str, letters: int) -> str:
    """At most so many letters: the beginning and the end, since names of classes often differ in either alone.

    >>> ends("a rather long name 01", 12)
    'a rath…me 01'
    """
    if len(words) <= letters:
        return words
    return words[: letters // 2] + "…" + words[len(words) - (letters - 1) // 2 :]


def _name(words: str, scope: str, style: str) -> Element:
    cell = {"scope": scope, "style": f"font-weight:400;padding:.35em .6em;white-space:nowrap{style}"}
    short = ends(words, LONGEST_NAME)
    return node("th", cell if short == words else cell | {"title": words}, short)


def _cells(counts: Int[np.ndarray, " predicted"], truth: int, classes: list[str]) -> list[Element]:
    total, cells = int(counts.sum()), []
    for k, count in enumerate(counts.tolist()):
        style = NARROW if len(classes) > MANY else CELL
        if count:
            style += f";background:rgba({RIGHT if k == truth else WRONG},{STRONGEST * sqrt(count / total):.2f})"
        share = f" ({count / total:.1%})" if total else ""
        title = f"{count:,} of {total:,} truly {classes[truth]} called {classes[k]}{share}"
        cells.append(node("td", {"style": style if count else style + ";opacity:.45", "title": title}, f"{count:,}"))
    return cells
