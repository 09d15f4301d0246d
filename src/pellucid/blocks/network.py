"""A network as a plain list of layers, each of weight, bias and activation: drawn at random, or shared with torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

from pellucid.shapes import Float

ActivationName = Literal["identity", "relu", "sigmoid", "tanh"]

_NAMES: dict[type[nn.Module], ActivationName] = {nn.ReLU: "relu", nn.Sigmoid: "sigmoid", nn.Tanh: "tanh"}


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Weighted sums of the inputs, then an activation. The tensors are moved in place by an optimizer.

    Args:
        weight: one row an output, one column an input, as in torch.nn.Linear.
        bias: one number an output.
        activation: what bends the sums; "identity" leaves them, as the last layer of a classifier should.
    """

    weight: Float[Tensor, "output feature"]
    bias: Float[Tensor, " output"]
    activation: ActivationName = "identity"


def draw_layers(
    widths: Sequence[int], generator: torch.Generator, *, activation: ActivationName = "relu"
) -> tuple[Layer, ...]:
    """A network with random weights: uniform within 1 / sqrt(inputs), biases too, as torch.nn.Linear begins.

    Args:
        widths: how many numbers go in, stand between the layers, and come out: at least two.
        generator: the source of randomness.
        activation: of all layers but the last, which has none.
    Returns:
        One layer for each pair of neighbouring widths.

    >>> [layer.weight.shape for layer in draw_layers([784, 32, 10], torch.Generator().manual_seed(0))]
    [torch.Size([32, 784]), torch.Size([10, 32])]
    """
    layers = []
    for number, (features, outputs) in enumerate(pairwise(widths), start=2):
        bound = features**-0.5
        weight = torch.empty(outputs, features).uniform_(-bound, bound, generator=generator)
        bias = torch.empty(outputs).uniform_(-bound, bound, generator=generator)
        layers.append(Layer(weight, bias, activation if number < len(widths) else "identity"))
    return tuple(layers)


def layers_of(model: nn.Module) -> tuple[Layer, ...] | None:
    """The layers of a torch.nn.Sequential, on the very same memory: what moves here, moves there.

    Args:
        model: Flatten (if any), then Linear layers with biases, each followed by ReLU, Sigmoid, Tanh or nothing.
    Returns:
        One layer for each Linear; None if the model is anything else, or a part of it is frozen or used twice.

    >>> [layer.activation for layer in layers_of(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)))]
    ['relu', 'identity']
    >>> layers_of(nn.Sequential(nn.Linear(4, 3), nn.Dropout(), nn.Linear(3, 2))) is None
    True
    """
    if type(model) is not nn.Sequential:
        return None
    parts = list(model)
    if parts and type(parts[0]) is nn.Flatten and (parts[0].start_dim, parts[0].end_dim) == (1, -1):
        del parts[0]
    layers: list[Layer] = []
    bendable = False  # does an activation belong to the part before it?
    for part in parts:
        if type(part) is nn.Linear and part.bias is not None and part.weight.requires_grad and part.bias.requires_grad:
            layers.append(Layer(part.weight.detach(), part.bias.detach()))
            bendable = True
        elif type(part) in _NAMES and bendable:
            layers[-1] = Layer(layers[-1].weight, layers[-1].bias, _NAMES[type(part)])
            bendable = False
        else:
            return None
    weights = weights_of(layers)
    return tuple(layers) if layers and len({weight.data_ptr() for weight in weights}) == len(weights) else None


def weights_of(layers: Sequence[Layer]) -> list[Tensor]:
    """All tensors that an optimizer moves: weight and bias of the first layer, of the second, and so on.

    >>> [len(weight) for weight in weights_of(draw_layers([4, 3, 2], torch.Generator().manual_seed(0)))]
    [3, 3, 2, 2]
    """
    return [tensor for layer in layers for tensor in (layer.weight, layer.bias)]
