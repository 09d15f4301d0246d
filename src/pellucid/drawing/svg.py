"""A drawing as text that a browser shows and a screen reader can read: lines, dots and words, safely written."""

from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import Element, tostring

Number = float | int  # beartype takes a whole number for a float only where both are named
INK, MUTED, GRID = "var(--ink,#1b2733)", "var(--muted,#5b6773)", "var(--grid,#dde3ea)"
PAPER = "var(--paper,#ffffff)"
# Hues that colour-blind readers can tell apart: Okabe and Ito 2008, Color Universal Design; without black and yellow,
# which vanish on a dark or on a light page.
SERIES = (
    "var(--blue,#0072b2)",
    "var(--vermilion,#d55e00)",
    "var(--green,#009e73)",
    "var(--orange,#e69f00)",
    "var(--purple,#cc79a7)",
    "var(--sky,#56b4e9)",
)
FONT = "font-family:var(--font,system-ui,-apple-system,'Segoe UI',sans-serif);font-variant-numeric:tabular-nums"
LETTER = 7.2  # px that a letter of 12 px type takes at most on average; chosen by us from DejaVu Sans, a wide one


def safe(words: str) -> str:
    """The words without characters that XML or UTF-8 cannot hold (file names may have them): U+FFFD stands instead.

    >>> safe("scan" + chr(27) + chr(0xDC80))
    'scan\ufffd\ufffd'
    """
    return "".join(
        letter
        if letter in "\t\n" or " " <= letter < "\ud800" or "\ue000" <= letter < "\ufffe" or letter > "\uffff"
        else "\ufffd"
        for letter in words
    )


def shorten(words: str, letters: int) -> str:
    """At most so many letters, the last one an ellipsis where some were cut.

    >>> shorten("adenocarcinoma", 8)
    'adenoca…'
    """
    return words if len(words) <= letters else words[: letters - 1] + "…"


def node(tag: str, facts: Mapping[str, str | Number], inside: Iterable[Element] | str = ()) -> Element:
    """One element: numbers to a hundredth, words made safe; they are escaped when it is written out.

    >>> tostring(node("text", {"x": 1 / 3}, "<b>"), encoding="unicode")
    '<text x="0.33">&lt;b&gt;</text>'
    """
    said = {
        name: safe(fact) if isinstance(fact, str) else f"{fact:.2f}".rstrip("0").rstrip(".")
        for name, fact in facts.items()
    }
    element = Element(tag, said)
    if isinstance(inside, str):
        element.text = safe(inside)
    else:
        element.extend(inside)
    return element


def words(
    x: Number,
    y: Number,
    said: str,
    *,
    colour: str = MUTED,
    anchor: str = "start",
    size: int = 12,
    weight: int = 400,
    most: int = 999,
) -> Element:
    """Text whose baseline starts, has its middle, or ends (`anchor`) at x, y; from `most` letters on it is cut."""
    style = f"font-size:{size}px" + (f";font-weight:{weight}" if weight != 400 else "")
    text = node("text", {"x": x, "y": y, "fill": colour, "text-anchor": anchor, "style": style}, shorten(said, most))
    text.extend([node("title", {}, said)] if len(said) > most else [])  # the whole, when a pointer rests on it
    return text


def line(
    x1: Number, y1: Number, x2: Number, y2: Number, *, colour: str = GRID, width: Number = 1, dash: str = ""
) -> Element:
    """A straight line."""
    facts: dict[str, str | Number] = {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "stroke": colour, "stroke-width": width}
    return node("line", facts | ({"stroke-dasharray": dash} if dash else {}))


def polyline(points: Iterable[tuple[Number, Number]], *, colour: str, title: str = "", dash: str = "") -> Element:
    """A bent line through the points, saying its title when a pointer rests on it."""
    drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    facts: dict[str, str | Number] = {"points": drawn, "fill": "none", "stroke": colour, "stroke-width": 2}
    facts |= {"stroke-linejoin": "round", "stroke-linecap": "butt" if dash else "round"}
    facts |= {"stroke-dasharray": dash} if dash else {}
    return node("polyline", facts, [node("title", {}, title)] if title else [])


def dot(x: Number, y: Number, *, colour: str, title: str, radius: Number = 3, ring: bool = False) -> Element:
    """A point that says its numbers when a pointer rests on it; a ring for one to look at."""
    facts: dict[str, str | Number] = {"cx": x, "cy": y, "r": radius, "fill": PAPER if ring else colour}
    facts |= {"stroke": colour if ring else PAPER, "stroke-width": 2.5 if ring else 1}
    return node("circle", facts, [node("title", {}, title)])


def drawing(width: Number, height: Number, title: str, description: str, inside: Iterable[Element]) -> str:
    """A whole figure: it scales with the page up to its own size, and a screen reader reads title and description.

    >>> drawing(8, 4, "Nothing", "An empty page.", [])[:58]
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 4" '
    """
    facts: dict[str, str | Number] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {width:g} {height:g}",
        "role": "img",
        "aria-label": title,
        "style": f"width:100%;max-width:{width:g}px;height:auto;{FONT}",
    }
    spoken = [node("title", {}, title), node("desc", {}, description)]
    return tostring(node("svg", facts, [*spoken, *inside]), encoding="unicode")
