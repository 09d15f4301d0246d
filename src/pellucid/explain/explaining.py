"""`pellucid explain` on one page: ask, take apart, draw the maps, look for neighbours, and write the page."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pellucid.evaluate.answers import output_names
from pellucid.explain.arithmetic import take_apart
from pellucid.explain.asking import ask, class_number
from pellucid.explain.explained import LEFT_OUT, Explained
from pellucid.explain.in_words import lines_of
from pellucid.explain.maps import draw_maps
from pellucid.explain.neighbours import MOST, nearest_training_images
from pellucid.explain.page import explanation_page
from pellucid.explain.walk import scaled
from pellucid.progress import bars
from pellucid.run import Run
from pellucid.run.writing import check_page, write_text

MARK = '<meta name="generator" content="pellucid explain">'
"""By this an earlier page is known again, so that no other file is ever overwritten."""


@dataclass(frozen=True, slots=True, repr=False)
class Explanation(Explained):
    """An explained answer that tells itself."""

    def lines(self) -> list[str]:
        """For people, in a terminal."""
        return lines_of(self)

    def as_dict(self) -> dict[str, Any]:
        """What `explain --json` prints."""
        asked, found = self.asked, self.arithmetic
        names = output_names(asked.classes, len(found.logits))
        logits = zip(names, found.logits.tolist(), asked.logits.tolist(), strict=True)
        return {
            "run": str(asked.run.path),
            "image": str(asked.image),
            "left_out": list(LEFT_OUT),
            "of_the_run": asked.own.as_dict() if asked.own else None,
            **{name: value for name, value in asked.answer.as_dict()["predictions"][0].items() if name != "path"},
            "explained": self.klass,
            "next_class": None if found.rival is None else asked.classes[found.rival],
            "temperature": found.temperature,
            "p_float64": dict(zip(asked.classes, found.probabilities.tolist(), strict=True)),
            "precision_of_predict": asked.run.facts["precision"],
            "logits": [
                {"name": name, "float64": exact, "predicted_with": used, "difference": used - exact}
                for name, exact, used in logits
            ],
            "size_of_file": asked.size_of_file and list(asked.size_of_file),
            "size": list(asked.stored.shape[2:]),
            "scaling": asked.trained.scaling.as_dict(),
            "stored": asked.stored[0].tolist(),
            "scaled": scaled(asked.stored, asked.trained.scaling)[0].tolist(),
            "arithmetic": found.as_dict(),
            "saliency": self.maps.as_dict(),
            "neighbours": self.neighbours.as_dict(),
            "page": str(self.page) if self.page else None,
            "seconds": self.seconds,
        }

    def as_html(self) -> str:
        """A page that stands alone; it holds the image, and training images."""
        return explanation_page(self, MARK)


def explain_image(
    run: Run,
    image: str | Path,
    source: str | Path | None = None,
    *,
    klass: str | None = None,
    neighbours: int = MOST,
    at: Sequence[int] | None = None,
    out: str | Path | None = None,
) -> Explanation:
    """Follow one prediction down to single pixels, every sum shown to add up; map it; find the likest training images.

    Args:
        run: with weights.
        image: one file; or, where there is no such file, the name of an image in the run's split.csv, which is read
            again from the run's own source.
        source: where the run's images are now; by default where recipe.json says that they were.
        klass: the class to explain; by default the likeliest.
        neighbours: how many training images to show.
        at: row and column (and channel) of a pixel to follow, in the image as the model sees it.
        out: the page to write; an earlier page of this kind is replaced, and no other file.
    Raises:
        BadInput: the image is neither a file nor such a name, cannot be read or does not fit; the class is unknown; the
            place is not in the image; or another file stands where the page should.
        PellucidError: something does not add up.
    """
    started, page = time.monotonic(), Path(out) if out else None
    if page:
        check_out(page)
    with bars() as progress:
        asked = ask(run, Path(image), source, progress)
        number = class_number(asked, klass)
        arithmetic = take_apart(asked, number, at)
        maps = draw_maps(asked, number, progress)
        near = nearest_training_images(asked, source, neighbours, progress)
    explained = Explanation(asked, arithmetic, maps, near, time.monotonic() - started, page)
    if page:
        text = explained.as_html()
        check_out(page)
        write_text(page, text)
        explained = replace(explained, seconds=time.monotonic() - started)
    return explained


def check_out(page: Path) -> None:
    """See that a page may be written there: nothing is there, or an earlier page of this kind.

    Raises:
        BadInput: some other file is there, or no folder for it.
    """
    check_page(page, MARK, "page of pellucid explain")
