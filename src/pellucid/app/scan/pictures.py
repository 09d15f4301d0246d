"""One plane of a scan as a picture, with what a stage made of it laid over; a pixel is a voxel of the working grid."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Literal, get_args

import numpy as np

from pellucid.ct.reporting.colours import MARK, heat_colours, lung_colours
from pellucid.ct.reporting.windows import BONE, LUNG, MEDIASTINUM, Window, as_grey
from pellucid.ct.study_facts import Study
from pellucid.data.volumes import Volume
from pellucid.errors import BadInput
from pellucid.shapes import Bool, Shaped, UInt8

PlaneName = Literal["axial", "coronal", "sagittal"]
PLANES: tuple[PlaneName, ...] = get_args(PlaneName)
WINDOWS: dict[str, Window] = {window.name: window for window in (LUNG, MEDIASTINUM, BONE)}
STAGES = ("scan", "lungs", "heat", "lumps", "verdicts")
"""What can be laid over: nothing, lungs, heat map, outlines of all lumps, of lumps by verdict."""
ACCEPTED, REJECTED = MARK, "#9aa7b4"
OPACITY = 255
"""Of outlines, 0 to 255. Chosen by us."""


def cut(voxels: Shaped[np.ndarray, "slice row column *rest"], plane: str, number: int) -> np.ndarray:
    """A plane of the working grid as one looks at it: head or front up, the patient's right (or front) at the left.

    Raises:
        BadInput: no such plane.

    >>> grid = np.arange(24).reshape(2, 3, 4)
    >>> cut(grid, "axial", 1).tolist()
    [[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]]
    >>> cut(grid, "coronal", 0).tolist()
    [[12, 13, 14, 15], [0, 1, 2, 3]]
    >>> cut(grid, "sagittal", 3).tolist()
    [[15, 19, 23], [3, 7, 11]]
    """
    if plane not in PLANES:
        raise BadInput(f"There is no plane {plane!r}: ask for {', '.join(PLANES)}.")
    axis = PLANES.index(plane)
    if not 0 <= number < voxels.shape[axis]:
        raise BadInput(f"There is no {plane} plane {number}: they are numbered from 0 to {voxels.shape[axis] - 1}.")
    found: np.ndarray = voxels.take(number, axis)
    return found if plane == "axial" else found[::-1]


def picture(working: Volume, study: Study | None, plane: str, number: int, window: str, stage: str) -> bytes:
    """A PNG, a pixel a voxel of 1 mm.

    Args:
        working: the scan on the working grid.
        study: what the stages made of it; None while they are at work.
        plane, number: which plane.
        window: "lung", "mediastinum" or "bone".
        stage: what is laid over it, one of STAGES.
    Raises:
        BadInput: none of these.
    """
    from PIL import Image

    if window not in WINDOWS or stage not in STAGES:
        raise BadInput(f"There is no window {window!r} or no stage {stage!r}.")
    grey = as_grey(np.ascontiguousarray(cut(working.voxels_hu, plane, number)), WINDOWS[window])
    shown = np.repeat(grey[..., None], 3, axis=2)
    if study is not None and stage != "scan":
        shown = _over(shown, OVERLAYS[stage](study, plane, number))
    file = io.BytesIO()
    Image.fromarray(shown).save(file, "png", compress_level=1)
    return file.getvalue()


def _over(
    below: UInt8[np.ndarray, "row column 3"], above: UInt8[np.ndarray, "row column 4"]
) -> UInt8[np.ndarray, "row column 3"]:
    """Colours with their opacity laid over others."""
    share = above[..., 3:].astype(np.float32) / 255
    mixed: UInt8[np.ndarray, "row column 3"] = (below + share * (above[..., :3].astype(np.float32) - below)).astype(
        np.uint8
    )
    return mixed


def _lungs(study: Study, plane: str, number: int) -> np.ndarray:
    return lung_colours(np.ascontiguousarray(cut(study.lungs.side, plane, number)))


def _heat(study: Study, plane: str, number: int) -> np.ndarray:
    return heat_colours(cut(study.likeness.values, plane, number).astype(float))


def _masks(study: Study, plane: str, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Which voxels of the plane belong to accepted lumps, and which to rejected ones, each row column."""
    shape, axis = study.working.voxels_hu.shape, PLANES.index(plane)
    masks = np.zeros([2, *(size for at, size in enumerate(shape) if at != axis)], bool)
    for one in study.nodules:
        lump = one.lump
        inside = number - lump.corner_irc[axis]
        if 0 <= inside < lump.outline.shape[axis]:
            part = lump.outline.take(inside, axis)
            corner = [at for of, at in enumerate(lump.corner_irc) if of != axis]
            at = tuple(slice(first, first + size) for first, size in zip(corner, part.shape, strict=True))
            masks[int(not one.accepted)][at] |= part
    accepted, rejected = masks if plane == "axial" else masks[:, ::-1]
    return accepted, rejected


def ring(
    mask: Bool[np.ndarray, "row column"], others: Bool[np.ndarray, "row column"]
) -> Bool[np.ndarray, "row column"]:
    """Voxels outside both masks that touch the first by a side: its outline, which hides nothing of it.

    >>> ring(np.array([[False, False, False, True]]), np.array([[True, False, False, False]])).tolist()
    [[False, False, True, False]]
    """
    wide = np.pad(mask, 1)
    touching = wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]
    return np.asarray(touching & ~mask & ~others)


def _lumps(study: Study, plane: str, number: int) -> np.ndarray:
    """All lumps in one colour."""
    accepted, rejected = _masks(study, plane, number)
    every = accepted | rejected
    return _coloured({ACCEPTED: ring(every, every)})


def _verdicts(study: Study, plane: str, number: int) -> np.ndarray:
    """Accepted lumps with a whole outline, rejected ones with a dotted one in grey."""
    accepted, rejected = _masks(study, plane, number)
    dots = np.indices(accepted.shape).sum(0) % 2 == 0
    return _coloured({REJECTED: ring(rejected, accepted) & dots, ACCEPTED: ring(accepted, rejected)})


def _coloured(rings: dict[str, np.ndarray]) -> np.ndarray:
    """Each in its colour, nothing elsewhere; the last lies above."""
    colours = np.zeros((*next(iter(rings.values())).shape, 4), np.uint8)
    for colour, seen in rings.items():
        colours[seen] = [*bytes.fromhex(colour[1:]), OPACITY]
    return colours


OVERLAYS: dict[str, Callable[[Study, str, int], np.ndarray]] = {
    "lungs": _lungs,
    "heat": _heat,
    "lumps": _lumps,
    "verdicts": _verdicts,
}
