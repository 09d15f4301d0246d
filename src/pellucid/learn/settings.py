"""What a run is told: model, optimizer, schedule and the rest; from flags or a recipe file, checked at the door."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import asdict, dataclass, fields, replace
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

from pellucid.errors import BadInput

CHOICES: dict[str, tuple[str, ...]] = {
    "model": ("auto", "linear", "mlp", "cnn"),
    "optimizer": ("adamw", "sgd"),
    "schedule": ("one-cycle", "constant"),
    "scaling": ("standardise", "by_255", "by_255_twice"),
    "start": ("default", "zeros", "normal"),
    "shuffle": ("every-epoch", "once", "never"),
    "loss": ("cross-entropy", "softmax-without-log"),
    "augment": ("auto", "none", "shift", "shift+flip"),
    "precision": ("auto", "float32", "bfloat16"),
    "split": ("stratified", "clean"),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a run can be told; None means: by the rules of `complete`.

    >>> Settings.of({"model": "mlp", "epochs": 3}).epochs
    3
    """

    model: str = "auto"
    hidden: tuple[int, ...] | None = None
    """Widths of the mlp's hidden layers."""
    outputs: int | None = None
    """Logits; more than there are classes only to show recipe R0's mistake."""
    start: str = "default"
    """First weights: torch's own, zeros, or N(0, 1)."""
    scaling: str = "standardise"
    augment: str = "auto"
    loss: str = "cross-entropy"
    optimizer: str = "adamw"
    learning_rate: float | None = None
    momentum: float | None = None
    weight_decay: float | None = None
    schedule: str | None = None
    epochs: int | None = None
    batch_size: int | None = None
    shuffle: str = "every-epoch"
    precision: str = "auto"
    image_size: int | None = None
    split: str = "stratified"
    """How cases are drawn: each class alike, or `clean`: so that near-identical images, too, never part."""
    seed: int = 0

    @staticmethod
    def of(told: dict[str, Any], where: str = "settings") -> Settings:
        """Settings from names and values, each checked.

        Raises:
            BadInput: an unknown name (the nearest is suggested), a wrong type, or a value out of range.
        """
        names = [field.name for field in fields(Settings)]
        for name in told:
            if name not in names:
                near = difflib.get_close_matches(name, names, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}."
                raise BadInput(f"{where}: there is no setting {name!r}; {hint}")
        values = {name: _checked(name, value, where) for name, value in told.items() if value is not None}
        return Settings(**values)

    def but(self, told: dict[str, Any]) -> Settings:
        """These settings, with those replaced that are told (None: not told)."""
        checked = Settings.of(told)
        given = {name: getattr(checked, name) for name, value in told.items() if value is not None}
        return replace(self, **given)

    def told(self) -> dict[str, Any]:
        """Only what differs from settings that were told nothing.

        >>> Settings(model="mlp", hidden=(30,)).told()
        {'model': 'mlp', 'hidden': [30]}
        """
        untold = Settings().as_dict()
        return {name: value for name, value in self.as_dict().items() if value != untold[name]}

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def _checked(name: str, value: Any, where: str) -> Any:
    if name in CHOICES:
        if value not in CHOICES[name]:
            raise BadInput(f"{where}: {name} {value!r} is none of {', '.join(CHOICES[name])}.")
        return value
    if name == "hidden":
        widths = value if isinstance(value, list | tuple) else []
        if not widths or not all(type(width) is int and 0 < width < 2**31 for width in widths):
            raise BadInput(f"{where}: hidden {value!r} must be a list of widths, such as [128].")
        return tuple(value)
    if name in ("learning_rate", "momentum", "weight_decay"):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e6:
            raise BadInput(f"{where}: {name} {value!r} must be a number from 0 on.")
        return float(value)
    least = 0 if name == "seed" else 1
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 2**31:
        raise BadInput(f"{where}: {name} {value!r} must be a whole number from {least} on.")
    return value


def read_recipe(path: Path) -> Settings:
    """Settings from a TOML file; r0.toml, r1.toml, r2a.toml and r2b.toml come with pellucid.

    Raises:
        BadInput: no such file, no TOML, or a setting that is not known.

    >>> read_recipe(Path("r0.toml")).learning_rate
    0.5
    """
    shipped = package_files("pellucid.learn").joinpath("recipes", path.name)
    try:
        text = path.read_text("utf-8") if path.is_file() else shipped.read_text("utf-8")
        return Settings.of(tomllib.loads(text), str(path))
    except FileNotFoundError:
        raise BadInput(
            f"{path} is not there: give a TOML file, or one of r0.toml, r1.toml, r2a.toml, r2b.toml."
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise BadInput(f"{path} is no TOML file ({problem}).") from None


FAULTS = {
    ("scaling", "by_255_twice"): (
        "inputs-scaled-twice",
        "Pixels are divided by 255 twice: all inputs lie below 0.004, so margins stay tiny. "
        'Use scaling = "standardise".',
    ),
    ("loss", "softmax-without-log"): (
        "softmax-does-not-sum-to-one",
        "The loss is x - sum(exp(x)), a softmax that forgot its log: its exponentials do not sum to one. "
        'Use loss = "cross-entropy".',
    ),
    ("shuffle", "never"): (
        "labels-sorted-by-class",
        "Batches are never shuffled: cases that stand sorted by class make batches of one class. "
        'Use shuffle = "every-epoch".',
    ),
    ("start", "normal"): (
        "start-too-large",
        'First weights are drawn from N(0, 1), far too large for hundreds of inputs. Use start = "default".',
    ),
}
"""What the doctor calls it, were it to see it, and a sentence."""


def faults(settings: Settings, classes: int) -> dict[str, str]:
    """What these settings would do silently wrong: the doctor's name of each, and a sentence.

    >>> faults(Settings(outputs=10), classes=6)["more-outputs-than-classes"]
    'The model gives 10 outputs for 6 classes: 4 can never be right. Leave outputs unset.'
    """
    found = dict(told for (name, value), told in FAULTS.items() if getattr(settings, name) == value)
    if settings.outputs is not None and settings.outputs > classes:
        more = settings.outputs - classes
        found["more-outputs-than-classes"] = (
            f"The model gives {settings.outputs} outputs for {classes} classes: {more} can never be right. "
            "Leave outputs unset."
        )
    return found
