"""What is being noted during one look, until it is over."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from pellucid.doctor.looking import Look, LossCall, Operation, Phase, Rectified

MOST_BACKWARDS, MOST_LOSSES, MOST_MARKS = 32, 64, 4096
"""No more is noted of one step. Chosen by us: more than the steps of sound loops need, and little memory."""


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
    shut: bool = False
    inputs: Tensor | None = None
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
    asked: int = 0
    after_backward: dict[str, float] = field(default_factory=dict)
    before: dict[str, Tensor] = field(default_factory=dict)
    lengths: tuple[tuple[str, ...], tuple[str, ...], list[Tensor]] = field(default_factory=lambda: ((), (), []))
    _marks: dict[int, tuple[str, Tensor, int | None]] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        """Whether enough was noted: a loop that never makes its step must not have the notes grow and grow."""
        return self.backwards > MOST_BACKWARDS or len(self.losses) > MOST_LOSSES or len(self._marks) > MOST_MARKS

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
            self.asked,
            self.after_backward,
        )
