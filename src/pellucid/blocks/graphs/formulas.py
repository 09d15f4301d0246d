"""What each building block computes, in words and symbols: x goes in, y comes out, the rest is learned or fixed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import nn

from pellucid.blocks.graphs.own_settings import SAME_NUMBERS, is_known, said, settings_of

_BENT = {
    "relu": "y = max(0, x)",
    "sigmoid": "y = 1 / (1 + exp(-x))",
    "tanh": "y = (exp(x) - exp(-x)) / (exp(x) + exp(-x))",
    "gelu": "y = x Φ(x), Φ: the share of a normal below x",
    "silu": "y = x / (1 + exp(-x))",
    "softplus": "y = log(1 + exp(x))",
    "relu6": "y = min(6, max(0, x))",
    "identity": "y = x",
    "exp": "y = exp(x)",
    "log": "y = log(x)",
    "abs": "y = |x|",
    "sqrt": "y = √x",
    "globalpool": "y = largest and mean x of each channel",
}
"""Blocks that need no setting to be told, by their names in small letters; functions and modules share them."""

_ALONG = {"softmax": "y = exp(x) / Σ exp(x)", "log_softmax": "y = x - log Σ exp(x)"}
_ALONG["logsoftmax"] = _ALONG["log_softmax"]
"""Those that sum along one axis."""

_FLAT = "y = x, its numbers in one row a case"

_BETWEEN = {"add": "+", "sub": "-", "mul": "·", "truediv": "/", "div": "/", "matmul": "@", "pow": "^"}
_BETWEEN |= {f"i{name}": sign for name, sign in _BETWEEN.items()} | {f"{name}_": s for name, s in _BETWEEN.items()}


def formula_of_module(module: nn.Module) -> str:
    """What a module computes.

    >>> formula_of_module(nn.Linear(3, 2)), formula_of_module(nn.MaxPool2d(2))
    ('y = x Wᵀ + b', 'y = largest x of each 2×2')
    """
    for kind, told in _TOLD.items():
        if isinstance(module, kind) and is_known(type(module).forward):
            return told(module)
    name = type(module).__name__
    if not is_known(module):
        return f"y = {name}(x)"
    settings = settings_of(module)
    if (sums := _ALONG.get(name.lower())) is not None:
        return _along(sums, settings.get("dim"))
    bent = _FLAT if name == "Flatten" else _BENT.get(name.lower())
    return bent if bent is not None and not settings else f"y = {name}(x{said(settings)})"


def formula_of_call(name: str, given: Sequence[Any], named: Mapping[str, Any]) -> str:
    """What a function or a method computes.

    Args:
        name: of the function, such as add.
        given: its arguments in words (names of other nodes) or as they are.
        named: those given by name.

    >>> formula_of_call("add", ["conv", "x"], {}), formula_of_call("cat", [["a", "b"], 1], {})
    ('y = conv + x', 'y = a, b joined along axis 1')
    >>> formula_of_call("add", ["conv", "x"], {"alpha": 2})
    'y = add(conv, x, alpha=2)'
    """
    given = [_word(part) for part in given]
    named = {key: value for key, value in named.items() if key not in SAME_NUMBERS and value is not None}
    if name in _BETWEEN and len(given) == 2 and not named:
        return f"y = {given[0]} {_BETWEEN[name]} {given[1]}"
    if name == "neg":
        return f"y = -{given[0]}"
    if name == "cat" and given:
        axis = given[1] if len(given) > 1 else named.get("dim", 0)
        return f"y = {given[0].strip('()')} joined along axis {axis}"
    if name == "getitem" and len(given) == 2:
        return f"y = {given[0]}[{given[1].strip('()')}]"
    if (sums := _ALONG.get(name)) is not None:
        return _along(sums, given[1] if len(given) > 1 else named.get("dim"))
    plain = len(given) == 1 and not named
    if name == "flatten" and (given[1:], named) in ((["1"], {}), ([], {"start_dim": 1})):
        return _FLAT
    if plain and (bent := _BENT.get(name.rstrip("_"))) is not None:
        return bent
    set_to = [f"{key}={_word(value)}" for key, value in named.items()]
    return f"y = {name}({', '.join([*given, *set_to])})"


def _along(formula: str, axis: Any) -> str:
    return formula if axis is None else f"{formula} (Σ along axis {axis})"


def _word(part: Any) -> str:
    if isinstance(part, list | tuple):
        return f"({', '.join(map(_word, part))})"
    if isinstance(part, slice):
        start, stop = ("" if end is None else str(end) for end in (part.start, part.stop))
        return f"{start}:{stop}" + (f":{part.step}" if part.step else "")
    return "…" if part is Ellipsis else str(part)


def _across(size: Any, axes: int = 2) -> str:
    return "×".join(map(str, size if isinstance(size, tuple) else (size,) * axes))


def _one(size: Any) -> str:
    return str(size[0]) if isinstance(size, tuple) and len(set(size)) == 1 else str(size)


def _linear(module: Any) -> str:
    return "y = x Wᵀ" + (" + b" if module.bias is not None else "")


def _convolution(module: Any) -> str:
    told = [f"w: {'×'.join(map(str, module.kernel_size))} a channel"]
    told += [f"stride {_one(module.stride)}"] if set(module.stride) != {1} else []
    told += [f"edge {_one(module.padding)}"] if module.padding not in ("valid", (0,) * len(module.stride)) else []
    told += [f"dilation {_one(module.dilation)}"] if set(module.dilation) != {1} else []
    told += [f"padding_mode {module.padding_mode}"] if module.padding_mode != "zeros" else []
    told += [f"{module.groups} groups"] if module.groups > 1 else []
    return f"y = w * x{' + b' if module.bias is not None else ''} ({', '.join(told)})"


def _pool(what: str, axes: int) -> Callable[[Any], str]:
    def told(module: Any) -> str:
        size, settings = module.kernel_size, settings_of(module)
        if settings.get("stride") in (size, (size,) * axes):
            del settings["stride"]  # as wide as what it looks at: the usual one
        more = [f"{name} {_one(value)}" for name, value in settings.items()]
        return f"y = {what} x of each {_across(size, axes)}" + (f" ({', '.join(more)})" if more else "")

    return told


def _scaled(module: nn.Module) -> str:
    """A norm, with the scale and shift that it has."""
    scale, shift = (getattr(module, name, None) is not None for name in ("weight", "bias"))
    return f"y = {'γ ' if scale else ''}(x - μ) / √(σ² + ε){' + β' if shift else ''}"


def _batch_norm(module: Any) -> str:
    own = module.training or not module.track_running_stats
    return f"{_scaled(module)} (μ, σ of {'this batch' if own else 'training'})"


def _dropout(module: Any) -> str:
    if not module.training:
        return "y = x (dropout is off)"
    return f"y = 0 with probability {module.p:g}, else x / {1 - module.p:g}"


_TOLD: dict[Any, Callable[[Any], str]] = {
    nn.Linear: _linear,
    (nn.Conv1d, nn.Conv2d, nn.Conv3d): _convolution,
    **{kind: _pool("largest", axes) for axes, kind in enumerate((nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d), 1)},
    **{kind: _pool("mean", axes) for axes, kind in enumerate((nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d), 1)},
    (nn.AdaptiveAvgPool2d,): lambda pool: f"y = mean x, in {_across(pool.output_size)} parts",
    (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d): _batch_norm,
    (nn.LayerNorm,): lambda norm: f"{_scaled(norm)} (μ, σ of the last {len(norm.normalized_shape)} axes)",
    (nn.GroupNorm,): lambda norm: f"{_scaled(norm)} (μ, σ of {norm.num_groups} groups of channels)",
    (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d): _dropout,
    (nn.LeakyReLU,): lambda bent: f"y = x where x > 0, else {bent.negative_slope:g} x",
    (nn.Embedding,): lambda table: "y = W[x], a row for each index",
}
