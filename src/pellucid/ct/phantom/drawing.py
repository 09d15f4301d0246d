"""One phantom scan from its seed: person, anatomy, nodules, scanner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pellucid.ct.phantom.field_of_view import field_of_view, frame_of
from pellucid.ct.phantom.nodules import Room, draw_nodules, truth
from pellucid.ct.phantom.physique import draw_physique
from pellucid.ct.phantom.scanner import draw_scanner
from pellucid.ct.phantom.scanning import scan
from pellucid.ct.phantom.scene import build
from pellucid.ct.phantom.thorax import make_thorax
from pellucid.ct.planted import PlantedNodule
from pellucid.ct.shapes import PARTS, load_shapes
from pellucid.data.volumes import Frame, Volume
from pellucid.errors import BadInput

MOST_NODULES = 40  # chosen by us: more do not fit into a small chest


@dataclass(frozen=True, slots=True, eq=False)
class Phantom:
    """A simulated chest CT of which everything is known.

    Attributes:
        volume: the scan.
        nodules: what was put into it, exactly.
    """

    volume: Volume
    nodules: list[PlantedNodule]


def draw_phantom(
    seed: int, *, part: Literal["train", "test"] = "train", nodules: int | None = None, balls: float = 0.0
) -> Phantom:
    """Draw a chest, put nodules into it, and scan it.

    Args:
        seed: gives the same scan again, bit for bit, if all else is the same; others give other persons and scanners.
        part: "train" and "test" share neither persons nor nodules' shapes.
        nodules: how many of 3 mm and more; 4 to 10 when not said. One that finds no room is left out.
        balls: how likely each of them is a perfect ball, of any size from 3 to 30 mm alike.
    Raises:
        BadInput: no such part, or an impossible number.
    """
    if part not in PARTS:
        raise BadInput(f"There is no part {part!r} of the phantoms: ask for train or test.")
    if seed < 0 or (nodules is not None and not 0 <= nodules <= MOST_NODULES) or not 0 <= balls <= 1:
        raise BadInput(
            f"Phantom {seed} with {nodules} nodules, {balls} of them balls, cannot be drawn: give a seed of 0 or more, "
            f"at most {MOST_NODULES} nodules, and a share of balls from 0 to 1."
        )
    person_rng, scene_rng, nodule_rng, scan_rng = np.random.default_rng([seed, PARTS.index(part)]).spawn(4)
    person, scanner = draw_physique(person_rng), draw_scanner(scan_rng)
    grid, slices = field_of_view(person_rng, person, scanner)
    thorax = make_thorax(person_rng, person, grid.coarser(3.0))
    scene = build(scene_rng, person, thorax, grid)
    count = int(nodule_rng.integers(4, 11)) if nodules is None else nodules
    tiny = int(nodule_rng.integers(1, 4)) if count else 0
    room = Room(thorax, grid, scene.lung_share, scene.free_share, scene.vessel_points)
    drawn = draw_nodules(nodule_rng, load_shapes(part), count, tiny, room, balls)
    voxels = scan(scan_rng, scanner, scene, [one.patch for one in drawn], slices, person.apex_z)
    shift_xyz_mm = scan_rng.uniform([-30, -200, -900], [30, 50, 200])  # where the table stood
    frame = frame_of(grid, scanner, shift_xyz_mm)
    to_patient = Frame(shift_xyz_mm, np.ones(3), np.eye(3))
    return Phantom(Volume(voxels, frame, phantom_name(seed, part)), [truth(one, to_patient) for one in drawn])


def phantom_name(seed: int, part: Literal["train", "test"]) -> str:
    """What a phantom's series is called.

    >>> phantom_name(7, "test")
    'phantom-test-7'
    """
    return f"phantom-{part}-{seed}"
