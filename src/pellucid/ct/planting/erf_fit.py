"""Fits a smooth step to the voxels around an edge: where it lies, how it turns and bends, how high and wide it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.shapes import Bool, Float

ALONG_MM, ACROSS_MM = 4.0, 2.5  # chosen by us: plateaus on both sides, and short enough that skin is a parabola
STEPS = 30  # of Levenberg and Marquardt; each edge mostly needs ten
NARROWEST_MM, WIDEST_MM = 0.1, 2.0  # what a CT's blur can be; fits that end there are none


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """One fitted step per edge.

    Attributes:
        air_hu: level before the step.
        step_hu: its height.
        sigma_mm: standard deviation of the Gaussian that smoothed it.
        left_over_hu: root mean square of what the step does not explain (noise, and all else that is there).
        settled: whether the fit came to rest inside its limits.
    """

    air_hu: Float[np.ndarray, " edge"]
    step_hu: Float[np.ndarray, " edge"]
    sigma_mm: Float[np.ndarray, " edge"]
    left_over_hu: Float[np.ndarray, " edge"]
    settled: Bool[np.ndarray, " edge"]


def fit_edges(
    values_hu: Float[np.ndarray, "edge voxel"],
    inwards_mm: Float[np.ndarray, "edge voxel"],
    sideways_mm: Float[np.ndarray, "edge voxel"],
    near: Bool[np.ndarray, "edge voxel"],
) -> Fits:
    """Least squares for all edges at once: air + step * Phi(z), z = (inwards - place - turn * v - bend * v^2) / sigma.

    Args:
        values_hu: the voxels as they are; nothing is interpolated, which would widen the edge.
        inwards_mm: where each lies along the edge's normal, towards the tissue.
        sideways_mm: v, where each lies along the edge.
        near: which of them count.
    Source: Marquardt 1963, An algorithm for least-squares estimation of nonlinear parameters, Journal of the Society
        for Industrial and Applied Mathematics 11:431; slanted edges: ISO 12233.

    >>> u = np.linspace(-4.0, 4.0, 60)[None]
    >>> from scipy.special import ndtr
    >>> fits = fit_edges(-1000 + 960 * ndtr((u - 0.3) / 0.5), u, np.zeros_like(u), np.ones_like(u, dtype=bool))
    >>> fits.sigma_mm.round(3).tolist(), fits.step_hu.round(1).tolist()
    ([0.5], [960.0])
    """
    parameters = np.tile([-1000.0, 950.0, 0.0, 0.0, 0.0, np.log(0.6)], (len(values_hu), 1))
    damping = np.full(len(values_hu), 1e-2)
    error, slopes, loss = _at(parameters, values_hu, inwards_mm, sideways_mm, near)
    moved = np.full(len(values_hu), np.inf)
    for _ in range(STEPS):
        curvature = np.einsum("evp,evq->epq", slopes, slopes)
        diagonal = np.einsum("epp->ep", curvature)
        diagonal += damping[:, None] * diagonal + 1e-9
        change = np.linalg.solve(curvature, np.einsum("evp,ev->ep", slopes, error)[..., None])[..., 0]
        tried = parameters + change
        tried[:, 5] = tried[:, 5].clip(np.log(NARROWEST_MM), np.log(WIDEST_MM))
        error_there, slopes_there, loss_there = _at(tried, values_hu, inwards_mm, sideways_mm, near)
        better = loss_there < loss
        moved = np.where(better, np.abs(tried - parameters)[:, 5], moved)
        parameters[better], loss[better] = tried[better], loss_there[better]
        error[better], slopes[better] = error_there[better], slopes_there[better]
        damping = np.where(better, damping / 5, damping * 5).clip(1e-9, 1e6)
    sigma = np.exp(parameters[:, 5])
    inside = (sigma > 1.01 * NARROWEST_MM) & (sigma < 0.99 * WIDEST_MM) & (np.abs(parameters[:, 2]) < ALONG_MM / 2)
    left_over = np.sqrt(loss / near.sum(axis=1))
    return Fits(parameters[:, 0], parameters[:, 1], sigma, left_over, inside & (moved < 0.01))


def _at(
    parameters: Float[np.ndarray, "edge 6"],
    values_hu: Float[np.ndarray, "edge voxel"],
    inwards_mm: Float[np.ndarray, "edge voxel"],
    sideways_mm: Float[np.ndarray, "edge voxel"],
    near: Bool[np.ndarray, "edge voxel"],
) -> tuple[Float[np.ndarray, "edge voxel"], Float[np.ndarray, "edge voxel 6"], Float[np.ndarray, " edge"]]:
    """What is left over, the step's slope with respect to each parameter, and the sum of squares."""
    from scipy.special import ndtr

    air, step, place, turn, bend, log_sigma = (parameters[:, [one]] for one in range(6))
    sigma = np.exp(log_sigma)
    z = (inwards_mm - place - turn * sideways_mm - bend * sideways_mm**2) / sigma
    risen, bell = ndtr(z), np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    by_place = -step * bell / sigma
    parts = (
        np.ones_like(z), risen, by_place, by_place * sideways_mm, by_place * sideways_mm**2, -step * bell * z
    )  # fmt: skip
    slopes = np.stack(parts, axis=-1) * near[..., None]
    error = (values_hu - air - step * risen) * near
    return error, slopes, (error**2).sum(axis=1)
