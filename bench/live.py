"""Learning in the page of `pellucid play SOURCE`, watched in Chromium, beside `pellucid train` on the same images.

Each round: `pellucid train` in a process of its own (the seconds of its report's "learn": all epochs, validation after
each), then the page, from the click on Run to the word that it is done: the same model, settings and epochs, looked at
many times a second, drawn, recorded. Median of the rounds' ratios. Needs Debian's chromium and chromium-driver.

Promised: no less than half the speed.

    python bench/live.py [SOURCE] [--model cnn] [--rounds 3]
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from browser import page

RUN = """
const done = arguments[arguments.length - 1], began = performance.now();
const note = document.getElementById("live-note");
new MutationObserver((_, watcher) => {
  if (!note.textContent) return;  // cleared when it begins
  watcher.disconnect(); done([(performance.now() - began) / 1000, note.textContent]);
}).observe(note, { childList: true, characterData: true, subtree: true });
document.querySelector('[data-name="live-run"]').click();
"""


def trained(source, model):
    """Seconds of learning, and steps."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        line = [sys.executable, "-m", "pellucid.cli", "train", source, "--model", model, "--out", str(out)]
        subprocess.run(line, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return json.loads((out / "report.json").read_text())["seconds"]["learn"]


def played(source, model):
    """Seconds from the click to the end, frames drawn, and moments kept."""
    with page("window.live?.frames > 0", f"images?model={model}", [source]) as driver:
        seconds, note = driver.execute_async_script(RUN)
        if not note.startswith("Done"):
            raise SystemExit(f"The page said: {note}")
        return seconds, driver.execute_script("return live.frames")


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("source", nargs="?", default="digits")
    asked.add_argument("--model", default="cnn")
    asked.add_argument("--rounds", type=int, default=3)
    given = asked.parse_args()
    ratios = []
    for number in range(given.rounds):
        alone = trained(given.source, given.model)
        watched, frames = played(given.source, given.model)
        ratios.append(alone / watched)
        print(f"round {number + 1}: train {alone:.2f} s, page {watched:.2f} s with {frames} frames: {ratios[-1]:.2f}")
    print(f"speed in the page, of train's: median {median(ratios):.2f} (promised 0.5), n = {len(ratios)}")


if __name__ == "__main__":
    main()
