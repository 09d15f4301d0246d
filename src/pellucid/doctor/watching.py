"""`with watch(model, optimizer) as doctor:` around a loop of torch: what is silently wrong is told at its end."""

from __future__ import annotations

import re
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

    def __enter__(self) -> Doctor:
        self._steps.begin()
        self._stops += hear_comparisons(self._opening.hook(self._compared))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        if raised is not None:
            self._guarded(_of_exception, raised, self.history)
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
            lines = [f"The doctor looked {self.looks} times and found nothing wrong."]
        if self.stumbled:
            first = f"{type(self.stumbled[0]).__name__}: {self.stumbled[0]}".partition("\n")[0]
            lines.append(f"The doctor stumbled {len(self.stumbled)} times, first over {first}")
        return "\n".join(lines)

    @property
    def stumbled(self) -> list[Exception]:
        """What went wrong in the looking itself; the loop was left alone."""
        return self._opening.stumbled

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
        BadInput: nothing to watch, or another scaling.
    """
    if scaling not in (None, "as-pretrained"):
        raise BadInput(f'scaling {scaling!r} is not known: leave it out, or say scaling="as-pretrained".')
    if every < 1:
        raise BadInput(f"every is {every}, and must be 1 or more: it is the number of steps from look to look.")
    if isinstance(model, nn.Module):
        module: nn.Module | None = model
        parameters: dict[str, Tensor] = dict(model.named_parameters())
    else:
        module = None
        tensors = model.items() if isinstance(model, Mapping) else enumerate(model)
        parameters = {str(name): tensor for name, tensor in tensors}
    if not parameters:
        raise BadInput("There is nothing to watch: the model has no parameters. Hand over the module, or its tensors.")
    history = History(parameters, module, optimizer, classes, resumed, scaling)
    return Doctor(history, every, say or _to_stderr)


def _to_stderr(told: str) -> None:
    sys.stderr.write(f"{told}\n")


def _of_exception(raised: BaseException, history: History) -> Iterable[Finding]:
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
