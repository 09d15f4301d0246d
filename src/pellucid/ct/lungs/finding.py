"""Find the lungs: air within the body, less the airways, parted into right and left, with the wall mended."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from pellucid.ct.findings import SIDES
from pellucid.ct.lungs.air import air_in_body, lung_like, pieces
from pellucid.ct.lungs.airways import find_airways
from pellucid.ct.lungs.blocks import MM, blocks_hu
from pellucid.ct.lungs.edge import refine
from pellucid.ct.lungs.facts import Lungs
from pellucid.ct.lungs.sides import part_sides
from pellucid.ct.lungs.wall import mend
from pellucid.data.volumes import Volume
from pellucid.errors import BadInput
from pellucid.shapes import Bool, UInt8

# Both lungs of a grown-up hold 3 to 7 litres at full breath, those of a child of one year 0.25 (Stocks and Quanjer, Eur
# Respir J 8 (1995): 492-506; Gollogly et al., Spine 29 (2004): 2061-2066). Less in one is too little to search.
SMALLEST_LUNG_ML = 100.0
NAMES = dict(enumerate(SIDES, start=1))


def find_lungs(working: Volume) -> Lungs:
    """Which voxels lie in the lungs, and in which one.

    Air (below -400 HU) that the body encloses, less what is gas only and less the windpipe and the main bronchi, is
    parted into right and left; then the wall is mended by a rolling ball, so that vessels and nodules, also those at
    the wall, are inside. This is done on blocks of 2 mm; only the edge is drawn at 1 mm. Sides are the patient's,
    however they lie.

    Args:
        working: a scan on the working grid (`ct.grid.working_copy`).
    Returns:
        The lungs, with a sentence for each thing to know (a lung that is missing, a scan that ends within the lungs).
    Raises:
        BadInput: no lung of at least 100 ml.
    Source: Hu, Hoffman and Reinhardt, IEEE TMI 20 (2001): 490-498; Armato and Sensakovic, Acad Radiol 11 (2004):
        1011-1021.

    >>> from pellucid.data.volumes import Frame
    >>> body = np.full((80, 120, 180), 40, np.int16)
    >>> body[:, :5] = body[:, -5:] = body[:, :, :5] = body[:, :, -5:] = -1000
    >>> body[10:70, 30:90, 20:80] = body[10:70, 30:90, 100:160] = -850
    >>> lungs = find_lungs(Volume(body, Frame(np.zeros(3), np.ones(3), np.eye(3)), "boxes"))
    >>> np.bincount(lungs.side.ravel())[1:].tolist()
    [216000, 216000]
    """
    if min(working.voxels_hu.shape) < 2 * MM:
        raise BadInput(
            f"No lungs were found: the scan is only {' x '.join(map(str, working.voxels_hu.shape))} mm large."
        )
    hu = blocks_hu(working.voxels_hu)
    air, middle = air_in_body(hu)
    airways = find_airways(air, hu, middle)
    lung = lung_like(air & ~airways, hu)
    side = part_sides(lung, middle)
    found = [number for number in NAMES if _ml(side == number) >= SMALLEST_LUNG_ML]
    if not found:
        raise BadInput(
            f"No lungs were found: the body holds {_ml(lung):.0f} ml of lung-like air, at least "
            f"{SMALLEST_LUNG_ML:.0f} ml on one side are needed; give a CT of the chest."
        )
    side[~np.isin(side, found)] = 0
    with ThreadPoolExecutor(2) as pool:  # numpy lets go of Python while it computes
        mended = dict(zip(found, pool.map(lambda number: mend(side == number, number), found), strict=True))
    within = np.any(list(mended.values()), axis=0)
    return _drawn(working, airways | _outlying(air & (side == 0), within), airways, side, mended)


def _outlying(
    air: Bool[np.ndarray, "half_slice half_row half_column"],
    within: Bool[np.ndarray, "half_slice half_row half_column"],
) -> Bool[np.ndarray, "half_slice half_row half_column"]:
    """Pieces of air that do not mostly lie within the lungs: gas in gut and gullet, not the hollow of a nodule."""
    numbers, _ = pieces(air)
    share = np.bincount(numbers[within], minlength=numbers.max() + 1) / np.bincount(numbers.ravel())
    return np.asarray(air & (share <= 0.5)[numbers])


def _drawn(
    working: Volume,
    forbidden: Bool[np.ndarray, "half_slice half_row half_column"],
    airways: Bool[np.ndarray, "half_slice half_row half_column"],
    side: UInt8[np.ndarray, "half_slice half_row half_column"],
    mended: dict[int, Bool[np.ndarray, "half_slice half_row half_column"]],
) -> Lungs:
    """The lungs at 1 mm."""
    claimed = {number: (whole & (side != 3 - number)) & ~forbidden for number, whole in mended.items()}
    if len(claimed) == 2:
        claimed[2] &= ~claimed[1]
    drawn = np.zeros(working.voxels_hu.shape, np.uint8)
    with ThreadPoolExecutor(2) as pool:
        edges = pool.map(
            lambda number: refine(
                working.voxels_hu, claimed[number], side == number, forbidden | claimed.get(3 - number, False)
            ),
            claimed,
        )
        for number, (box, inside) in zip(claimed, edges, strict=True):
            drawn[box][inside & (drawn[box] == 0)] = number
    return Lungs(drawn > 0, drawn, _told(side, airways))


def _told(
    side: UInt8[np.ndarray, "half_slice half_row half_column"],
    airways: Bool[np.ndarray, "half_slice half_row half_column"],
) -> tuple[str, ...]:
    """What a reader should know of these lungs."""
    told = []
    volumes = {NAMES[number]: _ml(side == number) for number in NAMES}
    missing = [name for name, ml in volumes.items() if ml == 0]
    if missing:
        other = "left" if missing == ["right"] else "right"
        told.append(f"Only the {other} lung was found; the {missing[0]} one is missing, airless or outside the scan.")
    cut = [name for name, end in (("below", side[:1]), ("above", side[-1:])) if _ml(end > 0) >= 1]
    if cut:
        told.append(f"The scan ends within the lungs, {' and '.join(cut)}; what lies beyond was not searched.")
    if not airways.any():
        told.append("The windpipe was not seen; bronchi may have been counted as lung.")
    return tuple(told)


def _ml(mask: Bool[np.ndarray, "half_slice half_row half_column"]) -> float:
    return float(mask.sum()) * MM**3 / 1000
