"""What is being noted during one look, until it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from pellucid.doctor.looking import Look, LossCall, Operation, Phase, Rectified


@dataclass(slots=True)
class Notes:
    """A Look in the making. `marks` says what some tensors of this step are, by what they were computed from."""

    step: int
    phase: Phase
    early: bool
    training_mode: bool = True
    records_gradients: bool = True
    in_forward: bool = False
    by_hand: bool = False
    shallow: bool = False
    shut: bool = False
    inputs: Tensor | None = None
    outputs: Tensor | None = None
    first_operation: str = ""
    losses: list[LossCall] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    rectified: list[Rectified] = field(default_factory=list)
    gradients: dict[str, float] = field(default_factory=dict)
    left_over: float = 0.0
    weights: dict[str, float] = field(default_factory=dict)
    moved: dict[str, float] = field(default_factory=dict)
    recorded_updates: list[str] = field(default_factory=list)
    learning_rates: tuple[float, ...] = ()
    labels_and_columns: tuple[dict[int, int], int] = field(default_factory=lambda: ({}, 0))
    backwards: int = 0
    before: dict[str, Tensor] = field(default_factory=dict)
    _marks: dict[int, tuple[str, Tensor, int | None]] = field(default_factory=dict)

    def mark(self, tensor: Tensor, what: str, source: int | None = None) -> None:
        """Remember what a tensor is; it is kept alive until the look is over, so that its id stays its own."""
        self._marks[id(tensor)] = (what, tensor, source)

    def unmark(self, tensor: object) -> None:
        """Forget what a tensor was."""
        self._marks.pop(id(tensor), None)

    def marked(self, tensor: object) -> str:
        """What a tensor is, or nothing."""
        return self._marks[id(tensor)][0] if id(tensor) in self._marks else ""

    def source(self, tensor: object) -> int | None:
        """The id of the tensor that this one was computed from, where it was marked with one."""
        return self._marks[id(tensor)][2] if id(tensor) in self._marks else None

    def finished(self) -> Look:
        """The look, with its tensors."""
        labels, columns = self.labels_and_columns
        return Look(
            self.step,
            self.phase,
            self.training_mode,
            self.records_gradients,
            self.inputs,
            self.outputs,
            self.first_operation,
            tuple(self.losses),
            tuple(self.operations),
            tuple(self.rectified),
            self.gradients,
            self.left_over,
            self.weights,
            self.moved,
            tuple(self.recorded_updates),
            self.learning_rates,
            labels,
            columns,
            self.backwards,
        )


def norms(tensors: Mapping[str, Tensor]) -> dict[str, float]:
    """The length of each tensor; one wait for the device, however many they are."""
    kept = {name: tensor for name, tensor in tensors.items() if tensor.is_floating_point() and tensor.numel()}
    if not kept:
        return {}
    with torch.no_grad():
        lengths = torch._foreach_norm(list(kept.values()))
        if len({(length.device, length.dtype) for length in lengths}) > 1:
            lengths = tuple(length.cpu().double() for length in lengths)
        return dict(zip(kept, torch.stack(lengths).tolist(), strict=True))


def gradients_of(parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The gradients that stand there now; sparse ones are left out, and those of frozen parameters."""
    found = {
        name: parameter.grad for name, parameter in parameters.items() if parameter.is_leaf and parameter.requires_grad
    }
    return {name: slope for name, slope in found.items() if slope is not None and not slope.is_sparse}
