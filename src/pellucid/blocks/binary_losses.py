"""How wrong yes-or-no guesses are: one label, or several at once (a picture may show more than one finding)."""

import torch
from torch import Tensor

from pellucid.blocks.activations import sigmoid
from pellucid.blocks.labels import check_binary_labels
from pellucid.errors import BadInput
from pellucid.shapes import Float

# Both numbers are PyTorch's own (documentation of torch.nn.BCELoss; its backward pass), so that losses can be compared.
_LOWEST_LOG = -100.0
_LEAST_VARIANCE = 1e-12


def binary_cross_entropy(probabilities: Float[Tensor, "*shape"], labels: Tensor) -> Float[Tensor, ""]:
    """Minus the log of the probability given to what was the case, mean over all elements.

    Args:
        probabilities: of a yes, each between 0 and 1.
        labels: 0 or 1, in the shape of the probabilities: [case], or [case, class] where a case may have several.
    Returns:
        From 0 to 100; a log below -100 counts as -100, so that one sure mistake is not infinite.
    Raises:
        BadInput: not probabilities, or labels that do not fit them.

    >>> binary_cross_entropy(torch.tensor([0.25, 0.5]), torch.tensor([1, 0]))  # (log 4 + log 2) / 2
    tensor(1.0397)
    """
    _check_probabilities(probabilities)
    check_binary_labels(labels, probabilities)
    log_yes = torch.log(probabilities).clamp(min=_LOWEST_LOG)
    log_no = torch.log1p(-probabilities).clamp(min=_LOWEST_LOG)
    return -(labels * log_yes + (1 - labels.to(log_no.dtype)) * log_no).mean()


def binary_cross_entropy_slope(probabilities: Float[Tensor, "*shape"], labels: Tensor) -> Float[Tensor, "*shape"]:
    """How `binary_cross_entropy` changes with each probability: (p - label) / (p * (1 - p)) / elements.

    >>> binary_cross_entropy_slope(torch.tensor([0.25, 0.5]), torch.tensor([1, 0]))
    tensor([-2.,  1.])
    """
    _check_probabilities(probabilities)
    check_binary_labels(labels, probabilities)
    variance = (probabilities * (1 - probabilities)).clamp(min=_LEAST_VARIANCE)
    return (probabilities - labels.to(probabilities.dtype)) / variance / probabilities.numel()


def binary_cross_entropy_with_logits(logits: Float[Tensor, "*shape"], labels: Tensor) -> Float[Tensor, ""]:
    """`binary_cross_entropy` of sigmoid(logits), in a form that loses no digits at large logits.

    Args:
        logits: any size and sign; above 0 means yes.
        labels: 0 or 1, in the shape of the logits: [case], or [case, class] where a case may have several.
    Returns:
        At least 0; log(2) for a model that knows nothing.
    Raises:
        BadInput: labels that do not fit the logits.

    >>> binary_cross_entropy_with_logits(torch.tensor([[0.0, 1e4]]), torch.tensor([[1, 0]]))  # (log 2 + 10000) / 2
    tensor(5000.3467)
    """
    check_binary_labels(labels, logits)
    return (logits.clamp(min=0) - logits * labels + torch.log1p(torch.exp(-logits.abs()))).mean()


def binary_cross_entropy_with_logits_slope(logits: Float[Tensor, "*shape"], labels: Tensor) -> Float[Tensor, "*shape"]:
    """How `binary_cross_entropy_with_logits` changes with each logit: (sigmoid(logit) - label) / elements.

    >>> binary_cross_entropy_with_logits_slope(torch.tensor([[0.0, 0.0]]), torch.tensor([[1, 0]]))
    tensor([[-0.2500,  0.2500]])
    """
    check_binary_labels(labels, logits)
    return (sigmoid(logits) - labels.to(logits.dtype)) / logits.numel()


def _check_probabilities(probabilities: Tensor) -> None:
    outside = probabilities[~((probabilities >= 0) & (probabilities <= 1))]
    if len(outside):
        raise BadInput(
            f"Probability {outside[0].item():.4g} is not between 0 and 1. "
            "If these are logits, use binary_cross_entropy_with_logits."
        )
