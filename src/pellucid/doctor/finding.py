"""One thing that is silently wrong with a loop: its name, what was seen, and the line that would mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What the doctor found.

    Args:
        kind: a short name; docs/doctor.md explains each.
        told: what was seen, with its numbers; one or two sentences.
        mend: the line of code that would mend it.
        step: how many steps had begun when it was seen.

    >>> print(Finding("labels-spread", "The loss was taken over 8 x 8 pairs.", "labels = labels.squeeze(1)", 1))
    step 1, labels-spread: The loss was taken over 8 x 8 pairs.
        mend: labels = labels.squeeze(1)
    """

    kind: str
    told: str
    mend: str
    step: int

    def __str__(self) -> str:
        return f"step {self.step}, {self.kind}: {self.told}\n    mend: {self.mend}"
