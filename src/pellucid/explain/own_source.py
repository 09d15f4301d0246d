"""A run's own images, read again from where they are, and each known again by its name and its pixels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data import Dataset, read
from pellucid.data.form import Form
from pellucid.errors import BadInput
from pellucid.evaluate.answers import Cases
from pellucid.evaluate.checking.told import Told
from pellucid.progress import Progress, silent
from pellucid.run import Run
from pellucid.shapes import Int, Shaped
from pellucid.verifying import images_not_there

PARTS = {
    "train": "It is in the training part: the model learned from it, so its answer here says little about new images.",
    "valid": "It is in the validation part, by which the best weights were chosen.",
    "calibrate": "It is in the calibration part, by which probabilities and thresholds were set.",
    "held_out": "It is in the held-out part, which the model did not learn from.",
    "": "It is in no part: the split left it out.",
}
"""By what split.csv calls them."""


@dataclass(frozen=True, slots=True)
class OwnImage:
    """One image of a run's own source, and what split.csv says of it."""

    name: str
    label: str
    """Its true class; for several labels all of them, | between them; empty where it has none."""
    part: str
    """As split.csv calls it."""
    source: str
    """What the source is called."""
    pixels: Shaped[np.ndarray, "1 channel row column"]
    others: tuple[str, ...] = ()
    """More images of the run with the very same pixels: names, each with its label."""
    by_pixels: bool = False
    """A file was given, whose pixels are known from split.csv; else its name was."""
    resized: bool = False
    """The images of the source were resized as they were read."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        told = {name: getattr(self, name) for name in ("name", "label", "part", "source")}
        return {**told, "known_by": "pixels" if self.by_pixels else "name", "same_pixels": list(self.others)}

    @property
    def told_origin(self) -> str:
        """How it is known, as a sentence."""
        if not self.by_pixels:
            return f"The image was read from the run's own source, {self.source}, where it is called {self.name}."
        more = f", and {len(self.others)} more of its images have the same: {', '.join(self.others[:3])}"
        more = more if len(self.others) < 4 else f"{more} ..."
        return (
            f"The run knows this image: {self.name} of {self.source} has the very same pixels"
            f"{more if self.others else ''}."
        )

    @property
    def told_label(self) -> str:
        """The same in words."""
        return self.label.replace("|", ", ") or "none"

    @property
    def told_part(self) -> str:
        """In words, and what that means."""
        return PARTS[self.part]


@dataclass(frozen=True, slots=True)
class OwnSource:
    """The source as it is now, and split.csv."""

    dataset: Dataset
    cases: Cases

    def still_there(self, cases: Int[np.ndarray, " some"]) -> tuple[Int[np.ndarray, " same"], Int[np.ndarray, " same"]]:
        """Of some cases those whose name and pixels are still the same: rows of the dataset, and of split.csv."""
        row_of = {name: row for row, name in enumerate(self.dataset.names)}
        digests = self.dataset.sha256.tobytes().hex()
        pairs = [
            (row, case)
            for case in cases.tolist()
            if (row := row_of.get(self.cases.names[case], -1)) >= 0
            and digests[64 * row : 64 * row + 64] == self.cases.sha256[case]
        ]
        both = np.array(pairs, np.int64).reshape(-1, 2)
        return both[:, 0], both[:, 1]

    def label(self, case: int) -> str:
        """Of a row of split.csv."""
        return self.cases.label_texts(np.array([case]))[0]


def own_source(run: Run, source: str | Path | None, progress: Progress = silent) -> OwnSource:
    """Read a run's source again.

    Args:
        run: with recipe.json and split.csv.
        source: where its images are now; None: where recipe.json says that they were.
        progress: told how far it is.
    Raises:
        PellucidError: they are not there, or cannot be read; a named set is not fetched for this.
    """
    if source is None and (missing := images_not_there(run)):
        raise BadInput(f"{missing}.")
    try:
        where, size = run.recipe["source"], run.recipe["settings"]["image_size"]
        place, group_by = source or where["path"], where["group_by"]
    except (KeyError, TypeError):
        raise BadInput("recipe.json does not say how the images were read.") from None
    return OwnSource(read(place, group_by=group_by, image_size=size, progress=progress), Told(run).cases)


def own_image(run: Run, name: str, source: str | Path | None, progress: Progress = silent) -> OwnImage:
    """The image of a run's own source that has this name in split.csv.

    Args:
        run: with weights, recipe.json and split.csv.
        name: as in split.csv.
        source: where the run's images are now; None: where recipe.json says that they were.
        progress: told how far it is.
    Raises:
        PellucidError: no image has this name; or the source is gone, or has other pixels under it.
    """
    if run.state == "none" and not run.file("weights.safetensors").is_file():
        raise BadInput(f"{run.path} is no run folder: `pellucid runs` lists those there are.")
    if not run.file("split.csv").is_file():
        raise BadInput(f"{name} is not there, and {run.path} has no split.csv with names of images: name a file.")
    cases = Told(run).cases
    if name not in (names := cases.names):
        unseen = np.flatnonzero(cases.parts == "held_out").tolist() or [0]
        raise BadInput(
            f"{name} is neither a file nor one of the {len(names):,} images of {run.file('split.csv')}: name an image "
            f"file, or one of those, such as {names[unseen[0]]}."
        )
    try:
        own = own_source(run, source, progress)
    except BadInput as problem:
        raise BadInput(f"{name} is an image of this run, but its images cannot be read again: {problem}") from None
    case = names.index(name)
    rows, _ = own.still_there(np.array([case]))
    facts, stored = run.facts, own.dataset.images
    shape = (facts["channels"], facts["image_size"], facts["image_size"])
    if not len(rows) or (stored.shape[1:], stored.dtype.name) != (shape, facts["dtype"]):
        raise BadInput(
            f"{own.dataset.source} has no {name} with the pixels that the run saw: name an image file, or tell where "
            "the run's images are by --source."
        )
    resized = Form(facts["channels"], facts["dtype"], facts["image_size"], resized=True)
    return OwnImage(
        name=name,
        label=own.label(case),
        part=str(own.cases.parts[case]),
        source=own.dataset.source.name,
        pixels=np.array(stored[rows[:1]]),
        resized=resized.said_of_size() in own.dataset.said,
    )
