"""Lungs of whole scans: phantoms with everything a chest has, and real scans."""

import os
from pathlib import Path

import numpy as np
import pytest

from pellucid.ct.grid import working_copy
from pellucid.ct.lungs import find_lungs
from pellucid.data.volumes.reading import read_scan
from pellucid.errors import BadInput


def real(name):
    """A file of the folder that PELLUCID_DATA names."""
    path = Path(os.environ.get("PELLUCID_DATA", "")) / "ct" / name
    if "PELLUCID_DATA" not in os.environ or not path.is_file():
        pytest.skip(f"needs {name}: set PELLUCID_DATA")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_every_nodule_of_a_phantom_is_inside(seed):
    from pellucid.ct.phantom import draw_phantom

    phantom = draw_phantom(seed, part="test", nodules=10)
    without = working_copy(draw_phantom(seed, part="test", nodules=0).volume).voxels_hu.astype(np.int32)
    working = working_copy(phantom.volume)
    lungs = find_lungs(working)
    changed = np.abs(working.voxels_hu - without)
    for nodule in phantom.nodules:
        centre = working.frame.to_irc(np.array([nodule.centre_xyz_mm]))[0]
        low = np.maximum(np.floor(centre - nodule.diameter_mm), 0).astype(int)
        box = tuple(slice(a, b) for a, b in zip(low, np.ceil(centre + nodule.diameter_mm).astype(int) + 1, strict=True))
        half_height = 150 if nodule.kind == "ground-glass" else 400  # of what a nodule adds to the lung's -850 HU
        its = changed[box] > half_height
        if its.sum() >= 20:  # smaller ones are blurred away
            assert lungs.inside[box][its].mean() >= 0.95, nodule


@pytest.mark.slow
@pytest.mark.realdata
def test_a_head_is_refused():
    with pytest.raises(BadInput, match=r"^No lungs were found: .*\.$"):
        find_lungs(working_copy(read_scan(real("tilted_head_ct_dicom.zip"))))


@pytest.mark.slow
@pytest.mark.realdata
def test_a_real_chest_has_two_lungs_of_plausible_size():
    working = working_copy(read_scan(real("chest_ct_dicom.zip")))
    lungs = find_lungs(working)
    right, left = (np.bincount(lungs.side.ravel())[1:] / 1e6).tolist()
    assert 1 < left < right < 4.5  # litres; the heart takes its room from the left
    hu = working.voxels_hu[lungs.inside]
    assert 0.8 < (hu < -400).mean() < 0.98
