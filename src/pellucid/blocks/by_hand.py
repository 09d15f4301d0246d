"""A network learns by the blocks alone: forward layer by layer, backward by the chain rule, then an optimizer's step.

Nothing here asks autograd for anything. Tensors that it watches (nn.Parameter) go in detached, as `layers_of` does it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from pellucid.blocks.activations import relu, relu_slope, sigmoid, sigmoid_slope, tanh, tanh_slope
from pellucid.blocks.layers import linear, linear_slope_of_inputs, linear_slope_of_weights
from pellucid.blocks.losses import cross_entropy_with_slope
from pellucid.blocks.network import Layer, weights_of
from pellucid.blocks.optimizers import Optimizer, OptimizerState
from pellucid.shapes import Float, Int64

_VALUE: dict[str, Callable[[Tensor], Tensor]] = {"relu": relu, "sigmoid": sigmoid, "tanh": tanh}
_SLOPE: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "relu": relu_slope,
    "sigmoid": sigmoid_slope,
    "tanh": tanh_slope,
}


class Activations(NamedTuple):
    """Every number between the inputs and the logits, kept because the slopes need them."""

    inputs: list[Tensor]
    """What each layer took in, [case, feature]; the first is the batch itself."""
    sums: list[Tensor]
    """Each layer's weighted sums, [case, output], before its activation."""
    logits: Tensor
    """What the last layer gave, [case, class]."""


def forward(layers: Sequence[Layer], inputs: Float[Tensor, "case feature"]) -> Activations:
    """Send a batch through all layers, and keep what each took in and gave.

    Args:
        layers: from first to last.
        inputs: one row a case; flatten images first.
    Returns:
        All intermediate values; `.logits` is the result.
    Raises:
        BadInput: the cases, or a layer's outputs, have not as many features as the next layer takes.

    >>> forward([Layer(torch.tensor([[1.0], [-1.0]]), torch.zeros(2), "relu")], torch.tensor([[3.0]])).logits
    tensor([[3., 0.]])
    """
    taken, sums, value = [], [], inputs
    for layer in layers:
        taken.append(value)
        value = linear(value, layer.weight, layer.bias)
        sums.append(value)
        if layer.activation != "identity":
            value = _VALUE[layer.activation](value)
    return Activations(taken, sums, value)


def backward(
    layers: Sequence[Layer],
    activations: Activations,
    slope_of_logits: Float[Tensor, "case klass"],
    *,
    out: Sequence[Tensor] | None = None,
) -> list[Tensor]:
    """Slopes of the loss with regard to every weight and bias, from the last layer to the first, by the chain rule.

    Args:
        layers: as given to `forward`.
        activations: what `forward` returned.
        slope_of_logits: how the loss changes with each logit.
        out: tensors to write into, as `weights_of` orders them, so that nothing large is allocated.
    Returns:
        The slopes in the order of `weights_of`; the very tensors of `out` where given.

    >>> layers, inputs = [Layer(torch.tensor([[1.0], [-1.0]]), torch.zeros(2), "relu")], torch.tensor([[3.0]])
    >>> [slope.tolist() for slope in backward(layers, forward(layers, inputs), torch.tensor([[1.0, 1.0]]))]
    [[[3.0], [0.0]], [1.0, 0.0]]
    """
    slopes = list(out) if out is not None else [torch.empty_like(weight) for weight in weights_of(layers)]
    for number, slope_of_sums in _slopes_of_sums(layers, activations, slope_of_logits):
        place = (slopes[2 * number], slopes[2 * number + 1])
        linear_slope_of_weights(slope_of_sums, activations.inputs[number], out=place)
    return slopes


def slope_of_inputs(
    layers: Sequence[Layer], activations: Activations, slope_of_logits: Float[Tensor, "case klass"]
) -> Float[Tensor, "case feature"]:
    """How the loss changes with each number of the batch: which pixels matter. Learning needs none of it.

    >>> layers, inputs = [Layer(torch.tensor([[2.0, 0.5]]), torch.zeros(1))], torch.tensor([[3.0, 4.0]])
    >>> slope_of_inputs(layers, forward(layers, inputs), torch.tensor([[1.0]]))
    tensor([[2.0000, 0.5000]])
    """
    *_, (_, slope_of_first_sums) = _slopes_of_sums(layers, activations, slope_of_logits)
    return linear_slope_of_inputs(slope_of_first_sums, layers[0].weight)


def train_step(
    layers: Sequence[Layer],
    inputs: Float[Tensor, "case feature"],
    labels: Int64[Tensor, " case"],
    optimizer: Optimizer,
    state: OptimizerState,
    *,
    out: Sequence[Tensor] | None = None,
) -> tuple[Float[Tensor, ""], OptimizerState]:
    """One step of learning from one batch: forward, cross-entropy, backward, and the weights moved in place.

    It trusts its labels: call `check_labels` once for the whole data set before the first step.

    Args:
        layers: from first to last; the last gives logits.
        inputs: one row a case.
        labels: class indices.
        optimizer: an `SGD` or `Adam`.
        state: what `optimizer.start(weights_of(layers))` or the last step returned.
        out: tensors for the slopes, as `weights_of` orders them, so that nothing large is allocated.
    Returns:
        The loss before the step, and the optimizer's next state.

    >>> from pellucid.blocks.optimizers import SGD
    >>> layers, sgd = [Layer(torch.zeros(2, 1), torch.zeros(2))], SGD(learning_rate=1.0)
    >>> loss, state = train_step(layers, torch.ones(1, 1), torch.tensor([0]), sgd, sgd.start(weights_of(layers)))
    >>> loss, layers[0].bias
    (tensor(0.6931), tensor([ 0.5000, -0.5000]))
    """
    activations = forward(layers, inputs)
    loss, slope_of_logits = cross_entropy_with_slope(activations.logits, labels)
    slopes = backward(layers, activations, slope_of_logits, out=out)
    return loss, optimizer.step(weights_of(layers), slopes, state)


def _slopes_of_sums(layers: Sequence[Layer], activations: Activations, slope: Tensor) -> Iterator[tuple[int, Tensor]]:
    """Each layer's number and the slope of its weighted sums, from the last layer to the first."""
    for number in range(len(layers) - 1, -1, -1):
        layer = layers[number]
        if layer.activation != "identity":
            slope = _SLOPE[layer.activation](slope, activations.sums[number])
        yield number, slope
        if number:
            slope = linear_slope_of_inputs(slope, layer.weight)
