"""How long scoring marks takes as a person waits for it, on LUNA16's own files; and whether every figure is right.

What is measured: whole processes of `pellucid ct score MARKS TRUTH --json`, from start to exit; n = 5 each (--rounds),
the median with the fastest and slowest; with and without 1,000 resamples. The rival is the challenge's own script,
which took 13 s on these files. Its figures are in expected_froc.json; the largest difference from them is printed.
Promised: 1e-6, and 2 s without intervals.

    PELLUCID_DATA=FOLDER python bench/ct_score.py [--rounds 5]
"""

import argparse
import json
import os
import statistics
import sys
from pathlib import Path

from measure import load_average, measure_sound
from rounds import PELLUCID

PROMISED_SECONDS, PROMISED_DIFFERENCE = 2, 1e-6
WAYS = {"without intervals": [], "1,000 resamples": ["--bootstrap", "1000"]}


def differences(found, expected):
    """Of each figure: how far off."""
    for name, value in expected.items():
        if name != "source":
            ours = list(found[name].values()) if name == "sensitivity" else found[name]
            pairs = zip(ours, value, strict=True) if isinstance(value, list) else [(ours, value)]
            yield from (abs(one - other) for one, other in pairs)


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--rounds", type=int, default=5)
    rounds = asked.parse_args().rounds
    folder = Path(os.environ.get("PELLUCID_DATA", ""), "ct", "luna16")
    if not (folder / "expected_froc.json").is_file():
        sys.exit("ct/luna16/expected_froc.json is missing: set PELLUCID_DATA to the folder that holds ct/luna16.")
    expected = json.loads((folder / "expected_froc.json").read_text())
    print(f"load average before: {load_average():.1f}")
    line = [*PELLUCID, "ct", "score", folder / "detections.csv", folder, "--json"]
    missed = False
    for name, more in WAYS.items():
        done = [measure_sound([*line, *more], watch=False) for _ in range(rounds)]
        seconds, off = [one.seconds for one in done], max(differences(done[0].json(), expected))
        missed |= off > PROMISED_DIFFERENCE or (not more and statistics.median(seconds) > PROMISED_SECONDS)
        print(
            f"{name:18} {statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f}, n = {rounds}); "
            f"largest difference from LUNA16's script {off:.1e}"
        )
    peak = measure_sound(line).peak_mb
    print(f"{peak:.0f} MB at the peak; promised: {PROMISED_SECONDS} s without intervals, {PROMISED_DIFFERENCE:.0e}")
    sys.exit("A promised figure is missed." if missed else 0)


if __name__ == "__main__":
    main()
