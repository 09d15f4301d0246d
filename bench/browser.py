"""A page of `pellucid play` in headless Chromium, for the benches that watch it. Debian's chromium, chromium-driver."""

import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from selenium import webdriver

QUIET = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --window-size=1440,1200"
PATIENCE = 300  # seconds; a large source has to be read


@contextmanager
def page(ready, path="", arguments=()):
    """A browser with a page open: `ready` is JavaScript that is true when it can be used."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    line = [sys.executable, "-m", "pellucid.cli", "play", *arguments, "--no-browser", "--port", str(port)]
    server = subprocess.Popen(line, stdout=subprocess.DEVNULL)
    with TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        for argument in [*QUIET.split(), f"--user-data-dir={profile}"]:
            options.add_argument(argument)
        options.binary_location = "/usr/bin/chromium"
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
        driver.set_script_timeout(PATIENCE)
        try:
            _open(driver, f"http://127.0.0.1:{port}/{path}", ready)
            yield driver
        finally:
            driver.quit()
            server.terminate()
            server.wait()


def _open(driver, address, ready):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            break
        except OSError:
            time.sleep(0.2)
    driver.get(address)
    while time.monotonic() < until and not driver.execute_script(f"return {ready}"):
        time.sleep(0.1)
