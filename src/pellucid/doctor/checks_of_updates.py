"""Whether a step does what a step should: gradients cleared, weights moved, all of them, and the move not recorded."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from pellucid.doctor.finding import Finding
from pellucid.doctor.looking import Check, History, LastCheck, Look
from pellucid.doctor.noting import MOST_BACKWARDS

LOOKS = 3
"""A weight that lay still in fewer looks is not spoken of. Chosen by us: a schedule may begin at 0."""

TWICE = 2
"""So often are old gradients found before it is said. Chosen by us."""

STEPS = 20
"""The same in steps. Chosen by us."""


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
    if history.optimizer is not None and any(look.backwards >= STEPS for look in history.training[:1]):
        yield from _no_step(history)
        return
    looks = [look for look in history.training if look.moved]
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
    inside = [name for name in still if name not in missing]
    if inside:
        why, mend = _why(inside, looks)
        yield Finding("never-moves", f"Unmoved after {history.steps} steps: {_few(inside)}. {why}", mend, history.steps)


def _no_step(history: History) -> Iterator[Finding]:
    """Slopes were computed again and again, and the optimizer was never asked."""
    if history.steps == 1 and not history.training[0].moved:
        backwards = history.training[0].backwards
        times = backwards if backwards <= MOST_BACKWARDS else f"more than {MOST_BACKWARDS}"
        told = f"Backward was called {times} times, and optimizer.step() never: no weight moved."
        yield Finding("never-moves", told, "optimizer.step()  # after loss.backward()", history.steps)


def _why(still: list[str], looks: list[Look]) -> tuple[str, str]:
    reached = [name for name in still if any(name in look.gradients for look in looks)]
    if not reached:
        return (
            "No gradient reached it: the loss does not depend on it, or detach() or no_grad() stands between.",
            "use it in forward, without detach(); or requires_grad_(False) where it is meant",
        )
    largest = max(look.gradients.get(name, 0.0) for name in reached for look in looks)
    if not largest:
        return (
            "Its gradient was 0 at every look: weights that all begin at 0 behind one another, or units that are dead.",
            "nn.init.kaiming_uniform_(weight)",
        )
    return (
        f"It has a gradient (of length up to {largest:.3g}), but nothing is done with it, or the learning rate is 0.",
        "optimizer.step()  # after loss.backward()",
    )


def _still(name: str, looks: list[Look]) -> bool:
    """Neither any look saw it move, nor is it longer or shorter in one look than in another."""
    lengths = {look.weights.get(name) for look in looks}
    return len(lengths) == 1 and all(look.moved.get(name, 0.0) == 0 for look in looks)


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
