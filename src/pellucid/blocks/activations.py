"""Activations bend what a layer gives (relu, sigmoid, tanh) or make probabilities of it (softmax); each with its slope.

Every slope function takes how the loss changes with the output, and the x that the value function was given.
"""

import torch
from torch import Tensor

from pellucid.shapes import Float


def relu(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """x where it is above 0, and 0 elsewhere.

    >>> relu(torch.tensor([-2.0, 0.0, 3.0]))
    tensor([0., 0., 3.])
    """
    return x.clamp(min=0)


def relu_slope(slope_of_output: Float[Tensor, "*shape"], x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The slope passes where x is above 0; at 0 itself it is taken as 0, as torch does.

    >>> relu_slope(torch.tensor([5.0, 5.0, 5.0]), torch.tensor([-2.0, 0.0, 3.0]))
    tensor([0., 0., 5.])
    """
    return slope_of_output * (x > 0)


def sigmoid(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """1 / (1 + exp(-x)): any number to between 0 and 1, and 0 to 0.5.

    >>> sigmoid(torch.tensor([-1e4, 0.0, 1e4]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    return 1 / (1 + torch.exp(-x))  # exp may be infinite for x far below 0: 1 / inf is the right 0


def sigmoid_slope(slope_of_output: Float[Tensor, "*shape"], x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The sigmoid is steepest at 0, by a quarter: s * (1 - s).

    >>> sigmoid_slope(torch.tensor([1.0, 1.0]), torch.tensor([0.0, 50.0]))
    tensor([2.5000e-01, 1.9287e-22])
    """
    return slope_of_output * sigmoid(x) * sigmoid(-x)  # 1 - s is s(-x), exactly, where 1 - s itself would round to 0


def tanh(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)): any number to between -1 and 1, and 0 to 0.

    >>> tanh(torch.tensor([-1e4, 0.0, 1e-5]))
    tensor([-1.0000e+00,  0.0000e+00,  1.0000e-05])
    """
    below_zero = torch.expm1(-2 * x.abs())  # exp(-2|x|) - 1: never overflows, and keeps the digits of a small x
    return torch.sign(x) * -below_zero / (2 + below_zero)


def tanh_slope(slope_of_output: Float[Tensor, "*shape"], x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Tanh is steepest at 0, by 1: 1 - tanh(x)^2.

    >>> tanh_slope(torch.tensor([3.0, 3.0]), torch.tensor([0.0, 50.0]))
    tensor([3., 0.])
    """
    return slope_of_output * (1 - tanh(x).square())


def softmax(x: Float[Tensor, "*case klass"]) -> Float[Tensor, "*case klass"]:
    """Probabilities: exp(x), divided by its sum over the classes.

    Args:
        x: logits, classes last.
    Returns:
        Between 0 and 1; each row sums to 1.

    >>> softmax(torch.tensor([[0.0, 0.0], [1e4, 0.0]]))
    tensor([[0.5000, 0.5000],
            [1.0000, 0.0000]])
    """
    powers = torch.exp(x - x.amax(-1, keepdim=True))  # the largest becomes exp(0): nothing overflows
    return powers / powers.sum(-1, keepdim=True)


def softmax_slope(
    slope_of_output: Float[Tensor, "*case klass"], x: Float[Tensor, "*case klass"]
) -> Float[Tensor, "*case klass"]:
    """A logit matters by how far its class's slope stands above the mean slope, in which each class counts by its p.

    >>> softmax_slope(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 0.0]]))
    tensor([[ 0.2500, -0.2500]])
    """
    p = softmax(x)
    return p * (slope_of_output - (p * slope_of_output).sum(-1, keepdim=True))


def log_softmax(x: Float[Tensor, "*case klass"]) -> Float[Tensor, "*case klass"]:
    """Logs of the probabilities: x - log(sum(exp(x))), finite even where the probability itself rounds to 0.

    Args:
        x: logits, classes last.
    Returns:
        At most 0; exp of each row sums to 1.

    >>> log_softmax(torch.tensor([[1e4, 0.0]]))
    tensor([[     0., -10000.]])
    """
    below_largest = x - x.amax(-1, keepdim=True)  # the largest becomes 0: exp cannot overflow, the sum is at least 1
    return below_largest - below_largest.exp().sum(-1, keepdim=True).log()


def log_softmax_slope(
    slope_of_output: Float[Tensor, "*case klass"], x: Float[Tensor, "*case klass"]
) -> Float[Tensor, "*case klass"]:
    """Each logit's own slope, less its probability's share of all slopes of its row.

    >>> log_softmax_slope(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 0.0]]))
    tensor([[ 0.5000, -0.5000]])
    """
    return slope_of_output - softmax(x) * slope_of_output.sum(-1, keepdim=True)
