"""What a split of images flatters, where one patient has several: the same model, split by image and split by patient.

What is measured: one run each of `pellucid train SOURCE --model MODEL`, once with --group-by none (cases are drawn one
by one, so that a patient's images stand on both sides) and once with the groups that the source shows; n = --seeds of
each. Printed are AUROC and accuracy of the held-out part with their 95% intervals, side by side. The second is the one
that may be reported: a new patient's images are what the model will be asked about.

    python bench/patients.py [SOURCE] [--model cnn] [--seeds 3]

The source is PELLUCID_DATA/lidc_nodule_slices.zip, unless one is told: 2,727 slices of lung nodules from 248 exams.
"""

import argparse
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import measure_sound
from rounds import PELLUCID

WAYS = {"by image": ["--group-by", "none"], "by patient": []}


def trained(source, model, seed, more, work):
    """What `train --json` says."""
    out = Path(work, f"{seed}{''.join(more)}")
    line = [*PELLUCID, "train", source, "--model", model, "--seed", str(seed), "--out", out, "--json", *more]
    return measure_sound(line, watch=False).json()


def shown(estimate):
    return f"{estimate['value']:.3f} ({estimate['low']:.3f} to {estimate['high']:.3f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="?", help="a source that shows patients or exams")
    parser.add_argument("--model", default="cnn")
    parser.add_argument("--seeds", type=int, default=3)
    told = parser.parse_args()
    source = told.source or Path(os.environ.get("PELLUCID_DATA", ""), "lidc_nodule_slices.zip")
    if not Path(source).exists():
        sys.exit(f"{source} is not there: name a source, or set PELLUCID_DATA.")
    print(f"{Path(source).name}, {told.model}; held out, with 95% intervals")
    print(f"{'seed':>4}  {'AUROC by image':26}{'AUROC by patient':26}{'accuracy by image':26}accuracy by patient")
    with TemporaryDirectory() as work:
        for seed in range(told.seeds):
            found = [trained(source, told.model, seed, more, work)["held_out"] for more in WAYS.values()]
            cells = [shown(one[key]) for key in ("auroc", "accuracy") for one in found]
            print(f"{seed:>4}  {''.join(f'{cell:26}' for cell in cells)}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
