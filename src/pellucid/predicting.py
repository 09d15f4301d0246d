"""Images in, calibrated probabilities out, with the classes that each may be of and whether a person should look."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.beforehand import import_torch_beforehand
from pellucid.errors import BadInput
from pellucid.progress import Progress, bars, silent
from pellucid.run import Run
from pellucid.run.writing import check_replaceable, csv_text, write_text
from pellucid.shapes import Bool, Float, Shaped

if TYPE_CHECKING:
    from pellucid.data.form import Form
    from pellucid.evaluate.trust.calibration import Calibration
    from pellucid.learn.weights import Trained

NEEDED = ("classes", "task", "channels", "image_size", "dtype", "calibration", "unlike")
"""What a weights file must say of itself, beside what `load_trained` asks for."""


HEAD = b"path,predicted,"
"""How a table of predictions begins."""

MOST_WRONG = 0.05
"""Share of wrong answers among those that are given, unless another is asked for. Chosen by us, as for the sets."""


@dataclass(frozen=True, slots=True, repr=False)
class Predictions:
    """One row an image that could be read."""

    run: str
    classes: tuple[str, ...]
    task: str
    paths: list[str]
    probabilities: Float[np.ndarray, "image klass"]
    sets: Bool[np.ndarray, "image klass"]
    answered: Bool[np.ndarray, " image"] | None
    """Confident enough for the asked error; None where the calibration part was too small to promise any."""
    unlike_training: Bool[np.ndarray, " image"]
    most_wrong: float
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
        """False where it would rather not say: it is not sure enough for the asked error, or the image is unlike those
        of training; and everywhere where no such error could be promised.
        """
        if self.answered is None:
            return np.zeros(len(self), bool)
        return np.asarray(self.answered & ~self.unlike_training)

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
            "max_error": self.most_wrong,
            "max_error_promised": self.answered is not None,
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

    def predict(
        self, paths: str | Path | Iterable[str | Path], device: str | None = None, max_error: float = MOST_WRONG
    ) -> Predictions:
        """Calibrated probabilities for files, for all images below folders, and for those in zips."""
        listed = [paths] if isinstance(paths, str | Path) else list(paths)
        with bars() as progress:
            return predict(self, listed, device=device, max_error=max_error, progress=progress)


def predict(
    run: Run,
    paths: list[str | Path],
    *,
    device: str | None = None,
    max_error: float = MOST_WRONG,
    progress: Progress = silent,
) -> Predictions:
    """Calibrated probabilities from a finished run.

    Args:
        run: its weights are loaded.
        paths: files, folders (all images below them) or zips.
        device: cpu, cuda or mps; by default the fastest there is.
        max_error: share of wrong answers among those called certain; one of the dial's levels (0.005 to 0.1).
        progress: told how far reading is.
    Raises:
        BadInput: a path is not there, holds no images, or none can be read; or the run has no weights.
    """
    from pellucid.data.loose import decoded

    form = form_of(run)
    started = time.monotonic()
    import_torch_beforehand()
    _calibration(run).level(max_error)
    with decoded(paths, form, progress) as (names, stored, unreadable):
        from pellucid.learn.device import choose_device
        from pellucid.learn.weights import load_trained

        told = answer(run, load_trained(run, choose_device(device)), names, stored, max_error)
    return replace(told, unreadable=unreadable, seconds=time.monotonic() - started)


def form_of(run: Run) -> Form:
    """The form that images must have for a run's model: channels, number type, size.

    Raises:
        BadInput: it is no run, or its weights do not say what it takes to use them.
    """
    from pellucid.data.form import Form

    if run.state == "none" and not run.file("weights.safetensors").is_file():
        raise BadInput(f"{run.path} is no run folder: `pellucid runs` lists those there are.")
    facts = run.facts
    if missing := [name for name in NEEDED if name not in facts]:
        raise BadInput(f"{run.file('weights.safetensors')} does not say its {missing[0]}: restore it, or train again.")
    return Form(facts["channels"], facts["dtype"], facts["image_size"], resized=True)


def answer(
    run: Run,
    trained: Trained,
    names: list[str],
    stored: Shaped[np.ndarray, "image channel row column"],
    max_error: float = MOST_WRONG,
) -> Predictions:
    """What a run's model says of images that are in its form already.

    Args:
        run: with weights.
        trained: its model, as `load_trained` gives it.
        names: of the images.
        stored: in the form of `form_of(run)`.
        max_error: share of wrong answers among those called certain; one of the dial's levels.
    """
    from pellucid.evaluate.trust.thumbnails import thumbnails
    from pellucid.evaluate.trust.unlike import Seen, Unlike

    started, facts, calibration = time.monotonic(), run.facts, _calibration(run)
    logits, features = trained.answers(stored)
    p = calibration.probabilities(logits[:, : len(facts["classes"])], facts["task"])
    seen = Seen(features, thumbnails(stored, trained.scaling))
    return Predictions(
        run=str(run.path),
        classes=tuple(facts["classes"]),
        task=facts["task"],
        paths=names,
        probabilities=p,
        sets=calibration.sets(p, facts["task"]),
        answered=calibration.answered(p, facts["task"], max_error),
        unlike_training=Unlike.from_dict(facts["unlike"], trained.beside).flags(seen),
        most_wrong=max_error,
        unreadable=(),
        seconds=time.monotonic() - started,
    )


def _calibration(run: Run) -> Calibration:
    from pellucid.evaluate.trust.calibration import Calibration

    return Calibration.from_dict(run.facts["calibration"])


def check_out(path: Path) -> None:
    """See that a table may be written there: nothing is there, or an earlier table of predictions.

    Raises:
        BadInput: some other file is there.
    """
    check_replaceable(path, HEAD, "table of predictions", within=len(HEAD))


def save_predictions(predictions: Predictions, path: Path) -> None:
    """Write the CSV, whole or not at all; only an earlier table of predictions is replaced."""
    check_out(path)
    write_text(path, predictions.as_csv())
