"""What the page calls a unit, a weight and a bias."""

from __future__ import annotations

from pellucid.app.playground.experiment import Experiment
from pellucid.blocks.toy_features import FEATURES


def unit_name(layer: int, unit: int) -> str:
    """What a hidden unit is called.

    >>> unit_name(0, 2)
    'h1.3'
    """
    return f"h{layer + 1}.{unit + 1}"


def names_into(experiment: Experiment, layer: int) -> list[str]:
    """What a layer takes in is called so.

    >>> names_into(Experiment(hidden=(2,)), 1)
    ['h1.1', 'h1.2']
    """
    if layer == 0:
        return [FEATURES[name][0] for name in experiment.features]
    return [unit_name(layer - 1, unit) for unit in range(experiment.hidden[layer - 1])]


def weight_name(experiment: Experiment, layer: int, unit: int, feature: int | None) -> str:
    """What a weight, or a bias (feature None), is called; all of them are there.

    >>> weight_name(Experiment(), 1, 0, 1)
    'weight from h1.2 to output'
    >>> weight_name(Experiment(), 0, 3, None)
    'bias of h1.4'
    """
    to = "output" if layer == len(experiment.hidden) else unit_name(layer, unit)
    return f"bias of {to}" if feature is None else f"weight from {names_into(experiment, layer)[feature]} to {to}"
