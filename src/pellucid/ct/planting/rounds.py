"""Which nodules are planted in which round, and where: drawn beforehand, so that a stopped search can go on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pellucid.ct.planting.places import PLACES, Ground, Place
from pellucid.ct.planting.putting import ToPlant
from pellucid.ct.shapes import Kind, Shapes
from pellucid.data.volumes import Volume
from pellucid.shapes import Int64

AT_ONCE = 10  # nodules in a scan; more would make another scan of it
APART_MM = 25.0  # between the centres of two; also from what the pipeline marks in the scan as it is
TRIES = 60  # chosen by us: spots that are tried for one nodule in one round
GROUND_GLASS_HU = -300.0  # chosen by us: what is less dense gets a ground-glass nodule's shape, the rest a solid one's


@dataclass(frozen=True, slots=True, eq=False)
class Planting:
    """One nodule of a round, and which kind of place it was given."""

    nodule: ToPlant
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """All rounds.

    Attributes:
        rounds: at most ten nodules each.
        without_place: by diameter and place: how many found none in this patient's lungs.
        key: tells this plan for this scan from any other.
    """

    rounds: tuple[tuple[Planting, ...], ...]
    without_place: dict[tuple[float, Place], int]
    key: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    diameter_mm: float
    density_hu: float
    place: Place


def draw_plan(
    volume: Volume,
    ground: Ground,
    marks_xyz_mm: Sequence[tuple[float, float, float]],
    *,
    diameters_mm: Sequence[float],
    densities_hu: Sequence[float],
    per_cell: int,
    rng: np.random.Generator,
    shapes: Shapes | None = None,
) -> Plan:
    """Draw a place for every nodule.

    Args:
        volume: the scan; it counts for the key alone.
        ground: where nodules may be.
        marks_xyz_mm: what the pipeline marks in the scan as it is; nothing is planted within 25 mm of one.
        diameters_mm, densities_hu: each is planted with each, at each kind of place.
        per_cell: so many times.
        rng: where the randomness comes from.
        shapes: real nodules' shapes to draw from; None: balls.
    Returns:
        Rounds in which all cells advance alike, so that a stopped search is balanced too.
    """
    cells = [_Wanted(mm, hu, place) for mm in diameters_mm for hu in densities_hu for place in PLACES]
    waiting = [cells[one] for _ in range(per_cell) for one in rng.permutation(len(cells)).tolist()]
    allowed = {(mm, place): ground.allowed(place, mm) for mm in diameters_mm for place in PLACES}
    rounds: list[tuple[Planting, ...]] = []
    without: dict[tuple[float, Place], int] = {}
    while waiting:
        taken = list(marks_xyz_mm)
        done: list[Planting] = []
        later: list[_Wanted] = []
        for number, wanted in enumerate(waiting):
            if len(done) == AT_ONCE:
                later += waiting[number:]
                break
            spot = _spot(ground, allowed[wanted.diameter_mm, wanted.place], wanted.diameter_mm, taken, rng)
            if spot is None:
                later.append(wanted)
                continue
            taken.append(spot)
            done.append(Planting(_nodule(wanted, spot, shapes, rng), wanted.place))
        if not done:
            for wanted in later:
                without[wanted.diameter_mm, wanted.place] = without.get((wanted.diameter_mm, wanted.place), 0) + 1
            break
        rounds.append(tuple(done))
        waiting = later
    return Plan(tuple(rounds), without, _key(volume, rounds))


def _spot(
    ground: Ground,
    allowed: Int64[np.ndarray, " voxel"],
    diameter_mm: float,
    taken: Sequence[tuple[float, float, float]],
    rng: np.random.Generator,
) -> tuple[float, float, float] | None:
    """A place in lung, 25 mm or more from all that are taken; None where none was found."""
    if len(allowed) == 0:
        return None
    index_irc = ground.index_irc[allowed[rng.integers(0, len(allowed), TRIES)]].astype(float)
    spots = ground.frame.to_xyz_mm(index_irc)
    off = np.linalg.norm(spots[:, None] - np.array(taken, float).reshape(-1, 3), axis=2)
    for number in np.flatnonzero((off >= APART_MM).all(axis=1)).tolist():
        if ground.stands_in_lung(index_irc[number], diameter_mm):
            x, y, z = spots[number].tolist()
            return x, y, z
    return None


def _nodule(
    wanted: _Wanted, spot: tuple[float, float, float], shapes: Shapes | None, rng: np.random.Generator
) -> ToPlant:
    if shapes is None:
        return ToPlant(spot, wanted.diameter_mm, wanted.density_hu)
    kind: Kind = "ground-glass" if wanted.density_hu < GROUND_GLASS_HU else "solid"
    return ToPlant(spot, wanted.diameter_mm, wanted.density_hu, shapes.draw(rng, wanted.diameter_mm, kind))


def _key(volume: Volume, rounds: Sequence[tuple[Planting, ...]]) -> str:
    """A hash of the scan and of every nodule."""
    frame = volume.frame
    told = [
        [part.tolist() for part in (frame.origin_xyz_mm, frame.spacing_xyz_mm, frame.direction)],
        [
            [*one.nodule.centre_xyz_mm, one.nodule.diameter_mm, one.nodule.density_hu, one.place]
            + ([] if one.nodule.shape is None else [one.nodule.shape.number])
            for planted in rounds
            for one in planted
        ],
    ]
    found = hashlib.sha256(np.ascontiguousarray(volume.voxels_hu).data)
    found.update(json.dumps(told).encode())
    return found.hexdigest()
