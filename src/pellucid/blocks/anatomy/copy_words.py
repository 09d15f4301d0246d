"""What is said of a copy that nobody asked for: what was copied, how many bytes, what to write instead."""

from dataclasses import dataclass

from torch import Tensor

from pellucid.blocks.anatomy.facts import counted
from pellucid.shapes import Shaped

# Operations that give a view where they can, or that give one in NumPy, by the way they copy.
RESHAPING = ("reshape", "reshape_as", "flatten", "ravel")
ASKING = ("contiguous",)
CONVERTING = (
    *("to", "type", "type_as", "float", "double", "half", "bfloat16", "int", "long", "short", "char", "byte", "bool"),
    *("cfloat", "cdouble", "cpu", "cuda"),
)
PICKING = ("__getitem__", "index_select", "masked_select", "take", "take_along_dim", "gather", "diag")
FLIPPING = ("flip", "fliplr", "flipud", "rot90")
REPEATING = ("repeat", "tile")
WATCHED = frozenset((*RESHAPING, *ASKING, *CONVERTING, *PICKING, *FLIPPING, *REPEATING))


@dataclass(frozen=True, slots=True)
class Copied:
    """An operation that copied where one could believe that it gave a view.

    Args:
        operation: its name; picking by a mask or a list is "index".
        where: file and line of the call.
        size: of the tensor that it was given.
        bytes_copied: of the new storage, each time.
        told: what happened, with its numbers.
        copy_meant: what to write where a copy was meant, so that readers see it.
        view_needed: what to write where a view was needed, so that changes come through.
        times: how often it happened at this place with this size.
    """

    operation: str
    where: str
    size: tuple[int, ...]
    bytes_copied: int
    told: str
    copy_meant: str
    view_needed: str
    times: int = 1

    def lines(self) -> list[str]:
        """What happened, and both ways out."""
        often = f" ({self.times:,} times, {self.times * self.bytes_copied:,} bytes in all)" if self.times > 1 else ""
        return [
            f"{self.where}: {self.told}{often}",
            f"  a copy was meant: {self.copy_meant}",
            f"  a view was needed: {self.view_needed}",
        ]


def describe(operation: str, given: Shaped[Tensor, "..."], made: Shaped[Tensor, "..."], where: str) -> Copied:
    """The words for one copy.

    Args:
        operation: one of WATCHED.
        given: the tensor that it was called on.
        made: what it gave, in a storage of its own.
        where: file and line of the call.
    """
    told, copy_meant, view_needed = _words(operation, given, made)
    size, copied = tuple(given.shape), made.untyped_storage().nbytes()
    name = "index" if operation == "__getitem__" else operation
    said = "an index" if name == "index" else f"{name}()"
    many = f"{counted(made.numel(), 'number')} ({counted(copied, 'byte')})"
    told = f"{said} copied {many} into a storage of their own: {told}"
    return Copied(name, where, size, copied, told, copy_meant, view_needed)


def _words(operation: str, given: Shaped[Tensor, "..."], made: Shaped[Tensor, "..."]) -> tuple[str, str, str]:
    wanted = ", ".join(map(str, made.shape))
    if operation in RESHAPING:
        return (
            f"read as {tuple(made.shape)}, a tensor of size {tuple(given.shape)} and stride {given.stride()} "
            "has no even steps.",
            f"x.contiguous().view({wanted})",
            f"x.view({wanted}), which refuses where only a copy would do; reshape before you transpose or slice",
        )
    if operation in ASKING:
        return (
            f"with stride {given.stride()} a tensor of size {tuple(given.shape)} does not lie in the order asked for.",
            "leave it, with a comment: changes to the copy do not reach x",
            "leave .contiguous() out; most operations take any stride",
        )
    if operation in CONVERTING:
        return _conversion(operation, given, made)
    if operation in FLIPPING:
        return (
            "torch has no strides below 0, so it cannot flip by a view as NumPy does.",
            f"leave it: {operation}() always copies; changes to the result do not reach x",
            "there is none in torch; change x, and flip again",
        )
    if operation in REPEATING:
        return (
            "every repetition is stored once more.",
            f"leave it, if the repetitions are to be changed one by one; {operation}() always copies",
            "x.expand(...), where an axis has length 1: stride 0 reads the same cells again",
        )
    if operation == "diag":
        return "the diagonal's numbers now lie side by side.", "x.diagonal().clone()", "x.diagonal()"
    return (
        "numbers picked by a list, a mask or a tensor of indices lie at uneven steps.",
        "leave it, with a comment: such a pick always copies, and changes to the result do not reach x",
        "pick by a slice (x[1:3], x[::2]), or write through the index: x[indices] = values",
    )


def _conversion(operation: str, given: Shaped[Tensor, "..."], made: Shaped[Tensor, "..."]) -> tuple[str, str, str]:
    if given.dtype != made.dtype:
        size = counted(given.element_size(), "byte")
        told = f"{_word(given)} of {size} each became {_word(made)} of {made.element_size()}."
        once = "there is none, other dtypes need other bytes; convert once, at the door, and keep the result"
    elif given.device != made.device:
        told = f"they lay on {given.device} and were needed on {made.device}."
        once = "there is none across devices; move once, before the loop, and keep the result"
    else:
        told = f"stride {given.stride()} became {made.stride()}."
        once = "leave it out; most operations take any stride"
    return told, f"leave it, with a comment: changes to the result of {operation}() do not reach x", once


def _word(tensor: Shaped[Tensor, "..."]) -> str:
    return str(tensor.dtype).removeprefix("torch.")
