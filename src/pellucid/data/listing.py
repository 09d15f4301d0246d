"""Which image files a folder or a zip holds, and what their places in it say: class, part, and folders below."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data.archives import ZipBytes, members
from pellucid.data.decode import looks_like_an_image
from pellucid.data.scan import FolderScan
from pellucid.errors import BadInput
from pellucid.shapes import Int

PART_NAMES = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("valid", "val", "validation", "dev"), "valid"),
    **dict.fromkeys(("test", "testing"), "test"),
}


UNSAID = ("thumbs.db", "desktop.ini", "dicomdir")
"""Files that programs leave beside images; nobody misses them."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Files that hold one image each, with what is known of each before any is opened."""

    source: Path
    zipped: bool
    items: list[Any]
    """What finds the bytes: a path below `source`, or a Member of the zip."""
    names: list[str]
    classes: tuple[str, ...]
    labels: Int[np.ndarray, " case"] | Int[np.ndarray, "case klass"]
    parts: list[str] | None = None
    columns: dict[str, list[str]] = field(default_factory=dict)
    """Further columns of a table, `group` among them."""
    class_depth: int | None = None
    """How many folders stand above the class folder; None where classes come from a table."""
    task: str | None = None
    said: tuple[str, ...] = ()


def list_folder(scan: FolderScan) -> Listing:
    """The images of a folder of class folders.

    Raises:
        BadInput: no images, or no class folders.
    """

    def starts_as_dicom(path: str) -> bool:
        try:
            with (scan.root / path).open("rb") as file:
                return file.read(132)[128:] == b"DICM"
        except OSError:
            return False

    images, others = images_among(scan.paths, starts_as_dicom)
    return _arrange(scan.root, images, dict(zip(images, images, strict=True)), others, zipped=False)


def list_zip(path: Path, folder: str = "") -> Listing:
    """The images of a zip of class folders; with `folder`, only those below the folder of that name."""
    found = {member.name: member for member in members(path)}
    if folder:
        found = {name: member for name, member in found.items() if folder in name.split("/")[:-1]}
    with ZipBytes(path) as read:

        def starts_as_dicom(name: str) -> bool:
            try:
                return 132 < found[name].size < 2**24 and read(found[name])[128:132] == b"DICM"
            except BadInput:
                return False

        visible = [name for name in sorted(found) if not is_hidden(name)]
        images, others = images_among(visible, starts_as_dicom)
    return _arrange(path, images, {name: found[name] for name in images}, others, zipped=True)


def is_hidden(name: str) -> bool:
    """Whether a path in a zip is one that its maker's computer keeps for itself."""
    return "/." in f"/{name}" or "/__MACOSX/" in f"/{name}"


def images_among(paths: Iterable[str], starts_as_dicom: Callable[[str], bool]) -> tuple[list[str], list[str]]:
    """Paths of images, told by their endings or (DICOM files often have none) by their first bytes, and all others."""
    images: list[str] = []
    others: list[str] = []
    for path in paths:
        name = path.rsplit("/", 1)[-1].lower()
        if name in UNSAID:
            continue
        _, dot, ending = name.rpartition(".")
        is_named = dot and not ending.isdecimal()  # DICOM files are often called by their UID: 1.2.840.113619.2
        is_image = looks_like_an_image(path) if is_named else starts_as_dicom(path)
        (images if is_image else others).append(path)
    return images, others


def _arrange(source: Path, images: list[str], items: dict[str, Any], others: list[str], zipped: bool) -> Listing:
    if not images:
        raise BadInput(
            f"{source} holds no images ({len(others)} other files): a folder of class folders with JPEG, PNG, TIFF "
            "or DICOM files is needed, such as FOLDER/benign/1.png and FOLDER/malignant/2.png."
        )
    steps = [path.split("/") for path in images]
    depth = _depth_below_wrappers(steps)
    with_parts = _has_parts(steps, depth, source)
    class_depth = depth + 1 if with_parts else depth
    inside = [index for index, step in enumerate(steps) if len(step) > class_depth + 1]
    if not inside:
        raise BadInput(
            f"{source} holds {len(images)} images but no class folders: put the images of each class into a folder of "
            "the class's name, or give a CSV with the columns path,label."
        )
    said = _left_aside(images, inside, others)
    classes = sorted({steps[index][class_depth] for index in inside}, key=_natural)
    column = {name: number for number, name in enumerate(classes)}
    return Listing(
        source=source,
        zipped=zipped,
        items=[items[images[index]] for index in inside],
        names=[images[index] for index in inside],
        classes=tuple(classes),
        labels=np.array([column[steps[index][class_depth]] for index in inside], np.int64),
        parts=[PART_NAMES[steps[index][depth].lower()] for index in inside] if with_parts else None,
        class_depth=class_depth,
        said=said,
    )


def _depth_below_wrappers(steps: list[list[str]]) -> int:
    """How many folders stand around everything, such as the one that zipping a folder adds."""
    depth = 0
    while all(len(step) > depth + 2 for step in steps) and len({step[depth] for step in steps}) == 1:
        if steps[0][depth].lower() in PART_NAMES:
            break
        depth += 1
    return depth


def _has_parts(steps: list[list[str]], depth: int, source: Path) -> bool:
    top = {step[depth] for step in steps if len(step) > depth + 1}
    as_parts = {name for name in top if name.lower() in PART_NAMES}
    if not as_parts:
        return False
    if as_parts != top:
        stray = sorted(top - as_parts)[0]
        raise BadInput(
            f"{source} has the parts {sorted(as_parts)} beside {stray!r}, which is none: "
            "keep only train, valid and test (or training, testing) there, or only class folders."
        )
    return True


def _left_aside(images: list[str], inside: list[int], others: list[str]) -> tuple[str, ...]:
    said = []
    if len(inside) < len(images):
        kept = set(inside)
        first = next(path for index, path in enumerate(images) if index not in kept)
        said.append(f"{len(images) - len(inside)} images stand in no class folder and were left out, {first} first.")
    if others:
        said.append(f"{len(others)} files are no images and were left out, {others[0]} first.")
    return tuple(said)


def _natural(name: str) -> tuple[int, int, str]:
    return (0, int(name), name) if name.isdecimal() else (1, 0, name)
