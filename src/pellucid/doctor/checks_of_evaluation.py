"""Whether a model is judged as it will be used, and what was learned is still there when the loop ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

from torch import nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.dropout import _DropoutNd

from pellucid.doctor.finding import Finding
from pellucid.doctor.looking import Check, History, Kept, LastCheck, Look
from pellucid.doctor.references import name_of

WORSE = 1.05
"""Times the best validation loss. Chosen by us: less is luck."""

AFTER = 3
"""So many evaluations after the best must have been worse. Chosen by us."""

PATIENCE = 10
"""The same where the best was kept: going on is then no loss but of time."""


def in_training_mode(look: Look, history: History) -> Iterator[Finding]:
    """Nothing is recorded for learning, yet dropout drops, or batch normalisation uses (and learns) the batch."""
    if look.phase != "evaluation" or look.records_gradients or history.model is None or not look.training_mode:
        return
    modules = dict(history.model.named_modules())
    told = [
        *(f"{name} drops {module.p:.0%}" for name, module in modules.items() if _drops(module)),
        *(f"{name} normalises by the batch" for name, module in modules.items() if _normalises(module)),
    ]
    if told:
        yield Finding(
            "evaluation-in-training-mode",
            f"After step {look.step} the model was judged in training mode: {', '.join(told[:3])}"
            f"{' ...' if len(told) > 3 else ''}.",
            "model.eval()  # before judging; model.train() before learning on",
            look.step,
        )


def _drops(module: nn.Module) -> bool:
    return isinstance(module, _DropoutNd) and module.training and module.p > 0


def _normalises(module: nn.Module) -> bool:
    return isinstance(module, _NormBase) and module.training and module.running_mean is not None


@dataclass(frozen=True, slots=True)
class Judged:
    """One evaluation: how many steps had been made, and the loss."""

    step: int
    loss: float


def judged(history: History) -> list[Judged]:
    """All evaluations that had a loss, in order; those between two steps as one."""
    losses: dict[int, list[float]] = {}
    for looks in history.evaluations:
        for look in looks:
            if look.loss is not None:
                losses.setdefault(look.step, []).append(look.loss)
    return [Judged(step, fmean(values)) for step, values in losses.items()]


def overfits(look: Look, history: History) -> Iterator[Finding]:
    """The validation loss has risen since its best, while the training loss went on falling."""
    seen = judged(history)
    if look.phase != "training" or len(seen) <= AFTER:
        return
    place = min(range(len(seen)), key=lambda number: seen[number].loss)
    best, after = seen[place], seen[place + 1 :]
    patience = PATIENCE if _kept_at(best.step, history) else AFTER
    if len(after) < patience or min(one.loss for one in after[-AFTER:]) <= WORSE * best.loss:
        return
    before = [past.loss for past in history.training if past.loss is not None and past.step <= best.step][-AFTER:]
    now = [past.loss for past in (*history.training, look) if past.loss is not None and past.step > best.step][-AFTER:]
    if before and now and fmean(now) < fmean(before):
        yield Finding(
            "overfitting",
            f"The validation loss was best at evaluation {place + 1} (step {best.step}): {best.loss:.3g}; now it is "
            f"{after[-1].loss:.3g}, while the training loss fell from {fmean(before):.3g} to {fmean(now):.3g}.",
            "stop there and keep those weights; or weight_decay, dropout, augmentation, more cases",
            look.step,
        )


def best_never_kept(history: History) -> Iterator[Finding]:
    """The last weights are worse than the best were, and of the best no copy was taken."""
    seen = judged(history)
    if history.model is None or len(seen) <= AFTER:
        return
    place = min(range(len(seen)), key=lambda number: seen[number].loss)
    best, last = seen[place], seen[-1]
    if len(seen) - place - 1 < AFTER or last.loss <= WORSE * best.loss:
        return
    held = [_variable(kept) for kept in history.kept if kept.step == best.step]
    if held and not all(held):
        return  # at least one of them is a real copy
    told = (
        f"The validation loss was {best.loss:.3g} at evaluation {place + 1} (step {best.step}) and is {last.loss:.3g} "
        f"at the last, {len(seen)}."
    )
    if held:
        told += f" {held[0]} is model.state_dict() itself, not a copy: its tensors went on moving with the model."
    else:
        told += " No copy of the best weights was taken."
    mend = "if valid_loss < best_loss: best_loss, best = valid_loss, copy.deepcopy(model.state_dict())  # in the loop"
    yield Finding("best-never-kept", told, mend, history.steps)


def _kept_at(step: int, history: History) -> bool:
    return any(kept.step == step for kept in history.kept)


def _variable(kept: Kept) -> str | None:
    """The variable that still holds what state_dict() gave, and so the weights as they are now; None for a copy."""
    held = kept.held() if kept.held is not None else None
    return name_of(held) if held is not None else None


CHECKS: tuple[Check, ...] = (in_training_mode, overfits)
LAST_CHECKS: tuple[LastCheck, ...] = (best_never_kept,)
