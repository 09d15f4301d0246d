"""Building blocks of a network by hand: every value with its slope directly below it, on plain torch tensors.

Nothing in this room asks autograd for a slope; the tests hold every block against torch's own. Read `layers` and
`activations` first, then `losses`, `optimizers`, and `by_hand`, which trains a whole network with them.
"""

from pellucid.blocks.activations import (
    log_softmax,
    log_softmax_slope,
    relu,
    relu_slope,
    sigmoid,
    sigmoid_slope,
    softmax,
    softmax_slope,
    tanh,
    tanh_slope,
)
from pellucid.blocks.binary_losses import (
    binary_cross_entropy,
    binary_cross_entropy_slope,
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_slope,
)
from pellucid.blocks.by_hand import Activations, backward, forward, slope_of_inputs, train_step
from pellucid.blocks.labels import check_binary_labels, check_labels
from pellucid.blocks.layers import linear, linear_slope, linear_slope_of_inputs, linear_slope_of_weights
from pellucid.blocks.losses import (
    cross_entropy,
    cross_entropy_slope,
    cross_entropy_with_slope,
    mean_squared_error,
    mean_squared_error_slope,
    nll,
    nll_slope,
)
from pellucid.blocks.network import ActivationName, Layer, draw_layers, layers_of, weights_of
from pellucid.blocks.optimizers import SGD, Adam, Optimizer, OptimizerState

__all__ = [
    "SGD",
    "ActivationName",
    "Activations",
    "Adam",
    "Layer",
    "Optimizer",
    "OptimizerState",
    "backward",
    "binary_cross_entropy",
    "binary_cross_entropy_slope",
    "binary_cross_entropy_with_logits",
    "binary_cross_entropy_with_logits_slope",
    "check_binary_labels",
    "check_labels",
    "cross_entropy",
    "cross_entropy_slope",
    "cross_entropy_with_slope",
    "draw_layers",
    "forward",
    "layers_of",
    "linear",
    "linear_slope",
    "linear_slope_of_inputs",
    "linear_slope_of_weights",
    "log_softmax",
    "log_softmax_slope",
    "mean_squared_error",
    "mean_squared_error_slope",
    "nll",
    "nll_slope",
    "relu",
    "relu_slope",
    "sigmoid",
    "sigmoid_slope",
    "slope_of_inputs",
    "softmax",
    "softmax_slope",
    "tanh",
    "tanh_slope",
    "train_step",
    "weights_of",
]
