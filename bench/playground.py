"""The playground in Chromium: frames a second while XOR is learned, and how soon a click is answered.

Starts `pellucid play`, opens it in headless Chromium, and watches from inside the page. Frames: each one is drawn whole
(maps of all units, weights, output, curves); the median of 1-second windows. Clicks: from the press of Step to the new
step number in the page, median of 30. n = windows, clicks. Needs Debian's chromium and chromium-driver.

Promised: at least 10 frames a second, at most 100 ms.

    python bench/playground.py [--seconds 10]
"""

import argparse
import time
from statistics import median

from browser import page

CLICK = """
const done = arguments[arguments.length - 1], shown = document.getElementById("step-number");
const began = performance.now();
new MutationObserver((_, watcher) => { watcher.disconnect(); done(performance.now() - began); })
  .observe(shown, { childList: true, characterData: true, subtree: true });
document.querySelector('[data-name="step"]').click();
"""


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--seconds", type=int, default=10)
    given = asked.parse_args()
    with page("window.playground?.frames > 0") as driver:
        clicks = [driver.execute_async_script(CLICK) for _ in range(30)]
        driver.execute_script("document.querySelector('[data-name=\"run\"]').click()")
        time.sleep(1)
        counts = []
        for _ in range(given.seconds):
            frames, began = driver.execute_script("return playground.frames"), time.perf_counter()
            time.sleep(1)
            counts.append((driver.execute_script("return playground.frames") - frames) / (time.perf_counter() - began))
    print(f"frames a second: median {median(counts):.1f}, least {min(counts):.1f} (promised 10), n = {len(counts)}")
    print(
        f"click to reaction: median {median(clicks):.0f}, most {max(clicks):.0f} ms (promised 100), n = {len(clicks)}"
    )


if __name__ == "__main__":
    main()
