"""`with watch(model, optimizer) as doctor:` around a loop of torch: what is silently wrong is told at its end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch._C import DisableTorchFunction
from torch.optim import Optimizer

from pellucid.doctor.checks import CHECKS, LAST_CHECKS
from pellucid.doctor.checks_of_inputs import SCALES_ITSELF
from pellucid.doctor.checks_of_labels import spread
from pellucid.doctor.checks_of_refusals import of_exception
from pellucid.doctor.examining import examine
from pellucid.doctor.finding import Finding
from pellucid.doctor.listening import hear_comparisons, in_forward
from pellucid.doctor.looking import History, Look
from pellucid.doctor.opening import Opening
from pellucid.doctor.operations import spread_operation
from pellucid.doctor.steps_by_hand import StepsByHand
from pellucid.doctor.steps_of_module import StepsOfModule
from pellucid.errors import BadInput

if TYPE_CHECKING:
    from pellucid.learn import Step


class Doctor:
    """What `watch` gives. `findings` is what was found so far, each kind once."""

    def __init__(self, history: History, every: int, say: Callable[[str], None]) -> None:
        self.findings: list[Finding] = []
        self.history = history
        self._say = say
        self._opening = Opening(history, every, self._look)
        self._steps = (
            StepsByHand(self._opening) if history.model is None else StepsOfModule(self._opening, history.model)
        )
        self._stops: list[Callable[[], None]] = []
        self.looks = 0
        self._concluded = False
        self._raised: Exception | None = None

    def __enter__(self) -> Doctor:
        self._steps.begin()
        self._stops += hear_comparisons(self._opening.hook(self._compared))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        if raised is not None:
            self._guarded(of_exception, raised, self.history)
            self._raised = raised if isinstance(raised, Exception) else None
        self.conclude()
        self._say(self.report())

    def examine(self, step: Step) -> None:
        """Look at a step of pellucid's own loop; most calls return at once, as `every` says.

        Its slopes are written by hand, and its optimizers are its own: no hook would see them.
        """
        steps = self._steps
        try:
            if isinstance(steps, StepsOfModule) and steps.shown(step.number):
                examine(step, self.history, self._look)
        except Exception as stumbled:  # noqa: BLE001 - the loop must go on, whatever befalls who watches it
            self._opening.stumble(stumbled)

    def conclude(self) -> list[Finding]:
        """The loop is over: what shows only at the end is looked for, once. The end of a with-block does this itself.

        Returns:
            All findings.
        """
        self._end()
        if not self._concluded:
            self._concluded = True
            for check in LAST_CHECKS:
                self._guarded(check, self.history)
        return self.findings

    def report(self) -> str:
        """The findings, line by line, and what the doctor could not look at."""
        lines = [str(finding) for finding in self.findings]
        if not lines:
            lines = [f"The doctor looked {_times(self.looks)} and {self._nothing()}"]
        if self.stumbled:
            first = f"{type(self.stumbled[0]).__name__}: {self.stumbled[0]}".partition("\n")[0]
            lines.append(f"The doctor stumbled {_times(len(self.stumbled))}, first over {first}")
        return "\n".join(lines)

    @property
    def stumbled(self) -> list[Exception]:
        """What went wrong in the looking itself; the loop was left alone."""
        return self._opening.stumbled

    def _nothing(self) -> str:
        """Where nothing was found, nothing is wrong only if all was seen, and the loop came to its end."""
        if self._raised is not None:
            why = f"{type(self._raised).__name__}: {self._raised}".partition("\n")[0]
            return f"does not know why the loop was stopped by {why}"
        if not self.looks:
            return "so can say nothing: was the loop inside the block, or is the model compiled in place?"
        if self.stumbled:
            return "found nothing, but did not see everything."
        return "found nothing wrong."

    def _end(self) -> None:
        """Leave nothing behind."""
        while self._stops:
            self._stops.pop()()
        try:
            self._steps.end()
        except Exception as stumbled:  # noqa: BLE001 - as above
            self._opening.stumble(stumbled)

    def _look(self, look: Look) -> None:
        self.looks += 1
        for check in CHECKS:
            self._guarded(check, look, self.history)
        light = look.without_tensors()
        if look.phase == "training":
            self.history.training.append(light)
            if look.inputs is not None and look.first_operation not in SCALES_ITSELF:
                self.history.early_inputs.append(look.inputs)
        else:
            self.history.evaluations[-1].append(light)

    def _compared(self, one: Tensor, other: Tensor, result: Tensor) -> None:
        """Two tensors of unlike dimensions were compared, in any step."""
        with DisableTorchFunction():
            operation = spread_operation("eq", one, other, result)
            if operation is not None and not in_forward() and not self._opening.elsewhere():
                look = Look(self.history.steps, "evaluation", operations=(operation,))
                self._guarded(spread, look, self.history)

    def _guarded(self, check: Callable[..., Iterable[Finding]], *given: object) -> None:
        try:
            self._tell(check(*given))
        except Exception as stumbled:  # noqa: BLE001 - as above
            self._opening.stumble(stumbled)

    def _tell(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            if finding.kind not in self.history.told:
                self.history.told.add(finding.kind)
                self.findings.append(finding)


def watch(
    model: nn.Module | Mapping[str, Tensor] | Iterable[Tensor],
    optimizer: Optimizer | None = None,
    *,
    every: int = 50,
    classes: int | None = None,
    resumed: bool = False,
    scaling: str | None = None,
    say: Callable[[str], None] | None = None,
) -> Doctor:
    """Watch a loop of torch.

    Args:
        model: a module, or for a loop by hand its leaf tensors.
        optimizer: torch's; without one, updates are taken to be made by hand.
        every: steps from look to look; the first three are looked at in any case.
        classes: how many classes there are, if you know.
        resumed: training goes on from weights that were trained before.
        scaling: "as-pretrained" where inputs follow the constants of a pretrained network on purpose.
        say: is given what was found, at the end of the with-block, instead of its being written to stderr.
    Raises:
        BadInput: nothing to watch, no optimizer of torch's, or another scaling.
    """
    if scaling not in (None, "as-pretrained"):
        raise BadInput(f'scaling {scaling!r} is not known: leave it out, or say scaling="as-pretrained".')
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise BadInput(f"optimizer is a {type(optimizer).__name__}: hand over the one of torch.optim, or leave it out.")
    if every < 1:
        raise BadInput(f"every is {every}, and must be 1 or more: it is the number of steps from look to look.")
    if isinstance(model, nn.Module):
        module: nn.Module | None = model
        parameters: dict[str, Tensor] = dict(model.named_parameters())
    else:
        module = None
        parameters = _tensors(model)
    if not parameters:
        raise BadInput("There is nothing to watch: the model has no parameters. Hand over the module, or its tensors.")
    history = History(parameters, module, optimizer, classes, resumed, scaling)
    return Doctor(history, every, say or _to_stderr)


def _tensors(given: object) -> dict[str, Tensor]:
    """The tensors of a loop by hand, each by its key or its place."""
    if isinstance(given, Tensor):
        given = [given]
    if not isinstance(given, Iterable) or isinstance(given, type | str):
        raise BadInput(f"watch was given {given!r}, which is no model: hand over the nn.Module, or its tensors.")
    tensors = {str(name): one for name, one in (given.items() if isinstance(given, Mapping) else enumerate(given))}
    for name, one in tensors.items():
        if not isinstance(one, Tensor):
            found = f"watch was given a {type(one).__name__} at {name}, and needs tensors"
            raise BadInput(f"{found}: hand over the nn.Module, or a list or dictionary of its tensors.")
    return tensors


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _to_stderr(told: str) -> None:
    sys.stderr.write(f"{told}\n")
