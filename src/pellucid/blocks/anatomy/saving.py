"""The same tensors saved by torch, safetensors and HDF5: what each keeps, what it costs, can it run code?"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from pellucid.blocks.anatomy.facts import counted
from pellucid.blocks.anatomy.file_formats import FORMATS, Format, Tensors
from pellucid.blocks.anatomy.savable import refuse_unsavable
from pellucid.blocks.anatomy.sharing import families
from pellucid.errors import BadInput
from pellucid.shapes import Shaped

ROOM = (
    16384  # bytes that names and headers of a few tensors take; chosen by us, above what each format was seen to need
)


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of the tensors in one format; all but the two sentences is measured by loading them again.

    Args:
        name: of the format.
        path: where the file lies.
        bytes_on_disk: its size.
        bytes_of_numbers: of all tensors' numbers; a much larger file holds more than was asked for.
        keeps_names: whether the tensors came back under their names.
        keeps_dtype: whether each came back in its dtype.
        keeps_strides: whether each came back with its strides.
        keeps_sharing: whether those that shared a storage do so again, and no others.
        same_numbers: whether all numbers came back as they were.
        runs_code: whether loading can run code that is in the file.
        reads_part: how the first row of one tensor is read without the rest.
    """

    name: str
    path: Path
    bytes_on_disk: int
    bytes_of_numbers: int
    keeps_names: bool
    keeps_dtype: bool
    keeps_strides: bool
    keeps_sharing: bool
    same_numbers: bool
    runs_code: str
    reads_part: str

    def lines(self) -> list[str]:
        """All of it in words."""
        kept = {
            "names": self.keeps_names,
            "dtypes": self.keeps_dtype,
            "strides": self.keeps_strides,
            "what shares a storage": self.keeps_sharing,
            "every number": self.same_numbers,
        }
        lost = [what for what, is_kept in kept.items() if not is_kept]
        return [
            f"{self.name}: {self.bytes_on_disk:,} bytes for {counted(self.bytes_of_numbers, 'byte')} of numbers",
            *self._too_much(),
            f"  keeps {', '.join(what for what, is_kept in kept.items() if is_kept)}",
            *([f"  does not keep {', '.join(lost)}"] if lost else []),
            f"  runs code on loading: {self.runs_code}",
            f"  a part alone: {self.reads_part}",
        ]

    def _too_much(self) -> list[str]:
        if self.bytes_on_disk < ROOM + 2 * self.bytes_of_numbers:
            return []
        asked = counted(self.bytes_of_numbers, "byte")
        told = f"  only {asked} were asked for: a view is saved with the whole storage behind it"
        return [f"{told}; save x.clone() where only its own numbers are wanted"]


def save_three_ways(tensors: Mapping[str, Shaped[Tensor, "..."]], folder: Path | str) -> tuple[Saved, Saved, Saved]:
    """Save the tensors in all three formats, load them again, and tell what is left.

    Where a format refuses a tensor as it is, it gets what its manual asks for: safetensors a contiguous copy (it takes
    no strides and no shared storage), HDF5 float32 for bfloat16, which it does not know.

    Args:
        tensors: by name, on the CPU.
        folder: an existing one; files of an earlier call are replaced.
    Returns:
        what became of them in torch's own format, safetensors and HDF5.
    Raises:
        BadInput: no tensors, no such folder, or a name or a tensor that one of the formats cannot hold.

    >>> import tempfile
    >>> import torch
    >>> many = torch.zeros(100_000)
    >>> with tempfile.TemporaryDirectory() as folder:  # torch writes the whole storage behind a view
    ...     three = save_three_ways({"few": many[:10]}, folder)
    >>> [one.bytes_on_disk > 400_000 for one in three], three[0].bytes_of_numbers
    ([True, False, False], 40)
    """
    folder = Path(folder)
    if not tensors:
        raise BadInput("There are no tensors; at least one was needed. Pass a dict of names and tensors.")
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder; an existing one was needed. Make it first.")
    refuse_unsavable(tensors)
    one, two, three = (_saved(form, dict(tensors), folder / form.file) for form in FORMATS)
    return one, two, three


def _saved(form: Format, tensors: Tensors, path: Path) -> Saved:
    form.save(tensors, path)
    loaded = form.load(path)
    pairs = [(tensor, loaded[name]) for name, tensor in tensors.items() if name in loaded]
    return Saved(
        name=form.name,
        path=path,
        bytes_on_disk=path.stat().st_size,
        bytes_of_numbers=sum(tensor.numel() * tensor.element_size() for tensor in tensors.values()),
        keeps_names=set(loaded) == set(tensors),
        keeps_dtype=all(ours.dtype == theirs.dtype for ours, theirs in pairs),
        keeps_strides=all(ours.stride() == theirs.stride() for ours, theirs in pairs),
        keeps_sharing=families(tensors) == families({name: loaded[name] for name in tensors if name in loaded}),
        same_numbers=all(same(ours, theirs) for ours, theirs in pairs) and _part_is_same(form, tensors, path),
        runs_code=form.runs_code,
        reads_part=form.reads_part,
    )


def _part_is_same(form: Format, tensors: Tensors, path: Path) -> bool:
    return all(same(tensor[:1], form.part(path, name)) for name, tensor in tensors.items() if tensor.ndim)


def same(ours: Shaped[Tensor, "..."], theirs: Shaped[Tensor, "..."]) -> bool:
    """Whether both hold the same numbers; not-a-number counts as the same as itself.

    >>> import torch
    >>> same(torch.tensor([1.0, float("nan")]), torch.tensor([1.0, float("nan")]))
    True
    """
    if ours.shape != theirs.shape:
        return False
    return bool(((ours == theirs) | ((ours != ours) & (theirs != theirs))).all())
