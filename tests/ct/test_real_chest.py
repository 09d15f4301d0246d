"""The whole pipeline on a real chest CT, which nothing was learned from and no threshold was chosen on."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from pellucid.ct.planting import could_be_missed
from pellucid.ct.reporting import as_dict
from pellucid.ct.shapes import load_shapes
from pellucid.ct.study import find_nodules
from pellucid.data.volumes import read_scan

pytestmark = [pytest.mark.slow, pytest.mark.realdata]


@pytest.fixture(scope="module")
def volume():
    path = Path(os.environ.get("PELLUCID_DATA", "")) / "ct" / "chest_ct_dicom.zip"
    if "PELLUCID_DATA" not in os.environ or not path.is_file():
        pytest.skip("needs chest_ct_dicom.zip: set PELLUCID_DATA")
    return read_scan(path)


def test_a_real_chest_has_plausible_lungs_and_few_marks(volume):
    study = find_nodules(volume)
    litres = as_dict(study)["stages"]["lung_litres"]
    assert 3 < litres["right"] + litres["left"] < 8
    assert len(study.findings) <= 10
    assert len(study.nodules) == len(study.lumps) > 10
    places = study.working.frame.to_irc(np.array([lump.centre_xyz_mm for lump in study.lumps]))
    assert study.lungs.inside[tuple(np.rint(places).astype(int).T)].mean() > 0.9
    assert study.seconds["total"] == pytest.approx(sum(took for name, took in study.seconds.items() if name != "total"))


def test_of_ten_nodules_of_8_mm_planted_in_it_at_least_8_are_found(volume):
    report = could_be_missed(
        volume,
        find_nodules,
        diameters_mm=(8.0,),
        per_cell=4,
        rng=np.random.default_rng(0),
        shapes=load_shapes("test"),
        progress=_stop_after_the_first_round,
    )
    tried = report.tried
    assert len(report.rounds) == 1
    assert 8 <= len(tried) <= 10
    assert sum(one.outcome == "found" for one in tried) >= 0.8 * len(tried)


def _stop_after_the_first_round(what: str, done: int, total: int) -> None:
    if done == 1:
        raise KeyboardInterrupt
