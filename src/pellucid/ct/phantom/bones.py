"""Ribs with cartilage, vertebrae with spurs, breastbone, collar bones and shoulder blades."""

from __future__ import annotations

import numpy as np

from pellucid.ct.phantom.depths import Place
from pellucid.ct.phantom.physique import Physique

CORTEX, MARROW = 800.0, 200.0
"""HU of compact and of spongy bone. Source: Schreiber et al. 2011, J Bone Joint Surg 93:1057 (marrow); Lamba 2014."""


def bone(
    hu: np.ndarray, depth: np.ndarray, *, shell_mm: float = 1.6, cortex: object = CORTEX, marrow: object = MARROW
) -> None:
    """Write a bone: a compact shell around spongy bone, in place."""
    share = np.clip(depth / np.float32(2.0) + np.float32(0.5), 0, 1)
    core = np.clip((depth - np.float32(shell_mm)) / np.float32(2.0) + np.float32(0.5), 0, 1)
    value = np.asarray(cortex, np.float32) + core * (np.asarray(marrow, np.float32) - np.asarray(cortex, np.float32))
    hu += share * (value - hu)


def add_ribs(
    rng: np.random.Generator, person: Physique, hu: np.ndarray, wall: np.ndarray, ribs: np.ndarray, turn: np.ndarray
) -> None:
    """Ribs in the chest wall; in front they turn into cartilage, in some people with chalk in it."""
    out = -wall - np.float32(rng.uniform(4.0, 6.0))
    along = np.arccos(np.clip(ribs, -1, 1)) * np.float32(person.rib_pitch / (2 * np.pi))  # mm from the rib's middle
    thick, high = rng.uniform(3.2, 4.6), rng.uniform(5.2, 7.2)
    depth = np.asarray((1 - np.sqrt((out / thick) ** 2 + (along / high) ** 2)) * thick, np.float32)
    front = np.clip((turn - 2.25) / 0.25, 0, 1)
    chalk = rng.uniform(60, 400)
    bone(hu, depth, cortex=CORTEX + front * (chalk - CORTEX), marrow=MARROW + front * (90 - MARROW))


def add_spine(rng: np.random.Generator, person: Physique, hu: np.ndarray, place: Place) -> None:
    """Vertebral bodies with discs and, in some, spurs at their edges; canal, arch, spinous and transverse processes."""
    z, y, x = place
    centre = person.spine_y
    waist = np.cos(2 * np.pi * z / 26)
    spurs = rng.uniform(0.5, 2.5) * waist
    radius = person.spine - 2.5 + spurs
    body = radius - np.sqrt(x**2 + ((y - centre) / 0.85) ** 2)
    marrow = float(rng.uniform(120, 260))
    bone(hu, body, marrow=marrow)
    disc = np.minimum(
        body - 1, 3.0 - np.abs((z + 13) % 26 - 13)
    )  # 26 mm from disc to disc; discs where bodies are widest
    hu += np.clip(disc / 2 + 0.5, 0, 1) * (80.0 - hu)
    behind = y - centre - person.spine * 0.85
    arch = np.minimum(np.minimum(18 - np.abs(x), 15 - np.abs(behind - 9)), 8 + 4 * waist)
    bone(hu, np.asarray(arch, np.float32), marrow=marrow)
    canal = 8.5 - np.sqrt(x**2 + (behind - 5) ** 2)
    hu += np.clip(canal / 2 + 0.5, 0, 1) * (30.0 - hu)
    process = np.minimum(np.minimum(3.5 - np.abs(x), 38 - behind), np.minimum(behind - 18, 6 * waist + 3))
    bone(hu, np.asarray(process, np.float32), marrow=marrow)
    across = 5 - np.sqrt((behind - 6 - 0.15 * np.abs(x)) ** 2 + (9 * (1 - waist) / 2) ** 2)
    bone(hu, np.asarray(np.minimum(across, 36 - np.abs(x)), np.float32), marrow=marrow)


def add_sternum(person: Physique, hu: np.ndarray, place: Place, wall: np.ndarray) -> None:
    """The breastbone, before the mediastinum."""
    z, y, x = place
    wide = 16 + 8 * np.clip((z - 25) / 25, 0, 1)
    section = np.minimum(np.minimum(wide - np.abs(x), 5.5 - np.abs(wall + 7)), -y)
    depth = np.minimum(section, np.minimum(z + 95, 62 - z))
    bone(hu, np.asarray(depth, np.float32), shell_mm=1.2, marrow=130.0)


def add_shoulders(rng: np.random.Generator, person: Physique, hu: np.ndarray, place: Place, skin: np.ndarray) -> None:
    """Shoulder blades behind and beside the chest, collar bones in front of its top, heads of the upper arms."""
    z, y, x = place
    blade_y = person.half_depth * 0.86 - 0.5 * np.abs(np.abs(x) - 0.85 * person.half_width)
    blade = np.minimum(3.0 - np.abs(y - blade_y - 14), np.minimum(34 - np.abs(np.abs(x) - person.half_width), z + 25))
    bone(hu, np.asarray(np.minimum(blade, skin - 8), np.float32), shell_mm=1.0)
    collar_y = -0.55 * person.half_depth + 0.25 * np.abs(x)
    collar_z = person.apex_z - 28 + 0.22 * np.abs(x)
    collar = 6.5 - np.sqrt((y - collar_y) ** 2 + (z - collar_z) ** 2)
    bone(hu, np.asarray(np.minimum(np.minimum(collar, np.abs(x) - 18), skin - 5), np.float32))
    raised = person.apex_z + rng.uniform(-5, 25)
    head = 23 - np.sqrt((np.abs(x) - person.half_width - 40) ** 2 + y**2 + (z - raised) ** 2)
    bone(hu, np.asarray(head, np.float32))
