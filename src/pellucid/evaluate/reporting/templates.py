"""The pages' templates, and how figures and foreign words are written in them; knows no torch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template

NAMES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "auroc": "AUROC",
    "subset_accuracy": "all labels right",
    "mean_absolute_error": "mean error, in classes",
    "quadratic_weighted_kappa": "quadratic weighted kappa",
}
NAMES_OF_LABELS = {"accuracy": "labels rightly called"}
"""Multi-label tasks count each label of each image as one call."""


def names_of_figures(task: str) -> dict[str, str]:
    """What the overall figures of report.json are called, in the order in which they are shown.

    >>> names_of_figures("multi-label")["accuracy"], names_of_figures("binary")["accuracy"]
    ('labels rightly called', 'accuracy')
    """
    return NAMES | (NAMES_OF_LABELS if task == "multi-label" else {})


HERE = "pellucid.evaluate.reporting"


def template(name: str, *, autoescape: bool, room: str = HERE) -> Template:
    """One of the templates in a room's pages/, with the filters figure, in_markdown, in_yaml and tail.

    Args:
        name: of the file.
        autoescape: True for HTML; Markdown and YAML have filters of their own.
        room: the package whose folder pages/ holds it; style.css.jinja and the like come from this room's.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    pages = Environment(
        loader=ChoiceLoader([PackageLoader(name, "pages") for name in dict.fromkeys((room, HERE))]),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    pages.filters |= {"figure": figure_text, "in_markdown": in_markdown, "in_yaml": in_yaml, "tail": tail}
    return pages.get_template(name)


def figure_text(estimate: dict[str, Any], digits: int = 4) -> str:
    """A figure with its interval, for tables.

    Args:
        estimate: as `Estimate.as_dict` gives it.
        digits: after the point.

    >>> figure_text({"value": 0.95, "low": 0.9, "high": 0.98})
    '0.9500 (0.9000 to 0.9800)'
    """
    if estimate["value"] is None:
        return f"not defined: {estimate.get('reason', '')}"
    if estimate["low"] is None:
        return f"{estimate['value']:.{digits}f}"
    return f"{estimate['value']:.{digits}f} ({estimate['low']:.{digits}f} to {estimate['high']:.{digits}f})"


def in_markdown(text: str) -> str:
    """Words as they are, on one line, whatever signs of Markdown or HTML they hold.

    Source: CommonMark 0.31, 2.4: a backslash before any ASCII punctuation makes it an ordinary sign.

    >>> print(in_markdown("<b>*benign*</b> | stage_2"))
    \\<b\\>\\*benign\\*\\</b\\> \\| stage_2
    """
    return re.sub(r"([\\`*\[\]<>|~&$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))", r"\\\1", " ".join(text.split()))


def in_yaml(text: str) -> str:
    """Words as a double-quoted scalar of YAML.

    Source: YAML 1.2.2, 7.3.1 and 5.7 (escapes).

    >>> print(in_yaml('a "b": c'))
    "a \\"b\\": c"
    """
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(sign if sign.isprintable() else f"\\U{ord(sign):08X}" for sign in quoted) + '"'


def tail(name: str, letters: int = 28) -> str:
    """The end of a file's name, which tells it from its neighbours: whole folders as far as they fit.

    >>> tail("scans/benign/exam-17/slice-003.png", 24), tail("slice-003.png", 9)
    ('…/exam-17/slice-003.png', '…-003.png')
    """
    *above, kept = name.split("/")
    while above and len(kept) + len(above[-1]) + 1 <= letters - 2 * (len(above) > 1):
        kept = f"{above.pop()}/{kept}"
    kept = kept if len(kept) <= letters else "…" + kept[1 - letters :]
    return f"…/{kept}" if above and kept[0] != "…" else kept
