"""Whether labels meet the guesses one to one, have an output each, and come mixed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pellucid.doctor.finding import Finding
from pellucid.doctor.looking import Check, History, LastCheck, Look

ALIKE = 0.5
"""How alike the labels of a batch must be to be called sorted: 0 as in a random draw, 1 one class only. Chosen by us:
random batches of 8 or more stay below 0.2."""

SMALLEST_BATCH = 8
"""Smaller batches may hold one class by chance. Chosen by us."""

SHARE_UNSEEN = 300
"""So many labels must be seen before an output is called unused, and more if only a few are: a class of 1% would have
been seen with a probability above 95%. Chosen by us."""


COMPARED = 20
"""So many looks are compared with each other. Chosen by us: all of them would take longer and longer."""


def spread(look: Look, history: History) -> Iterator[Finding]:
    """(N, 1) met (N,), and N x N numbers came of it."""
    for operation in look.operations:
        if operation.remark in ("metric", "loss"):
            yield _spread(operation.shapes, operation.remark, look.step)
    for call in look.losses:
        if call.given is None or call.target is None or call.name in ("cross_entropy", "nll_loss") or call.refused:
            continue
        shapes = (tuple(call.given.shape), tuple(call.target.shape))
        if sorted(map(len, shapes)) == [1, 2]:
            flat, column = sorted(shapes, key=len)
            if flat[0] > 1 and column == (flat[0], 1):
                yield _spread(shapes, "loss", look.step, call.name)


def _spread(shapes: tuple[tuple[int, ...], ...], where: str, step: int, loss: str = "") -> Finding:
    cases = shapes[0][0]
    told = (
        f"Shapes {shapes[0]} and {shapes[1]} met in the {where} and were spread to {cases} x {cases}: every guess with "
        f"every label, {cases * cases} pairs for {cases} cases."
    )
    mend = "correct = (guesses.flatten() == labels.flatten()).sum()"
    if loss:
        column = "guesses.squeeze(1), labels" if len(shapes[0]) == 2 else "guesses, labels.squeeze(1)"
        mend = f"loss = F.{loss}({column})"
    elif where == "loss":
        mend = "guesses, labels = guesses.flatten(), labels.flatten()  # before the loss"
    return Finding(f"labels-spread-in-{where}", told, mend, step)


def beyond_outputs(look: Look, history: History) -> Iterator[Finding]:
    """A label for which the model has no output."""
    for call in look.losses:
        if call.given is None or call.target is None or call.name not in ("cross_entropy", "nll_loss"):
            continue
        if call.target.is_floating_point() or not call.target.numel():
            continue
        outputs = call.given.shape[1 if call.given.dim() > 1 else 0]
        if (
            call.target.dim() == 1
            and look.labels
            and min(look.labels) >= 0
            and max(look.labels) < outputs == look.columns
        ):
            continue  # the usual case, without asking torch
        labels = call.target[call.target != call.ignored]
        wrong = labels[(labels >= outputs) | (labels < 0)]
        if len(wrong):
            classes = max(outputs, int(labels.max()) + 1)
            told = f"Label {int(wrong[0])} has no column: the model gives {outputs} logits (classes 0-{outputs - 1})."
            mend = f"nn.Linear(..., {classes})  # one output for each class"
            if int(labels.min()) == 1 and int(wrong[0]) == outputs:
                told, mend = f"{told} The labels seem to count from 1.", "labels = labels - 1"
            elif int(labels.min()) < 0:
                mend = "labels = labels[labels >= 0]  # or ignore_index=..., or correct the label"
            yield Finding("labels-beyond-outputs", told, mend, look.step)


def more_outputs_than_said(look: Look, history: History) -> Iterator[Finding]:
    """The user said how many classes there are, and the model has more outputs."""
    if history.classes is not None and look.columns > max(history.classes, 1):
        told = f"The model has {look.columns} outputs for {history.classes} classes: the others can only be wrong."
        yield Finding("more-outputs-than-classes", told, _outputs(history.classes), look.step)


def more_outputs_than_seen(history: History) -> Iterator[Finding]:
    """The last outputs never had a label, however many were seen."""
    if history.classes is not None or "labels-sorted-by-class" in history.told:
        return
    looks = [*history.training, *(look for phase in history.evaluations for look in phase)]
    seen: Counter[int] = Counter()
    for look in looks:
        seen.update(look.labels)
    columns = max((look.columns for look in looks), default=0)
    if not seen or columns < 2:
        return
    classes, count = max(seen) + 1, seen.total()
    if classes < columns and count >= SHARE_UNSEEN / (1 - classes / columns):
        told = f"The model has {columns} outputs, but none of {count} labels that were seen is above {classes - 1}."
        yield Finding("more-outputs-than-classes", told, _outputs(classes), history.steps)


def _outputs(classes: int) -> str:
    return f"nn.Linear(..., {classes})  # one output for each class"


def sorted_by_class(look: Look, history: History) -> Iterator[Finding]:
    """Within batches labels are much more alike than between them."""
    if look.phase != "training" or not look.labels or len(history.training) > COMPARED:
        return
    batches = [seen.labels for seen in (*history.training, look) if sum(seen.labels.values()) >= SMALLEST_BATCH]
    together: Counter[int] = Counter()
    for labels in batches:
        together.update(labels)
    overall = _agreement(together) if together else 1.0
    if len(batches) < 3 or overall == 1:
        return
    within = sum(_agreement(labels) for labels in batches) / len(batches)
    if (within - overall) / (1 - overall) > ALIKE:
        told = (
            f"{len(batches)} batches were looked at: in each, {within:.0%} of all pairs of labels are equal; over all "
            f"batches together, {overall:.0%}. They come sorted by class, and each step unlearns the classes before."
        )
        mend = "DataLoader(dataset, batch_size=..., shuffle=True)  # by hand: order = torch.randperm(len(labels))"
        yield Finding("labels-sorted-by-class", told, mend, look.step)


def _agreement(labels: Counter[int] | dict[int, int]) -> float:
    """The chance that two labels drawn from these, with replacement, are equal."""
    total = sum(labels.values())
    return sum((count / total) ** 2 for count in labels.values())


CHECKS: tuple[Check, ...] = (spread, beyond_outputs, more_outputs_than_said, sorted_by_class)
LAST_CHECKS: tuple[LastCheck, ...] = (more_outputs_than_seen,)
