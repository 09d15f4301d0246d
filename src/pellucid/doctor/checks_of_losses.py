"""Whether a loss is given what it expects: logits, logs of probabilities, or numbers."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from pellucid.doctor.finding import Finding
from pellucid.doctor.looking import Check, History, LastCheck, Look

ROUNDING = 1e-3
"""Sums this near to 1 are 1. Chosen by us: float32 sums of a thousand classes err by less, as do halves of a few."""

FEWEST = 4
"""Cases that are needed to say that a target looks like classes. Chosen by us."""

MOST_CLASSES = 20
"""Whole numbers above this are not taken for class numbers unless `classes` says so. Chosen by us."""

DISTANCES = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")


def softmax_before_cross_entropy(look: Look, history: History) -> Iterator[Finding]:
    """Cross-entropy takes the softmax itself: given probabilities, it takes it twice."""
    for call in look.losses:
        if call.name == "cross_entropy" and (along := _sums_to_one(call.given)) is not None:
            yield Finding(
                "softmax-before-cross-entropy",
                f"Cross-entropy was given {_shape(call.given)} numbers of 0 to 1 that sum to 1 over "
                f"{'classes' if along else 'cases'}: softmax was taken before, and cross_entropy takes it again. "
                f"The loss cannot fall below {_floor(call.given):.2f}.",
                "loss = F.cross_entropy(logits, labels)  # the logits, without softmax",
                look.step,
            )


def not_log_probabilities(look: Look, history: History) -> Iterator[Finding]:
    """NLL picks the log-probability of each case's class; what it was given are not logs of probabilities."""
    if "softmax-overflows" in history.told:
        return  # where the sum is inf, the exponentials of its logs are 0
    forgot = "forgot the log" in [
        *(operation.remark for operation in look.operations),
        *(call.remark for call in look.losses),
    ]
    for call in look.losses:
        given = call.given
        if call.name != "nll_loss" or given is None or given.dim() < 2 or not given.is_floating_point():
            continue
        if _sums_to_one(given) == 1:
            yield Finding(
                "probabilities-into-nll",
                f"NLL was given {_shape(given)} numbers of 0 to 1 that sum to 1: probabilities, where it needs their "
                "logs. Its slope is then small exactly where the model is most wrong.",
                "loss = F.nll_loss(F.log_softmax(logits, dim=1), labels)  # or F.cross_entropy(logits, labels)",
                look.step,
            )
        elif (sums := _sums_of_exponentials(given)) is not None:
            yield _no_softmax(sums, forgot, _sums_to_one(given.exp()) == 0, look.step)
            return
    if forgot:
        yield _no_softmax(None, True, False, look.step)


def _no_softmax(sums: Tensor | None, forgot: bool, wrong_way: bool, step: int) -> Finding:
    told = "Something was computed as x - sum(exp(x))."
    if sums is not None:
        told = f"The exponentials of what NLL takes for log-probabilities sum to {_span(sums)} a case, and not to 1."
    mend = "log_p = x - x.logsumexp(1, keepdim=True)  # or F.log_softmax(x, dim=1)"
    if forgot:
        told += (
            " This is x - sum(exp(x)), which forgot the log: accuracy may look fine, but its probabilities are none."
        )
    elif wrong_way:
        told += " They sum to 1 over the cases: softmax was taken along the wrong dimension."
        mend = "log_p = F.log_softmax(x, dim=1)  # dim 0 counts the cases"
    return Finding("softmax-does-not-sum-to-one", told, mend, step)


def distance_to_classes(look: Look, history: History) -> Iterator[Finding]:
    """A mean squared error (or its like) whose target is a class, as a number or as one-hot."""
    for call in look.losses:
        if call.name in DISTANCES and call.target is not None and call.given is not None:
            target = call.target.detach().float()
            classes = _one_hot(target) or _class_numbers(target, history.classes)
            if classes:
                coded = target.dim() == 2 and target.shape[1] > 1
                how = "one-hot codes" if coded else f"numbers 0 to {classes - 1}"
                mend = "loss = F.cross_entropy(logits, labels)  # labels: one whole number a case"
                if classes == 2 and not coded:
                    mend = "loss = F.binary_cross_entropy_with_logits(logits, labels)"
                yield Finding(
                    "mse-for-classes",
                    f"{call.name} measured the distance to {classes} classes ({how}, {_shape(call.target)}). It is for "
                    f"quantities: {_why_not(classes, coded)}.",
                    mend,
                    look.step,
                )


