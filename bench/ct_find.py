"""A whole chest CT, from the zip of DICOM files to findings: time and memory, watched from outside, and each stage.

The scan is 99 slices of 512 x 512 (ct/chest_ct_dicom.zip in the folder that PELLUCID_DATA names), or any other that is
given. Every round is a process of its own that writes findings.json, findings.csv and findings.html into an empty
folder; interpreter start and all imports are included. n = rounds; medians.

Promised: at most 20 s on two cores, and 2 GB (the sum of anonymous pages of the process tree, looked at every 50 ms).

    python bench/ct_find.py [STUDY] [--rounds 5]
"""

import argparse
import os
import statistics
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import load_average, measure_sound
from rounds import PELLUCID

PROMISED_SECONDS, PROMISED_MB = 20.0, 2000.0


def arguments_and_study(asked):
    """What was given, and the study that is meant: one that is there."""
    asked.add_argument("study", nargs="?", type=Path)
    given = asked.parse_args()
    study = given.study or Path(os.environ.get("PELLUCID_DATA", ".")) / "ct" / "chest_ct_dicom.zip"
    if not study.exists():
        asked.error(f"{study} is not there: name a study, or set PELLUCID_DATA.")
    return given, study


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--rounds", type=int, default=5)
    given, study = arguments_and_study(asked)
    print(f"{study.name}, {given.rounds} rounds, {os.cpu_count()} cores, load average {load_average():.2f} before")
    rounds = []
    for number in range(given.rounds):
        with TemporaryDirectory() as room:
            rounds.append(measure_sound([*PELLUCID, "ct", "find", study, "--out", f"{room}/out", "--json"]))
        print(f"round {number + 1}: {rounds[-1].seconds:.1f} s, {rounds[-1].peak_mb:.0f} MB")
    seconds = statistics.median(one.seconds for one in rounds)
    peak_mb = max(one.peak_mb for one in rounds)
    said = [one.json() for one in rounds]
    for stage in said[0]["seconds"]:
        print(f"  {stage:<10} {statistics.median(one['seconds'][stage] for one in said):6.2f} s")
    print(f"  {'all else':<10} {seconds - statistics.median(one['seconds']['total'] for one in said):6.2f} s")
    print(f"whole: median {seconds:.1f} s (promised {PROMISED_SECONDS:.0f}), largest peak {peak_mb:.0f} MB "
          f"(promised {PROMISED_MB:.0f}), {len(said[0]['findings'])} findings")  # fmt: skip


if __name__ == "__main__":
    main()
