"""Tensors by name to a file and back: torch's own format, safetensors, and HDF5."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from pellucid.shapes import Shaped

Tensors = dict[str, Shaped[Tensor, "..."]]


def save_torch(tensors: Tensors, path: Path) -> None:
    """A zip with every storage whole, and a pickle that says how each tensor reads it."""
    torch.save(tensors, path)


def load_torch(path: Path) -> Tensors:
    """All tensors; nothing but tensors and plain data is let in."""
    found: Tensors = torch.load(path, weights_only=True)
    return found


def part_of_torch(path: Path, name: str) -> Shaped[Tensor, "..."]:
    """The first row of one tensor; the rest of the file is mapped, not read."""
    found: Tensors = torch.load(path, weights_only=True, mmap=True)
    return found[name][:1].clone()


def save_safetensors(tensors: Tensors, path: Path) -> None:
    """A header in JSON, then each tensor's numbers row by row; so views are copied, each into a storage of its own."""
    from safetensors.torch import save_file

    save_file(
        {name: tensor.detach().clone(memory_format=torch.contiguous_format) for name, tensor in tensors.items()}, path
    )


def load_safetensors(path: Path) -> Tensors:
    """All tensors."""
    from safetensors.torch import load_file

    found: Tensors = load_file(path)
    return found


def part_of_safetensors(path: Path, name: str) -> Shaped[Tensor, "..."]:
    """The first row of one tensor, read alone."""
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        part: Tensor = file.get_slice(name)[:1]
    return part


def save_hdf5(tensors: Tensors, path: Path) -> None:
    """A dataset for each tensor, with its name, shape and numbers."""
    import h5py

    with h5py.File(path, "w") as file:
        for name, tensor in tensors.items():
            known = tensor.float() if tensor.dtype == torch.bfloat16 else tensor
            file.create_dataset(name, data=known.detach().numpy())


def load_hdf5(path: Path) -> Tensors:
    """All tensors."""
    import h5py

    found: Tensors = {}

    def note(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = torch.from_numpy(item[...]) if item.shape else torch.tensor(item[()])

    with h5py.File(path, "r") as file:
        file.visititems(note)
    return found


def part_of_hdf5(path: Path, name: str) -> Shaped[Tensor, "..."]:
    """The first row of one tensor, read alone."""
    import h5py

    with h5py.File(path, "r") as file:
        return torch.from_numpy(file[name][:1])


@dataclass(frozen=True, slots=True)
class Format:
    """One of the three formats.

    Args:
        name: of the format.
        file: name of the file that it is saved in.
        save: writes tensors by name.
        load: reads all of them.
        part: reads the first row of one tensor alone.
        runs_code: whether loading can run code that is in the file, as its manual says.
        reads_part: how one reads a part alone.
    """

    name: str
    file: str
    save: Callable[[Tensors, Path], None]
    load: Callable[[Path], Tensors]
    part: Callable[[Path, str], Shaped[Tensor, "..."]]
    runs_code: str
    reads_part: str


FORMATS = (
    Format(
        "torch",
        "tensors.pt",
        save_torch,
        load_torch,
        part_of_torch,
        "it is a pickle, which can; torch.load(..., weights_only=True) lets in tensors and plain data only",
        "by torch.load(..., weights_only=True, mmap=True): only what is touched is read",
    ),
    Format(
        "safetensors",
        "tensors.safetensors",
        save_safetensors,
        load_safetensors,
        part_of_safetensors,
        "no: a header in JSON, then numbers",
        "by safe_open(...).get_slice(name)[:1]",
    ),
    Format(
        "HDF5",
        "tensors.h5",
        save_hdf5,
        load_hdf5,
        part_of_hdf5,
        "no: named datasets of numbers",
        "by file[name][:1]",
    ),
)
