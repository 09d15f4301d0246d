"""What kind of person is drawn: sizes and proportions of the chest, each from a wide range of adult anatomy."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

# Ranges in mm unless said otherwise; chosen by us to be as wide as adults are. Inner chest half-width and half-depth:
# Bellemare et al. 2003, Am J Respir Crit Care Med 168:307 (rib cage dimensions); dome height and lung height: Cluzel et
# al. 2000, Radiology 215:574; aorta: Hager et al. 2002, J Thorac Cardiovasc Surg 123:1060; trachea: Breatnach et al.
# 1984, AJR 142:903; vertebrae: Panjabi et al. 1991, Spine 16:888.
RANGES: dict[str, tuple[float, float]] = {
    "half_width": (104.0, 142.0),
    "half_depth": (72.0, 104.0),
    "squareness": (2.0, 2.7),
    "apex_z": (85.0, 120.0),
    "dome_z": (-125.0, -80.0),
    "dome_drop": (45.0, 85.0),
    "left_lower": (0.0, 22.0),
    "wall": (12.0, 20.0),
    "fat": (4.0, 38.0),
    "heart": (0.8, 1.25),
    "aorta": (10.5, 17.0),
    "mediastinum": (28.0, 40.0),
    "spine": (16.0, 22.0),
    "trachea": (6.5, 10.5),
    "rib_pitch": (21.0, 29.0),
    "rib_drop": (45.0, 95.0),
    "junction": (1.5, 12.0),
    "shift": (-8.0, 8.0),
}


@dataclass(frozen=True, slots=True)
class Physique:
    """One person's proportions, in mm; `heart` is a factor.

    Attributes:
        half_width, half_depth, squareness: of the inner chest; an exponent of 2 is an ellipse.
        apex_z, dome_z, dome_drop, left_lower: tips of the lungs, top of the right diaphragm, how far it falls to the
            chest wall, how much lower the left is. z = 0 is where the windpipe forks.
        wall, fat: ribs with muscles, and the fat under the skin.
        heart, aorta, mediastinum, spine, trachea: sizes (radii, half-width).
        rib_pitch, rib_drop: distance of ribs, and how far each falls from the spine to the front.
        junction: half the distance of the lungs behind the breastbone.
        shift: of the mediastinum to the left.
        female: whether breasts are drawn.
        blood_hu: of all vessels: about 40 without contrast medium, to 350 with it.
    """

    half_width: float
    half_depth: float
    squareness: float
    apex_z: float
    dome_z: float
    dome_drop: float
    left_lower: float
    wall: float
    fat: float
    heart: float
    aorta: float
    mediastinum: float
    spine: float
    trachea: float
    rib_pitch: float
    rib_drop: float
    junction: float
    shift: float
    female: bool
    blood_hu: float

    @property
    def spine_y(self) -> float:
        """Centre of the vertebral bodies."""
        return self.half_depth - self.spine - 14.0


def draw_physique(rng: np.random.Generator) -> Physique:
    """One person.

    >>> person = draw_physique(np.random.default_rng(1))
    >>> 104 <= person.half_width <= 142
    True
    """
    drawn = {name: float(rng.uniform(*RANGES[name])) for name in RANGES}
    female = bool(rng.random() < 0.5)
    blood = float(rng.uniform(30, 60) if rng.random() < 0.5 else rng.uniform(90, 350))
    names = [one.name for one in fields(Physique)]
    values = drawn | {"female": female, "blood_hu": blood}
    return Physique(**{name: values[name] for name in names})  # type: ignore[arg-type]
