"""How many nodules are found in phantoms that were never learned from, at how many false marks a scan.

Draws phantoms (`pellucid ct phantom`: other anatomy, other noise and other patients' nodule shapes than those that the
shipped weights learned from), looks through them (`pellucid ct find`), and reads the FROC by LUNA16's rules for all
nodules together: at 1 false mark a scan, which threshold that is, and how many nodules of each kind and size lie above
it. Beside it, what the threshold frozen in the weights gives. Intervals (95%) by drawing whole scans anew, 2,000 times.
n = scans.

Promised, for solid nodules at 1 false mark a scan: 0.95 of those of 6 mm and more, 0.80 of those of 4 to 6 mm.

    python bench/ct_phantoms.py [--scans 40] [--seed 500] [--weights FILE] [--keep FOLDER]
"""

import argparse
import csv
import json
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from measure import measure_sound
from rounds import PELLUCID

PROMISED = {"solid, 6 mm and more": 0.95, "solid, 4 to 6 mm": 0.80}
DRAWS = 2000


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def place(row):
    return [float(row[axis]) for axis in ("coordX", "coordY", "coordZ")]


def groups(row):
    """The groups that a nodule belongs to."""
    size, kind = float(row["diameter_mm"]), row["kind"]
    step = "6 mm and more" if size >= 6 else "4 to 6 mm" if size >= 4 else "3 to 4 mm"
    return [
        "all",
        f"{kind}, {step}",
        *([f"solid, 6 mm and more, {row['place']}"] if kind == "solid" and size >= 6 else []),
    ]


def look_at(scan, nodules, marks, excluded):
    """Per nodule its highest hit (or minus infinity) and groups; and the probabilities of the false marks."""
    places = np.array([place(mark) for mark in marks]).reshape(-1, 3)
    chances = np.array([float(mark["probability"]) for mark in marks])
    beside = np.zeros(len(marks), bool)
    hits = []
    for row, counts in [*((row, True) for row in nodules), *((row, False) for row in excluded)]:
        radius = float(row["diameter_mm"]) / 2 if float(row["diameter_mm"]) > 0 else 5.0
        hit = np.linalg.norm(places - place(row), axis=1) < radius
        beside |= hit
        if counts:
            hits.append((chances[hit].max() if hit.any() else -np.inf, groups(row)))
    return hits, chances[~beside]


def sensitivities(scans, allowed=None, threshold=None):
    """The share found in each group at so many false marks a scan, or at a threshold; and both of these."""
    false = np.sort(np.concatenate([marks for _, marks in scans]))[::-1]
    if threshold is None:
        number = int(allowed * len(scans))
        threshold = np.nextafter(false[number], 2.0) if number < len(false) else 0.0
    found = {}
    for hits, _ in scans:
        for chance, names in hits:
            for name in names:
                found.setdefault(name, []).append(chance >= threshold)
    return (
        {name: (np.mean(seen), len(seen)) for name, seen in found.items()},
        (false >= threshold).sum() / len(scans),
        threshold,
    )


def tell(title, scans, **at):
    shares, false, threshold = sensitivities(scans, **at)
    rng = np.random.default_rng(0)
    drawn = {name: [] for name in shares}
    for _ in range(DRAWS):
        again, _, _ = sensitivities([scans[row] for row in rng.integers(0, len(scans), len(scans))], **at)
        for name, (share, _) in again.items():
            drawn[name].append(share)
    print(f"{title}: p_nodule from {threshold:.4f} on, {false:.2f} false marks a scan")
    for name in sorted(shares):
        share, count = shares[name]
        low, high = np.quantile(drawn[name], [0.025, 0.975])
        promised = f"  promised {PROMISED[name]:.2f}" if name in PROMISED and "threshold" not in at else ""
        print(f"  {name:<40} {share:.3f} [{low:.3f}, {high:.3f}] of {count}{promised}")


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--scans", type=int, default=40)
    asked.add_argument("--seed", type=int, default=500)
    asked.add_argument("--weights", type=Path, help="what `pellucid ct train` wrote; by default the weights that ship")
    asked.add_argument("--keep", type=Path, help="draw them here, and go on here if cut short")
    given = asked.parse_args()
    weights = ["--weights", given.weights] if given.weights else []
    marked = f"marks-{given.weights.stem}" if given.weights else "marks"
    with nullcontext(given.keep) if given.keep else TemporaryDirectory() as room:
        truth, out = Path(room) / "phantoms", Path(room) / marked
        measure_sound([*PELLUCID, "ct", "phantom", truth, "--count", str(given.scans), "--seed", str(given.seed)])
        found = measure_sound([*PELLUCID, "ct", "find", truth, "--out", out, *weights, "--json"]).json()
        print(measure_sound([*PELLUCID, "ct", "score", out / "findings.csv", truth, "--bootstrap", "1000"]).output)
        nodules, marks = table(truth / "annotations.csv"), table(out / "findings.csv")
        excluded = table(truth / "annotations_excluded.csv")
        scans = [
            look_at(uid, *([row for row in rows if row["seriesuid"] == uid] for rows in (nodules, marks, excluded)))
            for uid in (line.strip() for line in (truth / "seriesuids.csv").read_text().splitlines())
            if uid and uid != "seriesuid"
        ]
        threshold = json.loads(next(out.glob("*/findings.json")).read_text())["threshold"]
    print(f"{len(scans)} phantoms, {len(nodules)} nodules; not looked through: {found['refused']}")
    tell("At 1 false mark a scan", scans, allowed=1.0)
    tell("At the frozen threshold", scans, threshold=threshold)


if __name__ == "__main__":
    main()
