"""What a tensor is made of: a row of numbers in memory, and a rule that says which of them an index reads.

Read `anatomy` first, then `side_by_side` for views of one storage, `watch_copies` for operations that copied without a
word, and `broadcast` for two shapes that meet. Every object here prints its `lines()`; those with `as_svg()` draw
themselves in a notebook. Names are looked up on first use, so that the command line starts in a moment.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pellucid.blocks.anatomy.alongside import SideBySide, side_by_side
    from pellucid.blocks.anatomy.bit_depths import BitDepth, bit_depth
    from pellucid.blocks.anatomy.boxes import Boxed, boxed
    from pellucid.blocks.anatomy.broadcasting import Broadcasting, broadcast
    from pellucid.blocks.anatomy.copy_watch import CopyWatch, watch_copies
    from pellucid.blocks.anatomy.copy_words import Copied
    from pellucid.blocks.anatomy.layout_order import Arranged, layouts, to_layout
    from pellucid.blocks.anatomy.looking import Anatomy, anatomy
    from pellucid.blocks.anatomy.saving import Saved, save_three_ways
    from pellucid.blocks.anatomy.scattering import OneHot, one_hot, one_hot_step_by_step
    from pellucid.blocks.anatomy.sharing import families, shares_storage

_HOME = {
    "Anatomy": "looking",
    "Arranged": "layout_order",
    "BitDepth": "bit_depths",
    "Boxed": "boxes",
    "Broadcasting": "broadcasting",
    "Copied": "copy_words",
    "CopyWatch": "copy_watch",
    "OneHot": "scattering",
    "Saved": "saving",
    "SideBySide": "alongside",
    "anatomy": "looking",
    "bit_depth": "bit_depths",
    "boxed": "boxes",
    "broadcast": "broadcasting",
    "families": "sharing",
    "layouts": "layout_order",
    "one_hot": "scattering",
    "one_hot_step_by_step": "scattering",
    "save_three_ways": "saving",
    "shares_storage": "sharing",
    "side_by_side": "alongside",
    "to_layout": "layout_order",
    "watch_copies": "copy_watch",
}

__all__ = [
    "Anatomy",
    "Arranged",
    "BitDepth",
    "Boxed",
    "Broadcasting",
    "Copied",
    "CopyWatch",
    "OneHot",
    "Saved",
    "SideBySide",
    "anatomy",
    "bit_depth",
    "boxed",
    "broadcast",
    "families",
    "layouts",
    "one_hot",
    "one_hot_step_by_step",
    "save_three_ways",
    "shares_storage",
    "side_by_side",
    "to_layout",
    "watch_copies",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"pellucid.blocks.anatomy has no {name!r}")
    found = globals()[name] = getattr(import_module(f"pellucid.blocks.anatomy.{_HOME[name]}"), name)
    return found
