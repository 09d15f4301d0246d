"""Do the labels fit the model? Said in words before the arithmetic, which would go on in silence with wrong ones."""

import torch
from torch import Tensor

from pellucid.errors import BadInput


def check_labels(labels: Tensor, classes: int, cases: int | None = None) -> None:
    """Refuse labels that are not one class index a case. Reads every label: call it once, at the door.

    Args:
        labels: class indices, [case], of any integer type.
        classes: how many logits the model gives a case.
        cases: how many cases there are, where known.
    Raises:
        BadInput: not whole numbers, not one a case, none at all, or an index that no logit stands for.

    >>> check_labels(torch.tensor([0, 5]), classes=6)
    >>> check_labels(torch.tensor([0, 6]), classes=6)
    Traceback (most recent call last):
    pellucid.errors.BadInput: Label 6 has no column: the model gives 6 logits (classes 0-5). Build it with ...
    """
    if labels.dtype.is_floating_point or labels.dtype.is_complex or labels.dtype == torch.bool:
        raise BadInput(f"Labels are {labels.dtype}; whole numbers (class indices) were needed. Use labels.long().")
    if labels.ndim != 1:
        raise BadInput(
            f"Labels have the shape {tuple(labels.shape)}; one class index a case was needed, shape (cases,). "
            "Drop an axis of length 1 with labels.squeeze(1); "
            "for several 0/1 labels a case use binary_cross_entropy_with_logits."
        )
    check_cases(len(labels), cases)
    lowest, highest = (int(bound) for bound in labels.long().aminmax())
    columns = f"the model gives {classes} logits (classes 0-{classes - 1})"
    if highest >= classes:
        raise BadInput(
            f"Label {highest} has no column: {columns}. Build it with classes={highest + 1}, or correct the label."
        )
    if lowest < 0:
        raise BadInput(f"Label {lowest} has no column: {columns}. Leave such cases out, or correct the label.")


def check_binary_labels(labels: Tensor, outputs: Tensor) -> None:
    """Refuse labels that are not one number from 0 to 1 for each output of the model.

    Args:
        labels: 0 (absent) or 1 (present), of any type; shares between them are allowed.
        outputs: logits or probabilities that the labels are to be held against.
    Raises:
        BadInput: another shape than the outputs, none at all, or a number outside 0 to 1.

    >>> check_binary_labels(torch.tensor([0, 1]), torch.zeros(2, 1))
    Traceback (most recent call last):
    pellucid.errors.BadInput: Labels have the shape (2,), the model's outputs (2, 1); they must be alike. ...
    """
    check_alike(labels, outputs, "Labels")
    outside = labels[~((labels >= 0) & (labels <= 1))]
    if len(outside):
        raise BadInput(
            f"Label {outside[0].item()} is not between 0 (absent) and 1 (present). "
            "Correct it, or use cross_entropy for class indices."
        )


def check_alike(given: Tensor, outputs: Tensor, name: str) -> None:
    """Refuse a shape that is not the outputs' own: torch would stretch (N,) against (N, 1) to (N, N) without a word.

    >>> check_alike(torch.zeros(3), torch.zeros(3), "Targets")
    """
    if given.shape != outputs.shape:
        raise BadInput(
            f"{name} have the shape {tuple(given.shape)}, the model's outputs {tuple(outputs.shape)}; "
            "they must be alike. Reshape one to the other, having made sure that the cases keep their order."
        )
    check_cases(given.numel(), None)


def check_cases(found: int, needed: int | None) -> None:
    """Refuse an empty batch, and one label too many or too few.

    >>> check_cases(3, 4)
    Traceback (most recent call last):
    pellucid.errors.BadInput: There are 3 labels for 4 cases; one a case was needed. Pass the labels of these ...
    """
    if not found:
        raise BadInput("There are no labels; a mean needs at least one case. Pass a batch that is not empty.")
    if needed is not None and found != needed:
        raise BadInput(
            f"There are {found} labels for {needed} cases; one a case was needed. Pass the labels of these very cases."
        )
