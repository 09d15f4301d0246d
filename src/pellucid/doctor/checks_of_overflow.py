"""Whether a softmax by hand takes the exponential of numbers too large for it: exp(89) is inf in float32."""

from __future__ import annotations

import math
from collections.abc import Iterator

from pellucid.doctor.finding import Finding
from pellucid.doctor.looking import Check, History, LastCheck, Look

LARGEST = 88.7
"""log(3.4e38): above it exp is inf in float32. Source: IEEE 754, binary32."""


def overflows(look: Look, history: History) -> Iterator[Finding]:
    """The sum of exponentials was inf; or the loss is no number, and such sums were seen on their way there.

    A softmax that is sheltered stays finite whatever the learning rate does. One that is not has met 89 long before a
    weight can be inf, so that it is named in place of the learning rate.
    """
    if look.loss is not None and math.isfinite(look.loss):
        return
    now = any(operation.remark == "overflowed" for operation in look.operations)
    if now or (look.phase == "training" and look.loss is not None and _unsheltered(history)):
        was = next((seen for seen in reversed(history.training) if math.isfinite(seen.loss or math.nan)), None)
        told = (
            f"exp(x) is inf for x above {LARGEST} in float32, and a softmax by hand takes it of the logits as they are"
        )
        if look.loss is not None:
            told += f": at step {look.step} the loss is {look.loss:g}"
            told += f"; it was {was.loss:.3g} at step {was.step}" if was is not None else ""
        mend = "log_p = x - x.logsumexp(1, keepdim=True)  # or F.log_softmax(x, dim=1): the largest is taken off first"
        yield Finding("softmax-overflows", f"{told}.", mend, look.step)


def _unsheltered(history: History) -> bool:
    """Whether a finite look saw exponentials of numbers whose largest had not been taken off."""
    return any(
        operation.remark == "may overflow"
        for seen in history.training
        if math.isfinite(seen.loss or 0.0)
        for operation in seen.operations
    )


CHECKS: tuple[Check, ...] = (overflows,)
LAST_CHECKS: tuple[LastCheck, ...] = ()
