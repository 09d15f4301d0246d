"""One prediction, opened: from its probability down to single pixels, with maps and their check, and the likest images.

Names are looked up on first use, so that the command's help waits for nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pellucid.explain.explaining import Explanation, explain_image

_HOME = {"Explanation": "explaining", "explain_image": "explaining"}

__all__ = ["Explanation", "explain_image"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"pellucid.explain has no {name!r}")
    found = globals()[name] = getattr(import_module(f"pellucid.explain.{_HOME[name]}"), name)
    return found
