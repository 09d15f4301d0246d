"""All that is measured of a run, from logits to report.json: the model and its rivals, with and without twins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.data import Dataset, Split
from pellucid.evaluate.calibrate import Calibration
from pellucid.evaluate.measure import measure
from pellucid.evaluate.rivals import Rival
from pellucid.run.writing import csv_text
from pellucid.shapes import Float, Int

JUDGED = ("valid", "calibrate", "held_out")


@dataclass(frozen=True, slots=True)
class Judged:
    """The model's answers to every case that it did not learn from: valid, then calibrate, then held out."""

    rows: Int[np.ndarray, " judged"]
    logits: Float[np.ndarray, "judged output"]
    probabilities: Float[np.ndarray, "judged klass"]

    def of(self, part: Int[np.ndarray, " part"]) -> Float[np.ndarray, "part klass"]:
        """Probabilities of one part's rows, in their order."""
        place = {row: at for at, row in enumerate(self.rows.tolist())}
        return self.probabilities[[place[row] for row in part.tolist()]]


def judge(
    logits: Float[np.ndarray, "judged output"], split: Split, calibration: Calibration, dataset: Dataset
) -> Judged:
    """Calibrated probabilities for the judged rows; outputs beyond the classes are left out of them."""
    rows = np.concatenate([getattr(split, part) for part in JUDGED])
    p = calibration.probabilities(logits[:, : len(dataset.classes)], dataset.task)
    return Judged(rows, logits, p)


def assess(
    judged: Judged, split: Split, dataset: Dataset, twins: Int[np.ndarray, " case"], rivals: list[Rival]
) -> dict[str, Any]:
    """Figures of the held-out part: the model, the same without twins of training cases, and each rival."""
    held_out = split.held_out
    alone = held_out[twins[held_out] < 0]
    return {
        "held_out": measured(judged.of(held_out), held_out, dataset),
        "held_out_without_twins": measured(judged.of(alone), alone, dataset) if len(alone) else None,
        "twins": {"held_out": int((twins[held_out] >= 0).sum()), "cases": len(held_out)},
        "valid": measured(judged.of(split.valid), split.valid, dataset),
        "rivals": {
            rival.name: {"told": rival.told, **measured(rival.probabilities, held_out, dataset)} for rival in rivals
        },
    }


def measured(p: Float[np.ndarray, "case klass"], rows: Int[np.ndarray, " case"], dataset: Dataset) -> dict[str, Any]:
    """`measure` for some rows of a data set, whole groups taken as clusters."""
    groups = None if dataset.groups is None else dataset.groups[rows]
    return measure(p, dataset.labels[rows], dataset.task, list(dataset.classes), groups)


def predictions_csv(judged: Judged, split: Split, dataset: Dataset) -> str:
    """name, label, part, a logit and a probability of each class, for every judged case."""
    header = ["name", "label", "part"]
    header += [f"logit_{name}" for name in output_names(dataset, judged.logits.shape[1])] + [
        f"p_{name}" for name in dataset.classes
    ]
    parts = [part for part in JUDGED for _ in getattr(split, part)]
    columns = [[dataset.names[row] for row in judged.rows], label_texts(dataset, judged.rows), parts]
    return csv_text(header, [*columns, *judged.logits.astype(float).T.tolist(), *judged.probabilities.T.tolist()])


def rivals_csv(rivals: list[Rival], split: Split, dataset: Dataset) -> str:
    """rival, name, label, part and a probability of each class, for every held-out case and rival."""
    names = [dataset.names[row] for row in split.held_out]
    labels = label_texts(dataset, split.held_out)
    columns: list[list[Any]] = [
        [rival.name for rival in rivals for _ in names],
        names * len(rivals),
        labels * len(rivals),
        ["held_out"] * len(names) * len(rivals),
    ]
    p = np.concatenate([rival.probabilities for rival in rivals])
    return csv_text(
        ["rival", "name", "label", "part", *(f"p_{name}" for name in dataset.classes)], [*columns, *p.T.tolist()]
    )


def output_names(dataset: Dataset, outputs: int) -> list[str]:
    """A name for every logit; those beyond the classes (recipe R0 has four) are called so."""
    return [*dataset.classes, *(f"no class {number}" for number in range(len(dataset.classes), outputs))]


def label_texts(dataset: Dataset, rows: Int[np.ndarray, " case"]) -> list[str]:
    """Each case's class by name; for multi-label tasks all its labels, | between them."""
    if dataset.labels.ndim == 1:
        return [dataset.classes[label] for label in dataset.labels[rows].tolist()]
    return [
        "|".join(name for name, has in zip(dataset.classes, case, strict=True) if has)
        for case in dataset.labels[rows].tolist()
    ]
