"""Nodules put into the phantom: how large, how dense, none touching another; and the exact truth of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pellucid.ct.phantom.densities import draw_density
from pellucid.ct.phantom.grids import Box, Grid, box_of
from pellucid.ct.phantom.patches import Patch, measured, rotation, sampled
from pellucid.ct.phantom.placing import PLACES, draw_centre
from pellucid.ct.phantom.thorax import Thorax
from pellucid.ct.planted import Kind, PlantedNodule
from pellucid.ct.shapes import Shapes, sphere
from pellucid.data.volumes import Frame
from pellucid.shapes import Float

SHARES: dict[Kind, float] = {"solid": 0.74, "part-solid": 0.12, "ground-glass": 0.14}
"""Of LIDC's nodules about three quarters are solid. Source: Armato et al. 2011, Medical Physics 38:915."""
COUNTS_FROM_MM = 3.0
"""LUNA16 counts nodules of 3 mm and more. Source: Setio et al. 2017, Medical Image Analysis 42:1."""
SMALLEST_MM, LARGEST_MM = 3.05, 30.0
APART_MM = 4.0  # chosen by us: between two nodules lies at least so much lung
TRIES = 80  # chosen by us: with 20 nodules in a small chest all but one or two find room
MOSTLY = 0.6  # chosen by us: a nodule of which wall or vessels would hide more than 0.4 is put elsewhere

Share = Callable[[Box], Float[np.ndarray, "z y x"]]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A nodule in the scene: what is written, and what is known of it, in the scene's millimetres.

    `reach_mm` is how far its furthest voxel lies from its centre.
    """

    patch: Patch
    centre_zyx_mm: Float[np.ndarray, " axis"]
    diameter_mm: float
    reach_mm: float
    kind: Kind
    place: str


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """Where nodules can be put.

    Attributes:
        thorax: depths.
        grid: the scene's.
        lung_share: how much of each voxel of a box is lung.
        free_share: how much is lung without vessels.
        vessels: points in vessels of middle size, z, y, x, mm.
    """

    thorax: Thorax
    grid: Grid
    lung_share: Share
    free_share: Share
    vessels: Float[np.ndarray, "point 3"]


def draw_nodules(
    rng: np.random.Generator, shapes: Shapes, count: int, tiny: int, room: Room, balls: float = 0.0
) -> list[Drawn]:
    """Nodules of a scan, none touching another, the largest first; one that finds no room is left out.

    Args:
        rng: draws everything.
        shapes: of real nodules.
        count: how many of 3 mm and more.
        tiny: how many smaller ones.
        room: where to.
        balls: how many of those of 3 mm and more are balls, as a share.
    """
    drawn: list[Drawn] = []
    round_ones = int(rng.binomial(count, balls)) if balls else 0
    wanted = [(draw_diameter(rng), False) for _ in range(count - round_ones)]
    wanted += [(float(rng.uniform(1.5, 2.8)), False) for _ in range(tiny)]
    wanted += [(float(rng.uniform(SMALLEST_MM, LARGEST_MM)), True) for _ in range(round_ones)]
    for diameter, ball in sorted(wanted, reverse=True):
        for _ in range(TRIES):
            place = str(rng.choice(list(PLACES), p=list(PLACES.values())))
            centre = draw_centre(rng, place, diameter, room.thorax, room.vessels)
            if centre is None or not _free(centre, diameter / 2, drawn, room.grid):
                continue
            one = _put(rng, None if ball else shapes, diameter, place, centre, room)
            if one is not None and _free(one.centre_zyx_mm, one.reach_mm, drawn, room.grid):
                drawn.append(one)
                break
    return drawn


def draw_diameter(rng: np.random.Generator) -> float:
    """3 to 30 mm; three quarters are of 4 to 12 mm. Chosen by us: small ones are common, and hard.

    >>> 3 <= draw_diameter(np.random.default_rng(0)) <= 30
    True
    """
    return float(np.clip(np.exp(rng.normal(np.log(6.8), 0.5)), SMALLEST_MM, LARGEST_MM))


def _free(centre: np.ndarray, reach_mm: float, drawn: list[Drawn], grid: Grid) -> bool:
    """Whether a nodule has room: within the scan, and clear of the others."""
    margin = reach_mm + 2
    low, high = grid.place(np.zeros(3)) + margin, grid.place(np.array(grid.shape) - 1) - margin
    if (centre < low).any() or (centre > high).any():
        return False
    return all(np.linalg.norm(centre - other.centre_zyx_mm) > reach_mm + other.reach_mm + APART_MM for other in drawn)


def _put(
    rng: np.random.Generator, shapes: Shapes | None, diameter: float, place: str, centre: np.ndarray, room: Room
) -> Drawn | None:
    """One nodule (a ball, without shapes), cut off where the lung ends; None when too much of it would be hidden."""
    kind = tuple(SHARES)[int(rng.choice(len(SHARES), p=list(SHARES.values())))]
    if diameter < 5 and kind != "solid":  # so small a haze drowns in noise, and a core would be smaller than a voxel
        kind = "solid"
    shape = shapes.draw(rng, diameter, kind) if shapes else sphere(diameter, kind)
    box, whole = sampled(shape, room.grid, centre, rotation(rng))
    share = np.asarray(whole * room.lung_share(box), np.float32)
    if float((whole * room.free_share(box)).sum()) < MOSTLY * float(whole.sum()):
        return None
    cut = box_of(room.grid, box)
    middle, width = measured(share, cut)
    if (diameter >= COUNTS_FROM_MM) != (width >= COUNTS_FROM_MM):
        return None
    patch = Patch(box, share, draw_density(rng, kind, cut, middle, width))
    return Drawn(patch, middle, width, reach(share, cut, middle), kind, place)


def reach(share: Float[np.ndarray, "z y x"], cut: Grid, centre: Float[np.ndarray, " axis"]) -> float:
    """How far the furthest voxel with a share lies from the centre, mm.

    >>> share = np.zeros((1, 1, 9), np.float32)
    >>> share[0, 0, 2:7] = 1
    >>> reach(share, Grid((0.0, 0.0, 0.0), (1.0, 1.0, 0.5), share.shape), np.array([0.0, 0.0, 2.0]))
    1.0
    """
    z, y, x = (axis - at for axis, at in zip(cut.axes(), centre, strict=True))
    return float(np.sqrt((z**2 + y**2 + x**2)[share > 0].max()))


def truth(drawn: Drawn, to_patient: Frame) -> PlantedNodule:
    """The nodule as the scan's truth.

    Args:
        drawn: in the scene's millimetres.
        to_patient: takes z, y, x of the scene to the patient's millimetres.
    """
    x, y, z = (float(value) for value in to_patient.to_xyz_mm(drawn.centre_zyx_mm[None])[0])
    counts = drawn.diameter_mm >= COUNTS_FROM_MM
    return PlantedNodule((x, y, z), drawn.diameter_mm, drawn.kind, drawn.place, counts)
