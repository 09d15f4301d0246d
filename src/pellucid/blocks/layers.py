"""A linear layer: every output is a weighted sum of all inputs, plus a bias; and the slopes of all three."""

import torch
from torch import Tensor

from pellucid.errors import BadInput
from pellucid.shapes import Float


def linear(
    inputs: Float[Tensor, "case in_feature"],
    weight: Float[Tensor, "output feature"],
    bias: Float[Tensor, " output"],
) -> Float[Tensor, "case output"]:
    """Weighted sums of the inputs: outputs = inputs @ weight.T + bias.

    Args:
        inputs: one row a case.
        weight: one row an output, as in torch.nn.Linear.
        bias: added to every case.
    Returns:
        One weighted sum a case and output, of any size and sign.
    Raises:
        BadInput: the inputs have not as many features as the weight has columns.

    >>> linear(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0], [0.0, -1.0]]), torch.tensor([0.5, 0.0]))
    tensor([[11.5000, -2.0000]])
    """
    if inputs.shape[1] != weight.shape[1]:
        raise BadInput(
            f"Each case has {inputs.shape[1]} features; the weight has {weight.shape[1]} columns, one a feature. "
            f"Bring the cases to {weight.shape[1]} features, or build the layer for {inputs.shape[1]}."
        )
    return torch.addmm(bias, inputs, weight.t())


def linear_slope(
    slope_of_output: Float[Tensor, "case output"],
    inputs: Float[Tensor, "case feature"],
    weight: Float[Tensor, "output feature"],
) -> tuple[Float[Tensor, "case feature"], Float[Tensor, "output feature"], Float[Tensor, " output"]]:
    """Slopes of the loss with regard to all that `linear` took in; the bias has no say in any of them.

    Args:
        slope_of_output: how the loss changes with each output.
        inputs: what `linear` was given.
        weight: what `linear` was given.
    Returns:
        The slopes of inputs, weight and bias, each in the shape of its tensor.

    >>> slopes = linear_slope(torch.tensor([[2.0]]), torch.tensor([[1.0, 5.0]]), torch.tensor([[3.0, 4.0]]))
    >>> [slope.tolist() for slope in slopes]
    [[[6.0, 8.0]], [[2.0, 10.0]], [2.0]]
    """
    return linear_slope_of_inputs(slope_of_output, weight), *linear_slope_of_weights(slope_of_output, inputs)


def linear_slope_of_inputs(
    slope_of_output: Float[Tensor, "case output"], weight: Float[Tensor, "output feature"]
) -> Float[Tensor, "case feature"]:
    """The first part of `linear_slope`: an input matters as much as the outputs that it feeds, times its weights.

    >>> linear_slope_of_inputs(torch.tensor([[2.0]]), torch.tensor([[3.0, 4.0]]))
    tensor([[6., 8.]])
    """
    return slope_of_output @ weight


def linear_slope_of_weights(
    slope_of_output: Float[Tensor, "case output"],
    inputs: Float[Tensor, "case feature"],
    *,
    out: tuple[Float[Tensor, "output feature"], Float[Tensor, " output"]] | None = None,
) -> tuple[Float[Tensor, "output feature"], Float[Tensor, " output"]]:
    """The rest of `linear_slope`, without the slope of the inputs: a first layer needs none, and it is dear.

    Args:
        slope_of_output: how the loss changes with each output.
        inputs: what `linear` was given.
        out: where to write the slopes of weight and bias, so that nothing is allocated.
    Returns:
        The slopes of weight and bias, summed over the cases; the very tensors of `out` where given.

    >>> linear_slope_of_weights(torch.tensor([[2.0]]), torch.tensor([[1.0, 5.0]]))
    (tensor([[ 2., 10.]]), tensor([2.]))
    """
    of_weight, of_bias = out if out is not None else (None, None)
    return torch.mm(slope_of_output.t(), inputs, out=of_weight), torch.sum(slope_of_output, 0, out=of_bias)
