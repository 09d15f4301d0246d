"""A dropped image, answered by a run: probabilities, whether it is sure, and pages that open image and model."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from markupsafe import escape

from pellucid.app.runs.graphing import graph_page_of_run
from pellucid.app.runs.said import calibration_of, certain_told, known_told, set_told
from pellucid.app.runs.scans_dropped import hint_of_scan
from pellucid.errors import BadInput, PellucidError
from pellucid.run import Run

if TYPE_CHECKING:
    from pellucid.explain.asking import Asked


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run says of one image.

    Attributes:
        image: its file's name.
        predicted: the likeliest class.
        chances: each class with its calibrated probability, the likeliest first.
        likely: the classes that the conformal set holds.
        certain: whether it is confident enough for the asked error, and the image like those of training.
        unlike_training: whether the image is unlike those of training.
        max_error: the asked share of errors among certain answers.
        said: sentences: whether it is certain enough, which classes it may be of, which image of the run it is.
        pages: by title, pages that open the answer: its arithmetic, the image's tensor, the model as a graph.
        why_not: why one of them is not there, a line each.
    """

    image: str
    predicted: str
    chances: tuple[tuple[str, float], ...]
    likely: tuple[str, ...]
    certain: bool
    unlike_training: bool
    max_error: float
    said: tuple[str, ...]
    pages: tuple[tuple[str, str], ...]
    why_not: tuple[str, ...]


def ask(run: Run, image: bytes, name: str, max_error: float, explain: bool = True) -> Answer:
    """Let a run answer for an image; nothing of it is kept.

    Args:
        run: a finished one.
        image: the file's bytes.
        name: of the file; its ending says what kind it is.
        max_error: one of the dial's levels (0.005 to 0.1).
        explain: work out why, too; it takes seconds.
    Raises:
        BadInput: no image that can be read, or no run that can answer; a CT study is told where it can be opened.
    """
    with TemporaryDirectory(prefix="pellucid-dropped-") as folder:
        path = Path(folder) / _safe(name)
        path.write_bytes(image)
        try:
            asked = _asked(run, path, max_error)
        except PellucidError as problem:
            said = [str(problem).replace(str(path), name), hint_of_scan(image, name)]
            raise BadInput(" ".join(filter(None, said))) from None
        pages, why_not = [], []
        for title, opened in OPENED.items() if explain else ():
            try:
                pages.append((title, opened(run, path).replace(str(path), str(escape(name)))))
            except PellucidError as problem:
                why_not.append(f"{title}: {problem}".replace(str(path), name))
    return _answer(asked, name, tuple(pages), tuple(why_not))


def _asked(run: Run, path: Path, max_error: float) -> Asked:
    """As `pellucid predict` answers, with what the run knows of the image."""
    from pellucid.explain import asking
    from pellucid.predicting import answer

    calibration_of(run).level(max_error)  # says so if there is no such level
    asked = asking.ask(run, path)
    return replace(asked, answer=answer(run, asked.trained, [str(path)], asked.stored, max_error))


def _answer(asked: Asked, name: str, pages: tuple[tuple[str, str], ...], why_not: tuple[str, ...]) -> Answer:
    found = asked.answer
    chances = sorted(zip(found.classes, found.probabilities[0].tolist(), strict=True), key=lambda pair: -pair[1])
    said = (certain_told(asked), set_told(asked), known_told(asked))
    return Answer(
        name, found.predicted[0], tuple(chances), tuple(asked.set), bool(found.certain[0]),
        bool(found.unlike_training[0]), found.most_wrong, tuple(filter(None, said)), pages, why_not,
    )  # fmt: skip


def _why(run: Run, path: Path) -> str:
    from pellucid.explain import explain_image

    out = path.with_name("why.html")
    explain_image(run, path, out=out)
    return out.read_text("utf-8")


def _tensor(run: Run, path: Path) -> str:
    from pellucid.explain.anatomy_of_image import anatomy_of_image

    return anatomy_of_image(path).as_html()


def _graph(run: Run, path: Path) -> str:
    return graph_page_of_run(run, path)


OPENED = {
    "Why: the arithmetic, maps, and the nearest training images": _why,
    "The image's tensor, opened": _tensor,
    "The model as a graph, with this image's values": _graph,
}


def _safe(name: str) -> str:
    """A name without folders or odd characters, its ending kept.

    >>> _safe("../../a b.PNG"), _safe("")
    ('a_b.PNG', 'image')
    """
    return re.sub(r"[^\w.-]", "_", Path(name.replace("\\", "/")).name).lstrip(".")[-80:] or "image"
