"""What torch refused: a loss of labels that have another shape or type than it needs; an update; a label."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch import Tensor

from pellucid.doctor.finding import Finding
from pellucid.doctor.looking import Check, History, LastCheck, Look, LossCall
from pellucid.doctor.loss_calls import OVER_CLASSES


def refused(look: Look, history: History) -> Iterator[Finding]:
    """A loss that raised: which shape or type it was given, and which it needs."""
    for call in look.losses:
        if call.refused and call.given is not None and call.target is not None:
            over_classes = call.name in OVER_CLASSES and call.given.dim() > 1
            found = (_over_classes if over_classes else _pair_by_pair)(call, call.given, call.target)
            if found is not None:
                kind, told, mend = found
                yield Finding(kind, f"{told}, and torch refused it.", mend, look.step)


def _over_classes(call: LossCall, given: Tensor, target: Tensor) -> tuple[str, str, str] | None:
    """Cross-entropy and NLL take one whole number a case."""
    needed = (len(given), *given.shape[2:])
    shapes = f"{call.name} of logits {_shape(given)} needs one label a case, of shape {needed}"
    if tuple(target.shape) == (len(given), 1, *given.shape[2:]):
        told = f"{shapes}; the labels have {_shape(target)}"
        whole = ".long()" if target.is_floating_point() else ""
        return "labels-of-wrong-shape", told, f"labels = labels.squeeze(1){whole}"
    if target.shape == given.shape and not target.is_floating_point():
        told = f"{shapes}; the labels have {_shape(target)}, as one-hot codes have"
        return "labels-of-wrong-shape", told, "labels = labels.argmax(1)  # or labels.float(), for codes or shares"
    if target.dim() == len(needed) and len(target) != len(given):
        return _unequal(call, given, target)
    if tuple(target.shape) != needed:
        return "labels-of-wrong-shape", f"{shapes}; the labels have {_shape(target)}", _look_at_shapes()
    if "long" in call.refused.lower():
        told = f"The class labels are {_type(target)}, and {call.name} needs whole numbers (int64)"
        return "labels-of-wrong-type", told, "labels = labels.long()"
    return None


def _pair_by_pair(call: LossCall, given: Tensor, target: Tensor) -> tuple[str, str, str] | None:
    """All other losses take as many labels as guesses, in the same shape."""
    if given.shape != target.shape:
        if given.numel() == target.numel():
            told = f"{call.name} needs one shape; guesses have {_shape(given)} and labels have {_shape(target)}"
            return "labels-of-wrong-shape", told, _alike(call, given, target)
        if given.shape[:1] != target.shape[:1]:
            return _unequal(call, given, target)
        told = f"{call.name} was given guesses of shape {_shape(given)} and labels of {_shape(target)}"
        return "labels-of-wrong-shape", told, _look_at_shapes()
    if given.is_floating_point() and not target.is_floating_point():
        told = f"The labels are {_type(target)}, and {call.name} needs numbers as the guesses are, {_type(given)}"
        return "labels-of-wrong-type", told, "labels = labels.float()"
    return None


def _unequal(call: LossCall, given: Tensor, target: Tensor) -> tuple[str, str, str]:
    told = f"{call.name} was given {_rows(given)} guesses and {_rows(target)} labels"
    return "labels-of-wrong-shape", told, "inputs, labels = inputs[rows], labels[rows]  # the same rows of both"


def _alike(call: LossCall, given: Tensor, target: Tensor) -> str:
    if target.dim() == given.dim() + 1 and target.shape[1:] == (1,):
        return f"loss = F.{call.name}(guesses, labels.squeeze(1))"
    if given.dim() == target.dim() + 1 and given.shape[1:] == (1,):
        return f"loss = F.{call.name}(guesses.squeeze(1), labels)"
    return f"loss = F.{call.name}(guesses, labels.reshape(guesses.shape))  # if they are in the same order"


def _look_at_shapes() -> str:
    return "print(guesses.shape, labels.shape)  # then reshape the labels, not the guesses"


def _rows(tensor: Tensor) -> int:
    return len(tensor) if tensor.dim() else 1


def _shape(tensor: Tensor) -> str:
    return str(tuple(tensor.shape))


def _type(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def of_exception(raised: BaseException, history: History) -> Iterable[Finding]:
    """What torch's own refusal says, where it stopped a step that was not looked at."""
    if "a leaf Variable that requires grad is being used in an in-place operation" in str(raised):
        told = "Autograd would record the update of a weight, and so torch refused it."
        mend = "with torch.no_grad(): weight -= learning_rate * weight.grad"
        yield Finding("update-recorded", told, mend, history.steps)
    found = re.search(r"Target (-?\d+) is out of bounds", str(raised))
    if found:
        told = f"Label {found[1]} has no output: torch refused it."
        mend = f"nn.Linear(..., {int(found[1]) + 1})  # one output a class, or correct the label"
        yield Finding("labels-beyond-outputs", told, mend, history.steps)


CHECKS: tuple[Check, ...] = (refused,)
LAST_CHECKS: tuple[LastCheck, ...] = ()