def _why_not(classes: int, coded: bool) -> str:
    if coded:
        return "every column counts alike"
    return "class 1 lies between 0 and 2" if classes > 2 else "0 and 1 are names here, and no amounts"


def sigmoid_twice(look: Look, history: History) -> Iterator[Finding]:
    """Binary cross-entropy with logits takes the sigmoid itself."""
    for call in look.losses:
        if call.name == "binary_cross_entropy_with_logits" and call.remark == "sigmoid":
            yield Finding(
                "sigmoid-before-logits-loss",
                "binary_cross_entropy_with_logits was given the result of a sigmoid, and takes the sigmoid again: no "
                "probability can then leave 0.50 to 0.73.",
                "loss = F.binary_cross_entropy_with_logits(logits, labels)  # the logits, without sigmoid",
                look.step,
            )


def _sums_to_one(given: Tensor | None) -> int | None:
    """Along which dimension numbers of 0 to 1 sum to 1: 1 for classes, 0 for cases, None for neither."""
    if given is None or given.dim() < 2 or not given.is_floating_point() or min(given.shape[:2]) < 1:
        return None
    if float(given.min()) < 0 or float(given.max()) > 1 + ROUNDING:
        return None
    given = given.double()
    for along in (1, 0):
        if given.shape[along] > 1 and float((given.sum(along) - 1).abs().max()) < _rounding(given):
            return along
    return None


def _sums_of_exponentials(given: Tensor) -> Tensor | None:
    """What the exponentials of each case sum to, where that is not 1 everywhere."""
    sums = given.double().exp().sum(1)
    if bool(sums.isnan().any()) or float((sums - 1).abs().max()) < 10 * _rounding(given):
        return None
    return sums


def _rounding(given: Tensor) -> float:
    return ROUNDING * (10 if given.dtype in (torch.float16, torch.bfloat16) else 1)


def _floor(given: Tensor | None) -> float:
    """The cross-entropy of a case whose probabilities, 1 and zeros, were taken for logits."""
    classes = 2 if given is None else given.shape[1]
    sure = torch.zeros(1, classes)
    sure[0, 0] = 1
    return float(functional.cross_entropy(sure, torch.tensor([0])))


def _one_hot(target: Tensor) -> int:
    """Number of classes, where each row is zeros and a single one, and not always the same."""
    if target.dim() != 2 or target.shape[1] < 2 or len(target) < FEWEST:
        return 0
    binary = bool(((target == 0) | (target == 1)).all()) and bool((target.sum(1) == 1).all())
    return target.shape[1] if binary and len(torch.unique(target.argmax(1))) > 1 else 0


def _class_numbers(target: Tensor, classes: int | None) -> int:
    """Number of classes, where the target is one whole number a case that looks like the number of a class.

    It does if it lies in the range that `classes` gives; else if all whole numbers from 0 on occur about equally often,
    which quantities (counts, ages, marks) seldom do.
    """
    if target.numel() != len(target) or len(target) < FEWEST or not bool((target == target.round()).all()):
        return 0
    values, counts = torch.unique(target.flatten(), return_counts=True)
    if len(values) < 2 or values[0] < 0:
        return 0
    if classes is not None:
        return classes if float(values[-1]) < classes else 0
    if len(values) > MOST_CLASSES or not torch.equal(values, torch.arange(len(values)).to(values)):
        return 0
    enough = len(target) >= 5 * len(values) and float(counts.min()) >= len(target) / (3 * len(values))
    return len(values) if enough else 0


def _shape(tensor: Tensor | None) -> str:
    return "" if tensor is None else " x ".join(map(str, tensor.shape))


def _span(sums: Tensor) -> str:
    low, high = float(sums.min()), float(sums.max())
    return f"{low:.3g}" if f"{low:.3g}" == f"{high:.3g}" else f"{low:.3g} to {high:.3g}"


CHECKS: tuple[Check, ...] = (softmax_before_cross_entropy, not_log_probabilities, distance_to_classes, sigmoid_twice)
LAST_CHECKS: tuple[LastCheck, ...] = ()
