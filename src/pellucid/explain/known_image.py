"""A file whose pixels the run has seen: known again by their fingerprint in split.csv, whatever the file is called."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from pellucid.errors import PellucidError
from pellucid.evaluate.checking.told import Told
from pellucid.explain.own_source import OwnImage
from pellucid.run import Run
from pellucid.shapes import Shaped

BEFORE = ("train", "valid", "calibrate", "held_out", "")
"""Which part is named where several images have these pixels: the one that says most against a good answer."""


def known_image(run: Run, file: Path, stored: Shaped[np.ndarray, "1 channel row column"]) -> OwnImage | None:
    """What split.csv says of an image with these very pixels; None where it has none, or is not there.

    Args:
        run: with weights, and perhaps split.csv.
        file: where the image was read from; of several images with its pixels one with the end of its path goes first.
        stored: its pixels in the form of the run's.
    """
    if not run.file("split.csv").is_file():
        return None
    try:
        cases, source = Told(run).cases, str(run.recipe["source"]["name"])
    except (PellucidError, KeyError, TypeError):  # a file can be explained without them
        return None
    own = hashlib.sha256(np.ascontiguousarray(stored[0]).data).hexdigest()
    same = [case for case, digest in enumerate(cases.sha256) if digest == own]
    if not same:
        return None
    parts, path = [str(part) for part in cases.parts], file.absolute().as_posix()
    best = min(same, key=lambda case: (not path.endswith(f"/{cases.names[case]}"), BEFORE.index(parts[case])))
    labels = dict(zip(same, cases.label_texts(np.array(same)), strict=True))
    others = tuple(f"{cases.names[case]} ({labels[case] or 'none'})" for case in same if case != best)
    return OwnImage(cases.names[best], labels[best], parts[best], source, stored, others=others, by_pixels=True)
