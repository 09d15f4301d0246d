"""`make bench`: a tutorial's way (recipe R0) against pellucid on the whole of Medical MNIST, in one run, alternating.

What is measured: n = --rounds rounds of each, A B A B; a ratio is the median of the rounds' own ratios, a figure the
median of its rounds. Processor only, no GPU. Files are in the system's cache for both; pellucid has nothing in its own,
except for reading again, where it is the same command once more. A command's wall time counts; from reading, start-up
(`pellucid data list`: Python and imports) is taken off, and from prediction the same command on a handful of images,
since the tutorial's reading and prediction are timed inside it, imports left out. "Reading again" costs the tutorial
its whole reading. Memory is the peak of the process tree. A "whole job" is start-up, reading, learning (15 epochs of
the linear model there, the default network here), measuring and saving.

    python bench/main_job.py [--source DIR_OR_ZIP] [--rounds 3] [--json FILE] [--check]

The source is PELLUCID_DATA/medical_mnist.zip, else the named set medical_mnist, which is fetched. The status is 0 if
all commands ran; with --check it is 1 if a promised figure is missed.
"""

import argparse
import importlib.util
import json
import os
import platform
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from figures import as_json, beside_lightning, figures, losses_agree, table
from measure import load_average, measure_sound, work_of_others
from rounds import PELLUCID, TIMES, lightning_round, pellucid_round, prepare, tutorial_round

MOST_LOAD = 0.5
"""A load average above this before the first round, and the figures are doubtful; later it counts our own rounds."""
MOST_BY_OTHERS = 0.25
"""More cores than this kept busy by others during a round, and its figures are doubtful."""


def find_source(told):
    """The source that is told, the real data's folder, or the named set."""
    folder = os.environ.get("PELLUCID_DATA")
    if told or folder:
        source = Path(told or Path(folder, "medical_mnist.zip"))
        return source.resolve() if source.exists() else sys.exit(f"{source} is not there.")
    return Path(measure_sound([*PELLUCID, "data", "fetch", "medical_mnist", "--json"]).json()["files"][0])


def watch_others(name, go):
    """One round, and how many cores others kept busy meanwhile; warns if that was too many."""
    load = load_average()
    print(f"{name}: load average {load:.2f} before", end="", flush=True)
    begun, others = time.perf_counter(), work_of_others()
    facts = go()
    seconds = time.perf_counter() - begun
    others = max(0.0, work_of_others() - others) / seconds
    doubtful = "  WARNING: too many, these figures are doubtful" if others > MOST_BY_OTHERS else ""
    print(f", {seconds:.0f} s, others kept {others:.2f} cores busy{doubtful}", flush=True)
    return {"load_before": load, "cores_busy_by_others": others, **facts}


def measure_all(material, work, rounds, epochs=15, linear_epochs=5, times=TIMES):
    """Rounds of each, in turn; Lightning too where it is installed."""
    ways = {
        "tutorial": lambda: tutorial_round(material, work, epochs),
        "pellucid": lambda: pellucid_round(material, work, linear_epochs, times),
    }
    if importlib.util.find_spec("lightning"):
        ways["lightning"] = lambda: lightning_round(material, work)
    found = {way: [] for way in ways}
    for number in range(1, rounds + 1):
        for way, go in ways.items():
            found[way].append(watch_others(f"round {number} of {rounds}, {way}", go))
    return found


def say_machine(material):
    """What any figure depends on."""
    print(f"{platform.platform()}, {platform.processor() or platform.machine()}, {os.cpu_count()} cores, ", end="")
    print(f"Python {platform.python_version()}; OMP_NUM_THREADS {os.environ.get('OMP_NUM_THREADS', 'unset')}")
    print(f"{material.source.name}: {material.images:,} images, {material.predicted:,} to predict", flush=True)
    if load_average() > MOST_LOAD:
        print(f"WARNING: the load average is {load_average():.2f}: let the machine come to rest, to below {MOST_LOAD}.")


def show(rows, found):
    """Print the tables; end here if the linear models did not do the same work."""
    pairs = list(zip(found["tutorial"], found["pellucid"], strict=True))
    agree = all(losses_agree(*pair) for pair in pairs)
    print("\nratio: how many times faster; for the whole job and memory, pellucid's share of the tutorial's;")
    print("for accuracy and prediction, which are promised as such, how many times as much")
    print("\n".join(table(rows)))
    print(f"validation losses of the linear model, epoch by epoch, {'agree' if agree else 'DIFFER'}:")
    for name, one in zip(("tutorial", "pellucid"), pairs[0], strict=True):
        print(f"  {name}  {' '.join(f'{loss:.4f}' for loss in one['losses'])}")
    if "lightning" in found:
        print("\n".join(["", *table(beside_lightning(found["lightning"], found["pellucid"]), "lightning")]))
    else:
        print("Lightning is not installed, and was not measured.")
    if not agree:
        sys.exit("The linear models' losses differ: their epochs cannot be compared.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", help="a folder of class folders, or the same in a .zip")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=15, help="of the tutorial")
    parser.add_argument("--json", metavar="FILE", help="write all figures, round by round, too")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a promised figure is missed")
    told = parser.parse_args()
    with TemporaryDirectory(prefix="pellucid-bench-") as temporary:
        material = prepare(find_source(told.source), Path(temporary))
        say_machine(material)
        found = measure_all(material, Path(temporary), max(1, told.rounds), told.epochs)
    rows = figures(found["tutorial"], found["pellucid"])
    if told.json:
        Path(told.json).write_text(json.dumps({"figures": as_json(rows), "rounds": found}, indent=1) + "\n", "utf-8")
    show(rows, found)
    missed = [row.name for row in rows if not row.meets(row.least)]
    if missed:
        print(f"Missed: {'; '.join(missed)}")
    sys.exit(1 if told.check and missed else 0)


if __name__ == "__main__":
    main()
