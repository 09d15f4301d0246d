"""Whether a step does what a step should: gradients cleared, weights moved, all of them, and the move not recorded."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from pellucid.doctor.finding import Finding
from pellucid.doctor.looking import Check, History, LastCheck, Look

LOOKS = 3
"""A weight that lay still in fewer looks is not spoken of. Chosen by us: a schedule may begin at 0."""

TWICE = 2
"""So often are old gradients found before it is said. Chosen by us."""

STEPS = 20
"""The same in steps. Chosen by us."""

FLOAT32 = 6e-8
"""Half the distance from 1 to the next number in float32: what is less may leave a weight where it is."""

ROUNDING = 1e-5
"""Of the longest gradient. Chosen by us: in float32, what is 0 in theory comes out as some 1e-7 of others."""


def never_zeroed(look: Look, history: History) -> Iterator[Finding]:
    """The weights moved, and the next backward still found the gradients that moved them: twice.

    Accumulation over several batches is meant, and is not this: there the first backward after a step finds zeros.
    """
    if look.phase != "training" or not look.left_over or (history.optimizer is None and history.model is not None):
        return  # who does not show the optimizer may have given it but some layers: the others' gradients do no harm
    looks = [*history.training, look]
    by_hand = history.model is None and history.optimizer is None
    times = sum(map(_stale_by_hand, looks)) if by_hand else sum(_stale(*pair) for pair in pairwise(looks))
    if times < TWICE or _missing(history):
        return  # nobody clears gradients of what the optimizer does not hold, and they do no harm
    mend = "weight.grad = None  # for each, after the update"
    yield Finding(
        "gradients-never-zeroed",
        f"When step {look.step} went backward, gradients of length {look.left_over:.3g} were there from earlier steps: "
        "each step adds to all before it.",
        mend if history.optimizer is None else "optimizer.zero_grad()  # before loss.backward()",
        look.step,
    )


def recorded(look: Look, history: History) -> Iterator[Finding]:
    """The update is an operation like any other to autograd, and so makes a new tensor or is refused."""
    if look.recorded_updates:
        names = _few(list(look.recorded_updates))
        yield Finding(
            "update-recorded",
            f"Autograd recorded the update of {names}: what comes of it is no weight any more, but a result that "
            "remembers all steps before it and gets no gradient.",
            "with torch.no_grad(): weight -= learning_rate * weight.grad",
            look.step,
        )


def _stale(before: Look, now: Look) -> bool:
    return now.step == before.step + 1 and now.left_over > 0 and any(before.moved.values())


def _stale_by_hand(now: Look) -> bool:
    """Without a module and an optimizer a step reaches from backward to backward, and begins with the update."""
    return now.left_over > 0 and any(now.moved.values())


def lies_still(history: History) -> Iterator[Finding]:
    """Parameters that ask for gradients and are the same at the end; frozen ones are meant."""
    if history.optimizer is not None and history.steps == 1 and history.training:
        yield from _no_step(history, history.training[0])
        return
    looks = [look for look in history.training if look.weights]
    if len(looks) < LOOKS or history.steps < STEPS or "update-recorded" in history.told:
        return
    still = [name for name, weight in history.parameters.items() if weight.requires_grad and _still(name, looks)]
    missing = _missing(history)
    outside = [name for name in still if name in missing]
    if outside:
        yield Finding(
            "missing-from-optimizer",
            f"The optimizer holds {len(history.parameters) - len(missing)} of {len(history.parameters)} parameters. "
            f"Outside, and unmoved after {history.steps} steps: {_few(outside)}.",
            "optimizer = torch.optim.SGD(model.parameters(), ...)  # or requires_grad_(False) where it is meant",
            history.steps,
        )
    meant = _need_not_move(still, looks, history)
    inside = [name for name in still if name not in missing and name not in meant]
    if inside:
        why, mend = _why(inside, looks, history)
        yield Finding("never-moves", f"Unmoved after {history.steps} steps: {_few(inside)}. {why}", mend, history.steps)


def _no_step(history: History, first: Look) -> Iterator[Finding]:
    """Slopes were computed again and again, and the optimizer was asked never, or once when all was over."""
    times = round(history.asked * first.backwards / first.asked) if first.asked else history.asked
    if times >= STEPS:
        how = "only once, after all of them" if history.updated else "never: no weight moved"
        told = f"Backward was called {times} times, and optimizer.step() {how}."
        yield Finding("never-moves", told, "optimizer.step()  # after loss.backward(), in the loop", history.steps)


def _need_not_move(still: list[str], looks: list[Look], history: History) -> set[str]:
    """What has no slope in theory, as a bias that the next layer subtracts again: it is 0, or rounding."""
    greatest = max((length for look in looks for length in look.gradients.values()), default=0.0)
    subtracted = _before_normalisation(history.model)
    found = set()
    for name in still:
        lengths = [look.gradients[name] for look in looks if name in look.gradients]
        if lengths and max(lengths) <= ROUNDING * greatest and (max(lengths) > 0 or name in subtracted):
            found.add(name)
    return found


def _before_normalisation(model: nn.Module | None) -> set[str]:
    """Biases of layers that stand before a batch or instance normalisation, which subtracts the mean."""
    layers = [] if model is None else [pair for pair in model.named_modules() if not [*pair[1].children()]]
    return {f"{name}.bias".lstrip(".") for (name, _), (_, after) in pairwise(layers) if isinstance(after, _NormBase)}


def _why(still: list[str], looks: list[Look], history: History) -> tuple[str, str]:
    largest = max((look.gradients.get(name, 0.0) for name in still for look in looks), default=0.0)
    before = max((look.after_backward.get(name, 0.0) for name in still for look in looks), default=0.0)
    if not largest and before:
        return (
            f"Backward gave a gradient (of length up to {before:.3g}), and it was gone when the optimizer stepped: "
            "zero_grad() stands between them.",
            "optimizer.zero_grad()  # before loss.backward(), not between it and optimizer.step()",
        )
    if not any(name in look.gradients for name in still for look in looks):
        return (
            "No gradient reached it: the loss does not depend on it, or detach() or no_grad() stands between.",
            "use it in forward, without detach(); or requires_grad_(False) where it is meant",
        )
    if not largest:
        return (
            "Its gradient was 0 at every look: weights that all begin at 0 behind one another, or units that are dead.",
            "mend the dead units first" if "dead-relus" in history.told else "nn.init.kaiming_uniform_(weight)",
        )
    told = f"It has a gradient (of length up to {largest:.3g}), but"
    rates = [rate for look in looks for rate in look.learning_rates]
    if rates and not any(rates):
        return f"{told} the learning rate is 0.", "lr=0.01  # or any other above 0"
    return (
        f"{told} nothing is done with it, or the learning rate is 0, or zero_grad() comes before the step.",
        "optimizer.step()  # after loss.backward()",
    )


def _still(name: str, looks: list[Look]) -> bool:
    """Neither any look saw it move, nor is it longer or shorter in one look than in another."""
    lengths = {look.weights.get(name) for look in looks}
    return len(lengths) == 1 and not any(_moved(name, look) for look in looks)


def _moved(name: str, look: Look) -> bool:
    """Of pellucid's own loop only what comes of a step is seen: its slope says whether it moved."""
    if look.moved:
        return look.moved.get(name, 0.0) > 0
    step = max(look.learning_rates, default=0.0) * look.gradients.get(name, 0.0)
    return step > FLOAT32 * look.weights.get(name, 0.0)


def _missing(history: History) -> set[str]:
    """Names of parameters that ask for gradients and that the optimizer does not hold."""
    if history.optimizer is None:
        return set()
    held = {id(weight) for group in history.optimizer.param_groups for weight in group["params"]}
    return {name for name, weight in history.parameters.items() if weight.requires_grad and id(weight) not in held}


def _few(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


CHECKS: tuple[Check, ...] = (never_zeroed, recorded)
LAST_CHECKS: tuple[LastCheck, ...] = (lies_still,)
