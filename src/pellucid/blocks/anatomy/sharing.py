"""Which tensors read the same storage: a change through one of them shows in all."""

from collections.abc import Mapping

from torch import Tensor

from pellucid.errors import BadInput
from pellucid.shapes import Shaped


def shares_storage(first: Shaped[Tensor, "..."], second: Shaped[Tensor, "..."]) -> bool:
    """Whether both read one storage. They may still read different cells of it, as two rows of a matrix do.

    Args:
        first: a strided tensor.
        second: another.
    Returns:
        True where both storages begin at one address of one device; never for tensors that store nothing.

    >>> import torch
    >>> notes = torch.tensor([[4, 1], [5, 3], [2, 1]])
    >>> shares_storage(notes, notes.T), shares_storage(notes, notes.T.contiguous())
    (True, False)
    """
    return bool(_address(first)[1]) and _address(first) == _address(second)


def families(tensors: Mapping[str, Shaped[Tensor, "..."]]) -> list[list[str]]:
    """The names of the tensors, those together that share a storage.

    Args:
        tensors: by name; `model.state_dict()` shows tied weights.
    Returns:
        lists of names, in the order in which the first of each came.

    >>> import torch
    >>> notes = torch.tensor([[4, 1], [5, 3], [2, 1]])
    >>> families({"notes": notes, "copy": notes.clone(), "row": notes[1]})
    [['notes', 'row'], ['copy']]
    """
    found: dict[tuple[str, int, str], list[str]] = {}
    for name, tensor in tensors.items():
        device, address = _address(tensor)
        found.setdefault((device, address, "" if address else name), []).append(name)
    return list(found.values())


def refuse_lazy(tensor: Shaped[Tensor, "..."], name: str) -> None:
    """Refuse a tensor whose signs are turned only as it is read: its storage holds other numbers than it shows.

    Raises:
        BadInput: it is what conj() gave, or the imaginary part of that.
    """
    for turned, ends in ((tensor.is_conj(), "conj"), (tensor.is_neg(), "neg")):
        if turned:
            raise BadInput(
                f"{name} turns signs only as it is read: its storage holds other numbers. Pass {name}.resolve_{ends}()."
            )


def _address(tensor: Shaped[Tensor, "..."]) -> tuple[str, int]:
    return str(tensor.device), tensor.untyped_storage().data_ptr()
