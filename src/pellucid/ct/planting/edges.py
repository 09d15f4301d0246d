"""How blurred is this scan? Measured where the patient's skin meets the air, an edge that is sharp in truth."""

from __future__ import annotations

import numpy as np

from pellucid.ct.planting.blur import Blur
from pellucid.ct.planting.erf_fit import ACROSS_MM, ALONG_MM, Fits, fit_edges
from pellucid.data.volumes import Volume
from pellucid.errors import BadInput
from pellucid.shapes import Bool, Float, Int16, Int64

MOST_SLICES, EDGES_PER_SLICE = 32, 96  # chosen by us: about two seconds of work
FEWEST_EDGES, FEWEST_SLICES = 40, 3  # chosen by us: fewer could all lie on one fold of cloth
HALF_WAY_HU = -500.0  # between air (-1000) and soft tissue (0)
AIR_HU, TISSUE_HU = (-1100.0, -930.0), (-200.0, 200.0)  # what the two sides of skin may be; fat is about -100
# An edge that leans from slice to slice is smeared by the slice's thickness: thickness x tan(lean) / sqrt(12). Chosen
# by us: that may be a tenth of a millimetre, against widths of 0.3 to 0.8 mm, which adds 5% at most to the smallest.
LEAN_MM = 0.1
MOST_LEFT_OVER = 0.15  # of the step, as root mean square. Chosen by us: noise of 150 HU passes, a second edge does not
PRESMOOTHING_PX = 2.0  # to find edges and their direction in noise, not to measure them
RESAMPLES, SEED = 400, 0  # of the bootstrap; a fixed seed, so that one scan has one answer


def measure_blur(volume: Volume) -> Blur:
    """The width of the scan's own blur within a slice, with its uncertainty, from the scan itself.

    Around upright edges between air and soft tissue (skin, trachea) a smooth step is fitted to the voxels as they
    are: its place, direction, bend, height and width. The median width is told, since a fold of cloth or a
    breath widens single edges; the interval comes from drawing whole slices again and again (bootstrap). Slices are
    taken to be as thick as they are apart.

    Args:
        volume: a CT with some air in or around the patient.
    Raises:
        BadInput: too few clear edges.
    """
    chosen = np.unique(np.linspace(0, len(volume.voxels_hu) - 1, MOST_SLICES + 2).round().astype(int)[1:-1])
    found = [_of_slice(volume, int(number)) for number in chosen]
    by_slice = [widths for widths in found if len(widths)]
    edges = sum(map(len, by_slice))
    if edges < FEWEST_EDGES or len(by_slice) < FEWEST_SLICES:
        raise BadInput(
            f"The scan's own blur could not be measured: {edges} clear edges between air and soft tissue in "
            f"{len(by_slice)} slices, {FEWEST_EDGES} in {FEWEST_SLICES} are needed: "
            "take a series that shows the patient's skin."
        )
    rng = np.random.default_rng(SEED)
    drawn = [
        float(np.median(np.concatenate([by_slice[one] for one in rng.integers(0, len(by_slice), len(by_slice))])))
        for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975]).tolist()
    sigma = float(np.median(np.concatenate(by_slice)))
    return Blur(sigma, min(low, sigma), max(high, sigma), float(volume.frame.spacing_xyz_mm[2]), edges)


def _of_slice(volume: Volume, number: int) -> Float[np.ndarray, " edge"]:
    """Widths (mm) of the clear edges in one slice."""
    column_mm, row_mm, _ = volume.frame.spacing_xyz_mm.tolist()
    at, normal = _edges(volume, number)
    half = (int(np.ceil(ALONG_MM / row_mm)), int(np.ceil(ALONG_MM / column_mm)))
    image = volume.voxels_hu[number]
    room = np.array(image.shape) - 1 - np.array(half)
    kept = ((at >= half) & (at <= room)).all(axis=1)
    at, normal = at[kept], normal[kept]
    step = max(1, len(at) // EDGES_PER_SLICE)
    at, normal = at[::step][:EDGES_PER_SLICE], normal[::step][:EDGES_PER_SLICE]
    if len(at) == 0:
        return np.zeros(0)
    rows, columns = (np.arange(-one, one + 1) for one in half)
    patches = image[at[:, 0, None, None] + rows[:, None], at[:, 1, None, None] + columns].astype(np.float64)
    y, x = (rows * row_mm)[:, None], columns * column_mm
    inwards = normal[:, 0, None, None] * y + normal[:, 1, None, None] * x
    sideways = normal[:, 0, None, None] * x - normal[:, 1, None, None] * y
    near = (np.abs(inwards) <= ALONG_MM) & (np.abs(sideways) <= ACROSS_MM)
    flat = (len(at), -1)
    fits = fit_edges(patches.reshape(flat), inwards.reshape(flat), sideways.reshape(flat), near.reshape(flat))
    return np.asarray(fits.sigma_mm[_clear(fits)])


def _edges(volume: Volume, number: int) -> tuple[Int64[np.ndarray, "edge 2"], Float[np.ndarray, "edge 2"]]:
    """Row and column of upright edges, and the direction (down, right; mm) in which tissue lies."""
    from scipy.ndimage import gaussian_filter

    column_mm, row_mm, _ = volume.frame.spacing_xyz_mm.tolist()
    below, above = max(0, number - 1), min(len(volume.voxels_hu) - 1, number + 1)
    smooth = [gaussian_filter(_clipped(volume.voxels_hu[one]), PRESMOOTHING_PX) for one in (below, number, above)]
    down, right = np.gradient(smooth[1], row_mm, column_mm)
    steep = np.hypot(down, right)
    tissue = smooth[1] > HALF_WAY_HU
    air_beside = np.zeros_like(tissue)
    for axis in (0, 1):
        for shift in (-1, 1):
            air_beside |= ~np.roll(tissue, shift, axis)
    lean = np.abs(smooth[2] - smooth[0]) / max(1, above - below)  # from slice to slice
    upright = lean / np.sqrt(12) <= LEAN_MM * steep
    at = np.argwhere(tissue & air_beside & upright & (steep > 0))
    rows, columns = at.T
    return at, np.stack([down[rows, columns], right[rows, columns]], axis=1) / steep[rows, columns][:, None]


def _clipped(image: Int16[np.ndarray, "row column"]) -> Float[np.ndarray, "row column"]:
    """Metal and padding must not pull the edges that lie beside them."""
    return np.asarray(np.clip(image, -1000, 200), np.float64)


def _clear(fits: Fits) -> Bool[np.ndarray, " edge"]:
    """Edges with air on one side, tissue on the other, and nothing else nearby."""
    inside = fits.air_hu + fits.step_hu
    air = (fits.air_hu >= AIR_HU[0]) & (fits.air_hu <= AIR_HU[1])
    tissue = (inside >= TISSUE_HU[0]) & (inside <= TISSUE_HU[1])
    clear = air & tissue & fits.settled & (fits.left_over_hu <= MOST_LEFT_OVER * fits.step_hu)
    return np.asarray(clear)
