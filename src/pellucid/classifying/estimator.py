"""Classifier: images in arrays, learned and calibrated as `pellucid train` does it, in scikit-learn's manner."""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from pellucid.classifying.arrays import ArrayForm
from pellucid.classifying.ranges import doubts_of
from pellucid.classifying.reading import as_array, check_channels
from pellucid.classifying.targets import Target, as_dataset
from pellucid.classifying.telling import AskWarning, FitWarning, as_bad_arguments, in_one_line
from pellucid.evaluate.trust.calibration import probabilities_of
from pellucid.learn.settings import Settings
from pellucid.progress import bars, silent
from pellucid.shapes import Float, Shaped

SETTINGS = ("model", "hidden", "epochs", "learning_rate", "batch_size", "optimizer", "augment", "seed", "image_size")
"""Parameters that mean what they mean to `pellucid train`."""


class Classifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier of images, for pipelines, cross-validation and searches.

    `fit` takes 80% of its cases to learn from, 10% to choose by (the best epoch; the model, for "auto") and 10% to fit
    the temperature on, so that probabilities mean what they say. No case is held out: measure on cases that `fit` was
    not given, as `cross_val_score` does. Where `groups` tells patients apart, no patient stands in two parts; without
    it one may, which flatters the temperature and the choice.

    X is an array of images: [case, row, column], [case, row, column, channel] or [case, channel, row, column]; or,
    with `shape`, one row of pixels a case. Integers of 8 and 16 bits are learned from as they are, all other numbers as
    float32 (see `ArrayForm`). What is asked about later has to hold the kind of numbers that `fit` was given (bools,
    whole numbers or fractions; others are refused), and about their range: `AskWarning` says where it does not. y holds
    strings, whole numbers or bools; or a 0/1 matrix, for several labels a case.

    Args:
        model: linear, mlp or cnn; auto tries them in turn, and keeps the simplest that is not shown to be worse.
        hidden: widths of the mlp's hidden layers.
        epochs, learning_rate, batch_size, optimizer: see `pellucid.learn.Settings`; unset ones follow its rules.
        augment: none, shift (up to a sixteenth of the side), shift+flip; auto shifts for a cnn with few cases.
        seed: of the parts, the first weights and the order of cases; the same machine gives the same bits.
        device: cpu, cuda or mps; by default the fastest there is.
        image_size: side in pixels to resize to; by default squares of at most 64 pixels keep theirs, others become 64.
        channels: first or last; None tells it from an axis of length 1 or 3, and refuses where that leaves a doubt.
        shape: (rows, columns) of one image, or with its channels, where X holds one row of pixels a case.
        verbose: show how far learning is, on a terminal or in a notebook.
    Attributes:
        classes_: the classes, sorted; for several labels the numbers of y's columns.
        model_: the torch module. temperature_: what its logits are divided by. settings_: nothing left open.
        history_: a row now and then of how the losses went. rungs_: what the models tried by "auto" took.
        split_: which rows of X were learned from, chosen by and calibrated by. form_: how images are stored.
        doubts_: what `fit` warned of. n_features_in_, feature_names_in_: where X had one row of pixels a case.

    >>> from sklearn.datasets import load_digits
    >>> digits = load_digits()
    >>> known = Classifier(model="mlp", epochs=10).fit(digits.images[:1500], digits.target[:1500])
    >>> known.predict(digits.images[1500:1503])
    array([1, 7, 4])
    >>> known.predict_proba(digits.images[1500:]).shape
    (297, 10)
    """

    def __init__(
        self,
        model: str = "auto",
        *,
        hidden: tuple[int, ...] | None = None,
        epochs: int | None = None,
        learning_rate: float | None = None,
        batch_size: int | None = None,
        optimizer: str = "adamw",
        augment: str = "auto",
        seed: int = 0,
        device: str | None = None,
        image_size: int | None = None,
        channels: str | None = None,
        shape: tuple[int, ...] | None = None,
        verbose: bool = False,
    ) -> None:
        self.model = model
        self.hidden = hidden
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.augment = augment
        self.seed = seed
        self.device = device
        self.image_size = image_size
        self.channels = channels
        self.shape = shape
        self.verbose = verbose

    def fit(self, X: Any, y: Any, groups: Any = None) -> Classifier:
        """Learn from images and their classes.

        Args:
            X: images, see above.
            y: the class of each, or a 0/1 matrix.
            groups: the patient or exam of each case, as a name or a number.
        Returns:
            This classifier.
        Raises:
            BadArgument: a parameter or an array is not what is needed; a ValueError.
            TrainingStopped: the loss was no number, and no weights can be kept.
        Warns:
            FitWarning: so few cases that probabilities rest on few, or learning that was cut short.
        """
        from pellucid.classifying.learning import learn

        with in_one_line():
            check_channels(self.channels)
            images = as_array(self, X, self.shape, begins=True)
            target = Target.of(y, len(images))
        with as_bad_arguments():
            settings = Settings.of({name: _plain(getattr(self, name)) for name in SETTINGS}, "Classifier")
            form = ArrayForm.of(images, self.channels, settings.image_size)
            dataset = as_dataset(form.store(images), target, groups)
            with bars() if self.verbose else nullcontext(silent) as progress:
                learned = learn(dataset, settings, self.device, progress)
        self.classes_, self.form_, self._learned = target.classes, form, learned
        self.model_, self.temperature_, self.settings_ = learned.model, learned.temperature, learned.settings.as_dict()
        self.split_, self.history_, self.rungs_ = learned.split, learned.history, learned.rungs
        self.doubts_ = learned.doubts
        for doubt in learned.doubts:
            warnings.warn(doubt, FitWarning, stacklevel=2)
        return self

    def decision_function(self, X: Any) -> Float[np.ndarray, " case *klass"]:
        """Logits divided by the temperature, [case, class]; of two classes the second's less the first's, [case].

        Raises:
            NotFittedError: before `fit`.
            BadArgument: images of another shape or kind than those of `fit`.
        Warns:
            AskWarning: values far from those of `fit`.
        """
        logits = self._logits(X) / self._learned.temperature
        return logits[:, 1] - logits[:, 0] if self._learned.task == "binary" else logits

    def predict_proba(self, X: Any) -> Float[np.ndarray, "case klass"]:
        """Calibrated probabilities, a column a class; for several labels each label's own.

        Raises:
            NotFittedError: before `fit`.
            BadArgument: images of another shape or kind than those of `fit`.
        Warns:
            AskWarning: values far from those of `fit`.
        """
        return probabilities_of(self._logits(X), self._learned.task, self._learned.temperature)

    def predict(self, X: Any) -> Shaped[np.ndarray, " case *klass"]:
        """The likeliest class of each case; for several labels 1 where a label is at least as likely as not.

        Raises:
            NotFittedError: before `fit`.
            BadArgument: images of another shape or kind than those of `fit`.
        Warns:
            AskWarning: values far from those of `fit`.
        """
        logits = self._logits(X)
        if self._learned.task == "multi-label":
            return (logits >= 0).astype(np.int64)
        return np.asarray(self.classes_[logits.argmax(1)])

    def _logits(self, X: Any) -> Float[np.ndarray, "case klass"]:
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self, "model_")
        with in_one_line():
            images = as_array(self, X, self.shape, begins=False)
            stored = self.form_.store(images)
        for doubt in doubts_of(images, self.form_.low, self.form_.high):
            warnings.warn(doubt, AskWarning, stacklevel=3)
        return self._learned.logits(stored).astype(np.float64)

    def __getstate__(self) -> dict[str, Any]:
        """For joblib: the model goes to another process by way of the CPU, which every machine has."""
        state: dict[str, Any] = super().__getstate__()
        if "_learned" in state:
            state["_learned"] = state["_learned"].on_cpu()
            state["model_"] = state["_learned"].model
        return state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = self.shape is not None
        tags.input_tags.three_d_array = True
        tags.classifier_tags.multi_label = True
        return tags


def _plain(value: Any) -> Any:
    """A parameter as Python's own number: searches draw numpy's."""
    if isinstance(value, tuple | list):
        return tuple(_plain(one) for one in value)
    return value.item() if isinstance(value, np.generic) else value
