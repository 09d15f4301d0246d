"""The lungs' arteries, veins and airways, from the hilum to a few millimetres below the pleura."""

from __future__ import annotations

import numpy as np

from pellucid.ct.phantom.grids import Grid, smooth_noise
from pellucid.ct.phantom.physique import Physique
from pellucid.ct.phantom.thorax import Thorax
from pellucid.ct.phantom.trees import Pieces, Tree, bend, grow
from pellucid.shapes import Bool, Float

THINNEST_MM = 0.9  # radius of the thinnest airway that is drawn


def draw_tips(
    rng: np.random.Generator, thorax: Thorax, side: int, spacing_mm: float, below_pleura_mm: float
) -> Float[np.ndarray, "tip 3"]:
    """Where the last branches end: evenly spread in one lung, jittered.

    Args:
        rng: draws the jitter.
        thorax: whose lung.
        side: -1 right, 1 left.
        spacing_mm: distance of neighbours.
        below_pleura_mm: none lies nearer to the pleura.
    """
    from scipy.ndimage import map_coordinates

    first, last = thorax.grid.place(np.zeros(3)), thorax.grid.place(np.array(thorax.grid.shape))
    axes = [
        np.arange(low, high, spacing_mm) + rng.uniform(0, spacing_mm) for low, high in zip(first, last, strict=True)
    ]
    tips = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    tips += rng.uniform(-0.45, 0.45, tips.shape) * spacing_mm
    at = thorax.grid.index(tips).T
    depth = map_coordinates(thorax.lung, at, order=1, cval=-100.0)
    across = map_coordinates(thorax.place[2], at, order=1)
    return np.asarray(tips[(depth > below_pleura_mm) & (across * side > 0)])


def hilum(person: Physique, thorax: Thorax, side: int, up_mm: float, back_mm: float) -> Float[np.ndarray, " axis"]:
    """Where a tree enters a lung: beside the mediastinum, at the height of the main bronchi."""
    wanted = np.array([-16.0 + up_mm, back_mm, side * (0.8 * person.mediastinum) + person.shift])
    index = [int(i) for i in np.clip(np.rint(thorax.grid.index(wanted)), 0, np.array(thorax.grid.shape) - 1)]
    bent = np.array([float(axis[index[0], index[1], index[2]]) for axis in thorax.place])
    return np.asarray(2 * wanted - bent)


def wander(rng: np.random.Generator, grid: Grid, places: Float[np.ndarray, "node 3"]) -> Float[np.ndarray, "node 3"]:
    """Nodes moved by a smooth field, so that nothing runs straight."""
    from scipy.ndimage import map_coordinates

    at = grid.index(places).T
    moves = [smooth_noise(rng, grid, 28.0) for _ in range(3)]
    return places + 1.4 * np.stack([map_coordinates(move, at, order=1, mode="nearest") for move in moves], axis=1)


def grow_vessels(rng: np.random.Generator, person: Physique, thorax: Thorax) -> list[tuple[str, Tree]]:
    """Arteries and veins of both lungs.

    Returns:
        "artery" or "vein" with its tree; radii follow Murray's law.
    """
    spacing, tip = rng.uniform(6.5, 9.0), rng.uniform(0.32, 0.50)
    trees: list[tuple[str, Tree]] = []
    coarse = thorax.grid.coarser(9.0)
    for side in (-1, 1):
        for name, up, back in (("artery", 4.0, 2.0), ("vein", -14.0, -8.0)):
            tips = draw_tips(rng, thorax, side, spacing, rng.uniform(1.0, 4.0))
            tree = grow(rng, hilum(person, thorax, side, up, back), tips, tip)
            trees.append((name, Tree(wander(rng, coarse, tree.places), tree.parents, tree.radii)))
    return trees


def airways(
    rng: np.random.Generator, artery: Tree, person: Physique, thorax: Thorax
) -> tuple[Pieces, Pieces, Bool[np.ndarray, " lumen"]]:
    """The airways beside an artery's branches: outer wall and lumen; in some people a few are plugged with mucus.

    A bronchus is about as wide as the artery beside it, its wall a fifth to a third of its radius, at most 1.6 mm.
    Source: Kim et al. 1997, Radiographics 17:1073 (bronchoarterial ratio); Weibel 1963, Morphometry of the human lung.

    Args:
        rng: draws on which side they run and how thick walls are.
        artery: one lung's arteries.
        person: whose windpipe the widest begin at.
        thorax: airways stay in the lung and around the windpipe's fork.
    Returns:
        Outer walls; lumens; and which lumens lie so near the windpipe's fork that they are seen outside the lung too.
    """
    from scipy.ndimage import map_coordinates

    pieces = bend(artery)
    pieces = pieces.rows(np.flatnonzero(pieces.end_radii > THINNEST_MM))
    depth = [map_coordinates(thorax.lung, thorax.grid.index(at).T, order=1) for at in (pieces.starts, pieces.ends)]
    central = np.linalg.norm(pieces.starts * (1, 1.5, 1) - (-10, 0, person.shift), axis=1) < person.mediastinum + 16
    kept = np.flatnonzero((np.minimum(*depth) > -1) | central)
    pieces, central = pieces.rows(kept), central[kept]
    along = pieces.ends - pieces.starts
    unit = along / np.maximum(np.linalg.norm(along, axis=1), 1e-6)[:, None]
    beside = rng.normal(size=3)
    across = beside - (unit @ beside)[:, None] * unit
    across /= np.maximum(np.linalg.norm(across, axis=1), 0.3)[:, None]
    ratio, wall = rng.uniform(0.75, 1.1), rng.uniform(0.18, 0.32)
    starts, ends = (
        places + across * (radii * (1 + ratio) * 0.98)[:, None]
        for places, radii in ((pieces.starts, pieces.start_radii), (pieces.ends, pieces.end_radii))
    )
    outer = Pieces(starts, ends, pieces.start_radii * ratio, pieces.end_radii * ratio)
    within = [np.maximum(radii * (1 - wall), radii - 1.6) for radii in (outer.start_radii, outer.end_radii)]
    lumen = Pieces(starts, ends, within[0], within[1])
    plugged = rng.random(len(starts)) < (rng.uniform(0, 0.25) if rng.random() < 0.3 else 0)
    open_ = np.flatnonzero(~(plugged & (lumen.start_radii < 2.5)))
    return outer, lumen.rows(open_), central[open_]
