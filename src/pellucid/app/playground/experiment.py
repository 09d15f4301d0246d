"""An experiment of the playground: everything that decides it, and how it stands in a URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, get_args
from urllib.parse import urlencode

from pellucid.blocks import ActivationName
from pellucid.blocks.toy_features import FEATURES
from pellucid.blocks.toys import CLASS_TOYS, HEIGHT_TOYS
from pellucid.errors import BadInput

ACTIVATIONS: tuple[ActivationName, ...] = get_args(ActivationName)
REGULARISATIONS = ("none", "l1", "l2")
MOST_LAYERS, MOST_UNITS, MOST_POINTS = 6, 8, 1000


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is learned, by what network, and how.

    Attributes:
        toy: one of CLASS_TOYS (a class) or HEIGHT_TOYS (a height).
        points: how many are drawn, training and test together.
        noise: 0 to 0.5.
        train_share: of the points; the others test.
        features: names of FEATURES.
        hidden: units of each hidden layer.
        activation: of all hidden layers.
        learning_rate, momentum: of stochastic gradient descent.
        batch_size: points a step.
        regularisation: "none", "l1" or "l2", which pull weights (not biases) towards 0 at `penalty`.
        seed: of the points.
        weight_seed: of first weights and of the order in which points are learned from; usually 3, from which XOR is
            learned well with tanh and with ReLU: from some others a few errors remain, or units of ReLU are dead.
    """

    toy: str = "xor"
    points: int = 400
    noise: float = 0.1
    train_share: float = 0.5
    features: tuple[str, ...] = ("x1", "x2")
    hidden: tuple[int, ...] = (4,)
    activation: ActivationName = "tanh"
    learning_rate: float = 0.3
    momentum: float = 0.0
    batch_size: int = 10
    regularisation: str = "none"
    penalty: float = 0.0
    seed: int = 0
    weight_seed: int = 3

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            BadInput: naming the setting.
        """
        for name, allowed in _ALLOWED.items():
            value = getattr(self, name)
            if not allowed(value):
                raise BadInput(f"An experiment with {name} {_as_text(value)!r} cannot be: choose another {name}.")

    @property
    def is_class(self) -> bool:
        """Whether a class is learned, not a height."""
        return self.toy in CLASS_TOYS

    def with_(self, **changes: Any) -> Experiment:
        """The same, with other settings."""
        return replace(self, **changes)

    def query(self) -> str:
        """The part of a URL after the question mark: settings that differ from the usual ones.

        >>> Experiment(hidden=(4, 2), activation="relu").query()
        'hidden=4-2&activation=relu'
        """
        usual = Experiment()
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        changed = {name: _as_text(value) for name, value in said.items() if value != getattr(usual, name)}
        return urlencode(changed)


def experiment_of(query: Mapping[str, str]) -> Experiment:
    """The experiment that a URL names; what it does not name is as usual.

    Args:
        query: names and values, as decoded from the URL. Names that are not known are passed over.
    Raises:
        BadInput: a value that cannot be understood, or cannot be.

    >>> experiment_of({"hidden": "4-2", "noise": "0.2"}).hidden
    (4, 2)
    """
    found: dict[str, Any] = {}
    usual = Experiment()
    for name, text in query.items():
        if name in _ALLOWED:
            try:
                found[name] = _value(name, text, getattr(usual, name))
            except ValueError:
                raise BadInput(f"The link's {name} {text[:40]!r} is not understood: take it out of the link.") from None
    return Experiment(**found)


def _value(name: str, text: str, usual: Any) -> Any:
    if name == "hidden":
        return tuple(int(part) for part in text.split("-")) if text else ()
    if name == "features":
        return tuple(text.split("-"))
    return type(usual)(text)


def _as_text(value: Any) -> str:
    return "-".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _between(low: float | int, high: float | int) -> Callable[[Any], bool]:
    return lambda value: low <= value <= high  # false for no number (NaN), too


_ALLOWED: dict[str, Callable[[Any], bool]] = {
    "toy": lambda value: value in (*CLASS_TOYS, *HEIGHT_TOYS),
    "points": _between(20, MOST_POINTS),
    "noise": _between(0, 0.5),
    "train_share": _between(0.1, 0.9),
    "features": lambda value: 0 < len(value) == len(set(value)) and set(value) <= set(FEATURES),
    "hidden": lambda value: len(value) <= MOST_LAYERS and all(1 <= units <= MOST_UNITS for units in value),
    "activation": lambda value: value in ACTIVATIONS,
    "learning_rate": _between(0, 10),
    "momentum": _between(0, 0.99),
    "batch_size": _between(1, MOST_POINTS),
    "regularisation": lambda value: value in REGULARISATIONS,
    "penalty": _between(0, 10),
    "seed": _between(0, 2**31 - 1),
    "weight_seed": _between(0, 2**31 - 1),
}
