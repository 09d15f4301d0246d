"""Putting our eyes among torch's function modes, and taking them out, whatever others do with theirs meanwhile.

Modes are a stack: whoever leaves a `with` block pops the uppermost, without looking whose it is. Ours comes and goes at
the steps of a loop, which are not nested in the blocks of the loop's own code. So it is put in at the bottom, where no
block that was entered before or after can pop it by mistake; only torch's own mode for a default device insists on
lying below all others.
"""

from __future__ import annotations

from torch._C import _len_torch_function_stack, _pop_torch_function_stack, _push_on_torch_function_stack
from torch.overrides import TorchFunctionMode
from torch.utils._device import DeviceContext


def put_in(mode: TorchFunctionMode) -> None:
    """Begin to see: to the bottom of this thread's stack."""
    others = [_pop_torch_function_stack() for _ in range(_len_torch_function_stack())]
    while others and isinstance(others[-1], DeviceContext):
        _push_on_torch_function_stack(others.pop())
    _push_on_torch_function_stack(mode)
    for other in reversed(others):
        _push_on_torch_function_stack(other)


def take_out(mode: TorchFunctionMode) -> bool:
    """See no more; whether it was found in this thread's stack."""
    modes = [_pop_torch_function_stack() for _ in range(_len_torch_function_stack())]
    for other in reversed(modes):
        if other is not mode:
            _push_on_torch_function_stack(other)
    return any(other is mode for other in modes)
