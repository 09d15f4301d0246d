"""How wrong a guess is, as one number, and which way is less wrong."""

import torch
from torch import Tensor

from pellucid.blocks.activations import log_softmax, log_softmax_slope
from pellucid.blocks.labels import check_alike, check_labels
from pellucid.errors import BadInput
from pellucid.shapes import Float, Int64

_ROW_SUM_TOLERANCE = 0.05  # chosen by us, because a row of bfloat16 probabilities may miss 1 by a few per cent


def cross_entropy(logits: Float[Tensor, "case klass"], labels: Tensor) -> Float[Tensor, ""]:
    """Minus the log of the probability given to the right class, mean over the cases.

    Args:
        logits: one row a case, one column a class; any size and sign.
        labels: class indices, [case], whole numbers.
    Returns:
        At least 0; log(classes) for a model that knows nothing.
    Raises:
        BadInput: labels that do not fit the logits.

    >>> cross_entropy(torch.zeros(2, 6), torch.tensor([0, 5]))  # log(6)
    tensor(1.7918)
    """
    return nll(log_softmax(logits), labels)


def cross_entropy_slope(logits: Float[Tensor, "case klass"], labels: Tensor) -> Float[Tensor, "case klass"]:
    """How `cross_entropy` changes with each logit: (probability - 1 if it is the right class) / cases.

    >>> cross_entropy_slope(torch.zeros(1, 4), torch.tensor([1]))
    tensor([[ 0.2500, -0.7500,  0.2500,  0.2500]])
    """
    return log_softmax_slope(nll_slope(log_softmax(logits), labels), logits)  # the chain rule, step by step


def cross_entropy_with_slope(
    logits: Float[Tensor, "case klass"], labels: Int64[Tensor, " case"]
) -> tuple[Float[Tensor, ""], Float[Tensor, "case klass"]]:
    """`cross_entropy` and its slope in one pass, for training loops.

    It trusts its caller: call `check_labels` once for the whole data set before the first step.

    Args:
        logits: one row a case, one column a class.
        labels: class indices, int64, each below the number of columns.
    Returns:
        The loss, and how it changes with each logit.

    >>> loss, slope = cross_entropy_with_slope(torch.zeros(1, 4), torch.tensor([1]))
    >>> loss, slope
    (tensor(1.3863), tensor([[ 0.2500, -0.7500,  0.2500,  0.2500]]))
    """
    # torch's log_softmax and nll rather than ours: one pass each, and it is the calls that cost time here
    log_p = torch.log_softmax(logits, 1)
    loss = torch.nn.functional.nll_loss(log_p, labels)
    slope = log_p.exp_().scatter_(1, labels.unsqueeze(1), -1.0, reduce="add").mul_(1 / len(logits))
    return loss, slope


def nll(log_probabilities: Float[Tensor, "case klass"], labels: Tensor) -> Float[Tensor, ""]:
    """Minus the log-probability of the right class (negative log-likelihood), mean over the cases.

    Args:
        log_probabilities: what `log_softmax` returns; exp of each row sums to 1.
        labels: class indices, [case], whole numbers.
    Returns:
        At least 0.
    Raises:
        BadInput: logits or probabilities where their logs were needed, or labels that do not fit.

    >>> nll(torch.tensor([[0.25, 0.75]]).log(), torch.tensor([1]))  # -log(0.75)
    tensor(0.2877)
    """
    check_labels(labels, log_probabilities.shape[1], len(log_probabilities))
    row_sums = log_probabilities.exp().sum(1)
    if ((row_sums - 1).abs() > _ROW_SUM_TOLERANCE).any():  # a nan passes: it is visible in the loss
        raise BadInput(
            f"exp of a row of log-probabilities sums to {row_sums[(row_sums - 1).abs().argmax()]:.4g}; 1 was needed. "
            "Pass log_softmax(logits), or use cross_entropy, which takes logits."
        )
    return -log_probabilities.gather(1, labels.long().unsqueeze(1)).mean()


def nll_slope(log_probabilities: Float[Tensor, "case klass"], labels: Tensor) -> Float[Tensor, "case klass"]:
    """How `nll` changes with each log-probability: -1 / cases for the right class, 0 for the others.

    >>> nll_slope(torch.tensor([[0.25, 0.75], [0.5, 0.5]]).log(), torch.tensor([1, 0]))
    tensor([[ 0.0000, -0.5000],
            [-0.5000,  0.0000]])
    """
    check_labels(labels, log_probabilities.shape[1], len(log_probabilities))
    return torch.zeros_like(log_probabilities).scatter_(1, labels.long().unsqueeze(1), -1 / len(labels))


def mean_squared_error(predictions: Float[Tensor, "*shape"], targets: Tensor) -> Float[Tensor, ""]:
    """The squared distance to the target, mean over all elements.

    Args:
        predictions: what the model gives.
        targets: what was right, in the very shape of the predictions.
    Returns:
        At least 0, in the target's unit squared.
    Raises:
        BadInput: the shapes differ.

    >>> mean_squared_error(torch.tensor([1.0, 5.0]), torch.tensor([1.0, 2.0]))
    tensor(4.5000)
    """
    check_alike(targets, predictions, "Targets")
    return (predictions - targets).square().mean()


def mean_squared_error_slope(predictions: Float[Tensor, "*shape"], targets: Tensor) -> Float[Tensor, "*shape"]:
    """How `mean_squared_error` changes with each prediction: 2 * (prediction - target) / elements.

    >>> mean_squared_error_slope(torch.tensor([1.0, 5.0]), torch.tensor([1.0, 2.0]))
    tensor([0., 3.])
    """
    check_alike(targets, predictions, "Targets")
    return 2 * (predictions - targets) / predictions.numel()
