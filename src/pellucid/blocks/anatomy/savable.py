"""What all three file formats can hold: checked before anything is written."""

from collections.abc import Mapping

import torch
from torch import Tensor

from pellucid.blocks.anatomy.sharing import refuse_lazy
from pellucid.errors import BadInput
from pellucid.shapes import Shaped

HELD = frozenset(
    (
        *(torch.bool, torch.uint8, torch.uint16, torch.uint32, torch.uint64, torch.int8, torch.int16, torch.int32),
        *(torch.int64, torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64),
    )
)
"""What torch, safetensors and NumPy all know; bfloat16 goes to HDF5 as float32."""


def refuse_unsavable(tensors: Mapping[str, Shaped[Tensor, "..."]]) -> None:
    """Refuse what one of the formats would stumble over.

    Raises:
        BadInput: a name that HDF5, where "/" parts folders, cannot tell from another, or a tensor of another kind.
    """
    for name, tensor in tensors.items():
        _refuse_name(name, tensors)
        if tensor.is_quantized:
            raise BadInput(f"{name} is quantized, which safetensors and HDF5 cannot hold. Pass {name}.dequantize().")
        if tensor.layout != torch.strided:
            raise BadInput(f"{name} is {tensor.layout}; one with strides was needed. Pass {name}.to_dense().")
        if tensor.device.type != "cpu":
            raise BadInput(f"{name} lies on {tensor.device}; one on the CPU was needed. Pass {name}.cpu().")
        if tensor.dtype not in HELD:
            raise BadInput(f"{name} is of {tensor.dtype}, which not all formats know. Pass {name}.float(), for one.")
        refuse_lazy(tensor, name)


def _refuse_name(name: str, tensors: Mapping[str, Shaped[Tensor, "..."]]) -> None:
    parts = name.split("/")
    if not {"", "."}.isdisjoint(parts) or "\0" in name or name == "__metadata__":
        raise BadInput(f"{name!r} cannot name a tensor in all three formats. Call it by a plain word, such as 'x'.")
    above = ["/".join(parts[:deep]) for deep in range(1, len(parts))]
    for other in above:
        if other in tensors:
            raise BadInput(
                f"{name!r} lies within {other!r}, as HDF5 reads names, and a tensor holds no other. "
                f"Write {name.replace('/', '.')!r}."
            )
