"""How many planted nodules are found in a real chest CT, at the threshold that was frozen on phantoms.

Plants nodules of soft tissue (40 HU) into the scan at drawn places in its own lungs (a third each deep inside, at the
pleura, near vessels), blurred as the scan is blurred, at most ten at once, each time in a fresh copy, and runs all
stages: shapes of LIDC's nodules (of patients that the network never saw) of 6, 8 and 10 mm and of 3, 4 and 5 mm, and
for comparison with others' figures balls of 6, 8 and 10 mm and of 4 mm. Beside it the marks on the scan as it is. A
nodule is found if a finding lies within its radius (LUNA16's rule). n = nodules; 95% intervals by Wilson's rule for
nodules in this one scan, which are no patients.

The scan is ct/chest_ct_dicom.zip in the folder that PELLUCID_DATA names, or any other. Nothing was learned from it, and
no threshold chosen on it.

Promised: at least 200 nodules of 6 mm and more in LIDC's shapes, 0.90 of them found; at most 10 marks as it is.

    python bench/ct_plant.py [STUDY] [--seed 0] [--scale 1.0] [--weights FILE]
"""

import argparse
import math
import time
from functools import partial
from pathlib import Path

import numpy as np

from ct_find import arguments_and_study
from pellucid.ct.network.weights import SHIPPED
from pellucid.ct.planting import could_be_missed
from pellucid.ct.planting.places import PLACES
from pellucid.ct.shapes import load_shapes
from pellucid.ct.study import find_nodules
from pellucid.data.volumes import read_scan
from pellucid.evaluate.estimates.intervals import rate_estimate

PLANS = (
    ("LIDC's shapes, 6 mm and more", (6.0, 8.0, 10.0), 23, True),
    ("LIDC's shapes, less than 6 mm", (3.0, 4.0, 5.0), 8, True),
    ("balls, 6 mm and more", (6.0, 8.0, 10.0), 5, False),
    ("balls, 4 mm", (4.0,), 5, False),
)


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--scale", type=float, default=1.0, help="share of the nodules, for a quick look")
    asked.add_argument(
        "--weights", type=Path, default=SHIPPED, help="what `pellucid ct train` wrote; by default the weights that ship"
    )
    given, study = arguments_and_study(asked)
    volume = read_scan(study)
    for title, diameters, each, real in PLANS:
        began = time.perf_counter()
        report = could_be_missed(
            volume,
            partial(find_nodules, weights=given.weights),
            diameters_mm=diameters,
            per_cell=max(1, math.ceil(each * given.scale)),
            rng=np.random.default_rng(given.seed),
            shapes=load_shapes("test") if real else None,
        )
        print(f"{title}: {len(report.rounds)} rounds in {time.perf_counter() - began:.0f} s")
        print(f"  marks on the scan as it is: {len(report.marks_xyz_mm)}; others a round: {report.other_marks():.1f}")
        tell("all", report.tried)
        for size in diameters:
            tell(f"{size:g} mm", [one for one in report.tried if one.diameter_mm == size])
        for place in PLACES:
            tell(place, [one for one in report.tried if one.place == place])
        for outcome in ("rejected", "no lump"):
            print(f"  of those missed, {outcome}: {sum(one.outcome == outcome for one in report.tried)}")


def tell(name, tried):
    found = [one.outcome == "found" for one in tried]
    print(f"  {name:<14} {rate_estimate(np.array(found))} of {len(found)}")


if __name__ == "__main__":
    main()
