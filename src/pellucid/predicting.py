"""Images in, calibrated probabilities out, with the classes that each may be of and whether a person should look."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.beforehand import import_torch_beforehand
from pellucid.errors import BadInput
from pellucid.progress import Progress, bars, silent
from pellucid.run import Run
from pellucid.run.writing import csv_text, write_text
from pellucid.shapes import Bool, Float

NEEDED = ("classes", "task", "channels", "image_size", "dtype", "calibration")
"""What a weights file must say of itself, beside what `load_trained` asks for."""


HEAD = b"path,predicted,"
"""How a table of predictions begins."""


@dataclass(frozen=True, slots=True, repr=False)
class Predictions:
    """One row an image that could be read."""

    run: str
    classes: tuple[str, ...]
    task: str
    paths: list[str]
    probabilities: Float[np.ndarray, "image klass"]
    sets: Bool[np.ndarray, "image klass"]
    unlike_training: Bool[np.ndarray, " image"]
    unreadable: tuple[tuple[str, str], ...]
    seconds: float

    def __len__(self) -> int:
        return len(self.paths)

    def __repr__(self) -> str:
        return f"<{len(self):,} predictions by {self.run}; {int(self.certain.sum()):,} certain>"

    @property
    def predicted(self) -> list[str]:
        """The likeliest class; for multi-label tasks all labels of at least one half, | between them."""
        if self.task == "multi-label":
            return ["|".join(self._chosen(row)) for row in self.probabilities >= 0.5]
        return [self.classes[best] for best in self.probabilities.argmax(1).tolist()]

    @property
    def certain(self) -> Bool[np.ndarray, " image"]:
        """True where one answer alone is likely and the image is like those of training."""
        if self.task == "multi-label":
            alone = (self.sets == (self.probabilities >= 0.5)).all(1)
        else:
            alone = self.sets.sum(1) == 1
        return np.asarray(alone & ~self.unlike_training)

    def _chosen(self, row: np.ndarray) -> list[str]:
        return [name for name, here in zip(self.classes, row, strict=True) if here]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        rows = zip(
            self.paths,
            self.predicted,
            self.probabilities.tolist(),
            self.sets,
            self.certain.tolist(),
            self.unlike_training.tolist(),
            strict=True,
        )
        return {
            "run": self.run,
            "images": len(self.paths),
            "seconds": self.seconds,
            "predictions": [
                {
                    "path": path,
                    "predicted": predicted,
                    "p": dict(zip(self.classes, p, strict=True)),
                    "set": self._chosen(chosen),
                    "certain": certain,
                    "unlike_training": unlike,
                }
                for path, predicted, p, chosen, certain, unlike in rows
            ],
            "unreadable": [{"path": path, "reason": reason} for path, reason in self.unreadable],
        }

    def as_csv(self) -> str:
        """path, predicted, p_CLASS for each class, set, certain, unlike_training."""
        flags = [
            ["yes" if flag else "no" for flag in column.tolist()] for column in (self.certain, self.unlike_training)
        ]
        names = np.array(self.classes, dtype=object)
        sets = ["|".join(names[row]) for row in self.sets]
        header = ["path", "predicted", *(f"p_{name}" for name in self.classes), "set", "certain", "unlike_training"]
        return csv_text(header, [self.paths, self.predicted, *self.probabilities.T.tolist(), sets, *flags])

    def _repr_html_(self) -> str:
        import html

        shown = list(
            zip(self.paths, self.predicted, self.probabilities.max(1).tolist(), self.certain.tolist(), strict=True)
        )[:20]
        rows = "".join(
            f"<tr><td>{html.escape(path)}</td><td>{html.escape(predicted)}</td><td>{p:.4f}</td>"
            f"<td>{'yes' if sure else 'no'}</td></tr>"
            for path, predicted, p, sure in shown
        )
        heads = "<tr><th>path</th><th>predicted</th><th>p</th><th>certain</th></tr>"
        return f"<b>{len(self.paths):,} images</b><table>{heads}{rows}</table>"


@dataclass(frozen=True, repr=False)
class TrainedRun(Run):
    """A run that can be asked."""

    def predict(self, paths: str | Path | Iterable[str | Path], device: str | None = None) -> Predictions:
        """Calibrated probabilities for files, for all images below folders, and for those in zips."""
        listed = [paths] if isinstance(paths, str | Path) else list(paths)
        with bars() as progress:
            return predict(self, listed, device=device, progress=progress)


def predict(
    run: Run, paths: list[str | Path], *, device: str | None = None, progress: Progress = silent
) -> Predictions:
    """Calibrated probabilities from a finished run.

    Args:
        run: its weights are loaded.
        paths: files, folders (all images below them) or zips.
        device: cpu, cuda or mps; by default the fastest there is.
        progress: told how far reading is.
    Raises:
        BadInput: a path is not there, holds no images, or none can be read; or the run has no weights.
    """
    from pellucid.data.form import Form
    from pellucid.data.loose import decoded

    if run.state == "none" and not run.file("weights.safetensors").is_file():
        raise BadInput(f"{run.path} is no run folder: `pellucid runs` lists those there are.")
    facts = run.facts
    if missing := [name for name in NEEDED if name not in facts]:
        raise BadInput(f"{run.file('weights.safetensors')} does not say its {missing[0]}: restore it, or train again.")
    started = time.monotonic()
    import_torch_beforehand()
    form = Form(facts["channels"], facts["dtype"], facts["image_size"], resized=True)
    with decoded(paths, form, progress) as (names, stored, unreadable):
        from pellucid.evaluate.calibrate import Calibration, looks_of
        from pellucid.learn.device import choose_device
        from pellucid.learn.weights import load_trained

        trained = load_trained(run, choose_device(device))
        logits = trained.logits(stored)[:, : len(facts["classes"])]
        looks = looks_of(stored, np.arange(len(stored)), trained.scaling)
    calibration = Calibration.from_dict(facts["calibration"])
    p = calibration.probabilities(logits, facts["task"])
    unlike = calibration.unlike_training(logits, looks)
    seconds = time.monotonic() - started
    return Predictions(
        str(run.path),
        tuple(facts["classes"]),
        facts["task"],
        names,
        p,
        calibration.sets(p, facts["task"]),
        unlike,
        unreadable,
        seconds,
    )


def check_out(path: Path) -> None:
    """See that a table may be written there: nothing is there, or an earlier table of predictions.

    Raises:
        BadInput: some other file is there.
    """
    if path.is_dir():
        raise BadInput(f"{path} is a folder: name a file for --out.")
    if path.is_file() and not path.read_bytes()[: len(HEAD)] == HEAD:
        raise BadInput(f"{path} is there already, and is no table of predictions: choose another --out.")


def save_predictions(predictions: Predictions, path: Path) -> None:
    """Write the CSV, whole or not at all; only an earlier table of predictions is replaced."""
    check_out(path)
    write_text(path, predictions.as_csv())
