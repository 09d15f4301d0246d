"""Shapes in annotations, as Float[Tensor, "case klass"]: jaxtyping's where it is loaded, else names without weight.

Annotations are not evaluated in ordinary use, so nobody needs to wait a tenth of a second for jaxtyping. Tests load it
first, and then every shape is checked at every call.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from jaxtyping import Bool as Bool
    from jaxtyping import Float as Float
    from jaxtyping import Int as Int
    from jaxtyping import Int16 as Int16
    from jaxtyping import Int64 as Int64
    from jaxtyping import Integer as Integer
    from jaxtyping import Shaped as Shaped
    from jaxtyping import UInt8 as UInt8
else:

    class Shaped:
        """Any array; what stands in brackets is for the reader."""

        def __class_getitem__(cls, _: object) -> Any:
            return Any

    Bool = Float = Int = Int16 = Int64 = Integer = UInt8 = Shaped
