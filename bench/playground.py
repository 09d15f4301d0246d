"""The playground in Chromium: frames a second while XOR is learned, and how soon a click is answered.

Starts `pellucid play`, opens it in headless Chromium, and watches from inside the page. Frames: each one is drawn whole
(maps of all units, weights, output, curves); the median of 1-second windows. Clicks: from the press of Step to the new
step number in the page, median of 30. n = windows, clicks. Needs Debian's chromium and chromium-driver.

Promised: at least 10 frames a second, at most 100 ms.

    python bench/playground.py [--seconds 10]
"""

import argparse
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from statistics import median
from tempfile import TemporaryDirectory

from selenium import webdriver

QUIET = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --window-size=1440,1200"
CLICK = """
const done = arguments[arguments.length - 1], shown = document.getElementById("step-number");
const began = performance.now();
new MutationObserver((_, watcher) => { watcher.disconnect(); done(performance.now() - began); })
  .observe(shown, { childList: true, characterData: true, subtree: true });
document.querySelector('[data-name="step"]').click();
"""


@contextmanager
def page():
    """A browser with the playground open."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    line = [sys.executable, "-m", "pellucid.cli", "play", "--no-browser", "--port", str(port)]
    server = subprocess.Popen(line, stdout=subprocess.DEVNULL)
    with TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        for argument in [*QUIET.split(), f"--user-data-dir={profile}"]:
            options.add_argument(argument)
        options.binary_location = "/usr/bin/chromium"
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
        try:
            opened(driver, f"http://127.0.0.1:{port}/")
            yield driver
        finally:
            driver.quit()
            server.terminate()
            server.wait()


def opened(driver, address):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            break
        except OSError:
            time.sleep(0.2)
    driver.get(address)
    while time.monotonic() < until and not driver.execute_script("return window.playground?.frames > 0"):
        time.sleep(0.1)


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--seconds", type=int, default=10)
    given = asked.parse_args()
    with page() as driver:
        driver.set_script_timeout(30)
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
