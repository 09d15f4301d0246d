"""A dropped image, answered by a run: probabilities, whether it is sure, and pages that open image and model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from markupsafe import escape

from pellucid.app.runs.graphing import graph_page_of_run
from pellucid.errors import PellucidError
from pellucid.run import Run


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
        BadInput: no image that can be read, or no run that can answer.
    """
    from pellucid.predicting import predict

    with TemporaryDirectory(prefix="pellucid-dropped-") as folder:
        path = Path(folder) / _safe(name)
        path.write_bytes(image)
        found = predict(run, [path], max_error=max_error)
        pages, why_not = [], []
        for title, opened in OPENED.items() if explain else ():
            try:
                pages.append((title, opened(run, path).replace(str(path), str(escape(name)))))
            except PellucidError as problem:
                why_not.append(f"{title}: {problem}".replace(str(path), name))
    chances = sorted(zip(found.classes, found.probabilities[0].tolist(), strict=True), key=lambda pair: -pair[1])
    likely = tuple(klass for klass, held in zip(found.classes, found.sets[0].tolist(), strict=True) if held)
    return Answer(
        name, found.predicted[0], tuple(chances), likely, bool(found.certain[0]), bool(found.unlike_training[0]),
        max_error, tuple(pages), tuple(why_not),
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
