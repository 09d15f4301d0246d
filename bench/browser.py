"""A page of `pellucid play` in headless Chromium, for the benches that watch it. Debian's chromium, chromium-driver."""

import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager
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
    with ExitStack() as ends:
        options = webdriver.ChromeOptions()
        for argument in [*QUIET.split(), f"--user-data-dir={ends.enter_context(TemporaryDirectory())}"]:
            options.add_argument(argument)
        options.binary_location = "/usr/bin/chromium"
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
        ends.callback(driver.quit)
        driver.set_script_timeout(PATIENCE)
        server = subprocess.Popen(line, stdout=subprocess.DEVNULL)
        ends.callback(server.wait)
        ends.callback(server.terminate)
        _open(driver, server, f"http://127.0.0.1:{port}/{path}", ready)
        yield driver


def _open(driver, server, address, ready):
    until = time.monotonic() + PATIENCE
    while not _answers(address):
        if server.poll() is not None or time.monotonic() > until:
            raise SystemExit("The server did not start; what it said stands above.")
        time.sleep(0.2)
    driver.get(address)
    while not driver.execute_script(f"return {ready}"):
        if time.monotonic() > until:
            raise SystemExit(f"{address} was never ready ({ready}).")
        time.sleep(0.1)


def _answers(address):
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except OSError:
        return False
    return True
