"""What a loss comes to for one who knows nothing but how frequent each class is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

import torch
from torch import Tensor

OF_CLASSES = ("cross_entropy", "nll_loss")
FEW = 4096
"""Labels that are counted one by one. Chosen by us."""

OF_YES_AND_NO = ("binary_cross_entropy", "binary_cross_entropy_with_logits")


def level_of_guessing(loss: str, given: Tensor | None, target: Tensor | None) -> float:
    """The loss of always answering with the shares of the labels: their entropy, in nats.

    The entropy of few labels is too low on average, by (classes - 1) / (2 * labels), which is made good here.

    Args:
        loss: its name, as in torch.nn.functional.
        given: its first argument, the answers.
        target: its second argument, the labels.
    Returns:
        At least 0; nan for losses that are not of classes, and for tensors that are gone.
    Source: Miller, "Note on the bias of information estimates", 1955.

    >>> answers, labels = torch.zeros(60, 2), torch.tensor([0, 1]).repeat(30)
    >>> round(level_of_guessing("cross_entropy", answers, labels), 3)  # log(2) + 1 / 120
    0.701
    """
    if given is None or target is None or not target.numel():
        return math.nan
    if loss in OF_CLASSES:
        return _of_classes(given, target)
    if loss in OF_YES_AND_NO:
        target = target.float()
        share = target.mean(0) if target.ndim > 1 else target.mean()
        entropy = -(torch.xlogy(share, share) + torch.xlogy(1 - share, 1 - share)).mean().item()
        return entropy + 1 / (2 * len(target)) if entropy > 0 else 0.0
    return math.nan


def _of_classes(answers: Tensor, labels: Tensor) -> float:
    if answers.ndim < 2 or (labels.is_floating_point() and labels.ndim < 2):
        return math.nan
    if labels.is_floating_point():
        shares, count = labels.flatten(2).mean((0, 2)) if labels.ndim > 2 else labels.mean(0), len(labels)
    else:
        return level_of_counts(how_often(labels))
    return _entropy(shares.tolist(), count)


def level_of_counts(counts: Mapping[int, int]) -> float:
    """The same from how often each label occurs; those below 0 are left out of a loss, and here.

    >>> round(level_of_counts({0: 30, 1: 30, -100: 5}), 3)
    0.701
    """
    seen = [times for label, times in counts.items() if label >= 0]
    count = sum(seen)
    return _entropy([times / count for times in seen], count) if count else math.nan


def _entropy(shares: list[float], count: int) -> float:
    seen = [share for share in shares if share > 0]
    return -math.fsum(share * math.log(share) for share in seen) + (len(seen) - 1) / (2 * count)


def how_often(labels: Tensor) -> dict[int, int]:
    """How often each label occurs; few are counted without torch, which would take longer to begin.

    >>> how_often(torch.tensor([2, 0, 2]))
    {2: 2, 0: 1}
    """
    if labels.numel() <= FEW:
        return dict(Counter(labels.flatten().tolist()))
    values, counts = torch.unique(labels, return_counts=True)
    return dict(zip(values.tolist(), counts.tolist(), strict=True))


def share_right(loss: str, answers: Tensor | None, labels: Tensor | None) -> tuple[float, float, int] | None:
    """How often the likeliest class is right, how often the most frequent label would be, and the number of cases.

    Args:
        loss: its name, as in torch.nn.functional.
        answers: its first argument.
        labels: its second argument.
    Returns:
        Two shares (0 to 1) and a count; None for losses that are not of one class a case.

    >>> answers, labels = torch.eye(3)[[0, 1, 1, 2]], torch.tensor([0, 1, 2, 2])
    >>> share_right("cross_entropy", answers, labels)
    (0.75, 0.5, 4)
    """
    if answers is None or labels is None or not labels.numel() or len(answers) != len(labels):
        return None
    if loss in OF_CLASSES and answers.ndim == 2 and labels.ndim == 1 and not labels.is_floating_point():
        answered = answers.argmax(1)
    elif loss in OF_YES_AND_NO and answers.shape == labels.shape:
        threshold = 0.0 if loss.endswith("logits") else 0.5
        answered, labels = (answers > threshold).flatten().long(), labels.flatten().long()
    else:
        return None
    count = len(labels)
    most = int(torch.unique(labels, return_counts=True)[1].max())
    return int((answered == labels).sum()) / count, most / count, count
