"""Where a value of the playground comes from: the products that a unit adds up, and what bends the sum."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from pellucid.app.playground.naming import names_into, unit_name
from pellucid.app.playground.playing import Playing
from pellucid.blocks import sigmoid
from pellucid.errors import BadInput


@dataclass(frozen=True, slots=True)
class Term:
    """One product of a sum."""

    name: str
    value: float
    weight: float

    @property
    def product(self) -> float:
        """value * weight."""
        return self.value * self.weight


@dataclass(frozen=True, slots=True)
class UnitSum:
    """A unit at one place of the plane.

    Attributes:
        name: of the unit.
        terms: what comes in, times its weight.
        bias: added to them.
        total: their sum.
        bend: what is done with the sum: the activation's name; "probability" where it is a class; else "identity".
        result: what the unit hands on.
    """

    name: str
    terms: tuple[Term, ...]
    bias: float
    total: float
    bend: str
    result: float

    def lines(self) -> list[str]:
        """As one writes it down: factors to six digits, so that a product can be worked out again."""
        width = max(len(term.name) for term in self.terms)
        products = [
            f"{term.name:<{width}}  {term.value:+#.6g} x {term.weight:+#.6g} = {term.product:+.4f}"
            for term in self.terms
        ]
        bent = {
            "identity": f"{self.name} = {self.total:+.4f}",
            "probability": f"probability of blue = sigmoid({self.total:+.4f}) = {self.result:.4f}",
        }.get(self.bend, f"{self.name} = {self.bend}({self.total:+.4f}) = {self.result:+.4f}")
        return [*products, f"{'bias':<{width}}  {self.bias:+.4f}", f"{'sum':<{width}}  {self.total:+.4f}", bent]


def unit_sum(playing: Playing, layer: int, unit: int, x1: float, x2: float) -> UnitSum:
    """The arithmetic of one unit at one place.

    Args:
        playing: the experiment.
        layer: 0 is the first that has weights; the last is the output.
        unit: in that layer, from 0.
        x1, x2: the place.
    Raises:
        BadInput: there is no such unit.
    """
    layers = playing.layers
    if not (0 <= layer < len(layers) and 0 <= unit < len(layers[layer].bias)):
        raise BadInput(
            f"There is no unit {unit} in layer {layer}: this network has {[len(one.bias) for one in layers]}."
        )
    held = layers[layer]
    seen = playing.at(torch.tensor([[x1, x2]], dtype=torch.float64))
    values, total = seen.inputs[layer][0].tolist(), float(seen.sums[layer][0, unit])
    terms = tuple(map(Term, names_into(playing.experiment, layer), values, held.weight[unit].tolist()))
    if layer < len(layers) - 1:
        result = float(seen.inputs[layer + 1][0, unit])
        return UnitSum(unit_name(layer, unit), terms, float(held.bias[unit]), total, held.activation, result)
    if playing.experiment.is_class:
        return UnitSum("output", terms, float(held.bias[unit]), total, "probability", float(sigmoid(seen.logits)[0, 0]))
    return UnitSum("output", terms, float(held.bias[unit]), total, "identity", total)
