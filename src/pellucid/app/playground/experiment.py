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
            BadInput: naming every such setting, and what it may be.
        """
        wrong = [
            _refusal(name, getattr(self, name))
            for name, (allowed, _) in _ALLOWED.items()
            if not allowed(getattr(self, name))
        ]
        if wrong:
            raise BadInput(" ".join(wrong))

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
        BadInput: naming every value that cannot be, or cannot be understood, and what it may be.

    >>> experiment_of({"hidden": "4-2", "noise": "0.2"}).hidden
    (4, 2)
    """
    wrong = mistakes(query)
    if wrong:
        raise BadInput(" ".join(wrong))
    usual = Experiment()
    return Experiment(**{name: _value(name, query[name], getattr(usual, name)) for name in _ALLOWED if name in query})


def mistakes(query: Mapping[str, str]) -> list[str]:
    """What is wrong with a URL: a sentence for each value that cannot be, or cannot be understood.

    >>> mistakes({"noise": "7", "hidden": "2"})
    ["Noise '7' cannot be: noise goes from 0 to 0.5."]
    """
    usual, wrong = Experiment(), []
    for name in query.keys() & _ALLOWED.keys():
        try:
            right = _ALLOWED[name][0](_value(name, query[name], getattr(usual, name)))
        except ValueError:
            right = False
        if not right:
            wrong.append(_refusal(name, query[name]))
    return sorted(wrong)


def _value(name: str, text: str, usual: Any) -> Any:
    if name == "hidden":
        return tuple(int(part) for part in text.split("-")) if text else ()
    if name == "features":
        return tuple(text.split("-"))
    return type(usual)(text)


def _as_text(value: Any) -> str:
    return "-".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _refusal(name: str, value: Any) -> str:
    """Why a value cannot be, in the page's words, and what can."""
    called = CALLED.get(name, name.replace("_", " "))
    return f"{called.capitalize()} {_as_text(value)[:40]!r} cannot be: {name} {_ALLOWED[name][1]}."


def _between(low: float | int, high: float | int) -> tuple[Callable[[Any], bool], str]:
    return lambda value: low <= value <= high, f"goes from {low:g} to {high:g}"  # false for no number (NaN), too


def _one_of(*names: str) -> tuple[Callable[[Any], bool], str]:
    return lambda value: value in names, f"is {', '.join(names[:-1])} or {names[-1]}"


CALLED = {
    "toy": "problem", "train_share": "share for training", "hidden": "hidden layers", "seed": "seed of points",
    "weight_seed": "seed of weights",
}  # fmt: skip
"""How the page calls some settings; all others as they are named."""
_SEEDS = (_between(0, 2**31 - 1)[0], f"is a whole number from 0 to {2**31 - 1}")
_ALLOWED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "toy": _one_of(*CLASS_TOYS, *HEIGHT_TOYS),
    "points": _between(20, MOST_POINTS),
    "noise": _between(0, 0.5),
    "train_share": _between(0.1, 0.9),
    "features": (
        lambda value: 0 < len(value) == len(set(value)) and set(value) <= set(FEATURES),
        f"are some of {', '.join(FEATURES)}, each once, with - between them",
    ),
    "hidden": (
        lambda value: len(value) <= MOST_LAYERS and all(1 <= units <= MOST_UNITS for units in value),
        f"is up to {MOST_LAYERS} layers of 1 to {MOST_UNITS} units, with - between them",
    ),
    "activation": _one_of(*ACTIVATIONS),
    "learning_rate": _between(0, 10),
    "momentum": _between(0, 0.99),
    "batch_size": _between(1, MOST_POINTS),
    "regularisation": _one_of(*REGULARISATIONS),
    "penalty": _between(0, 10),
    "seed": _SEEDS,
    "weight_seed": _SEEDS,
}
