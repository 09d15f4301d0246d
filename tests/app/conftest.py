"""The page as a browser meets it: `pellucid play` in a process of its own, and Chromium without a window."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars"
)
PATIENCE = 30  # seconds; machines may be busy


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def started(*more: str) -> tuple[subprocess.Popen[bytes], str]:
    """The server and its address, once it answers (with whatever)."""
    port = free_port()
    line = [sys.executable, "-m", "pellucid.cli", "play", "--port", str(port), "--no-browser", *more]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    server = subprocess.Popen(line, stdout=subprocess.DEVNULL, env=environment)
    address, until = f"http://127.0.0.1:{port}/", time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return server, address
        except urllib.error.HTTPError:
            return server, address
        except OSError:
            time.sleep(0.2)
    server.kill()
    server.wait()
    raise AssertionError("the server did not answer")


@pytest.fixture(scope="session")
def serving() -> Iterator[Callable[..., str]]:
    """`pellucid play` with what is given, as often as it is asked for: the address of each; all end with the tests."""
    servers = []

    def serve(*more: str) -> str:
        server, found = started(*more)
        servers.append(server)
        return found

    yield serve
    for server in servers:
        server.terminate()
    for server in servers:
        server.wait(PATIENCE)


@pytest.fixture(scope="session")
def chromium() -> tuple[str, str]:
    """Debian's, and its driver."""
    found = shutil.which("chromium"), shutil.which("chromedriver")
    if None in found:
        pytest.skip("needs a browser: apt install chromium chromium-driver")
    return found


@pytest.fixture(scope="session")
def address(serving) -> str:
    """Of a running page."""
    return serving()


class Page:
    """A browser, and short ways to its page's parts."""

    def __init__(self, driver: webdriver.Chrome, address: str) -> None:
        self.driver, self.address = driver, address

    def open(self, query: str = "") -> Page:
        self.driver.get(self.address + (f"?{query}" if query else ""))
        self.until(lambda: self.js("return window.playground !== undefined && playground.frames > 0"))
        return self

    def js(self, code: str) -> object:
        return self.driver.execute_script(code)

    def until(self, true: Callable[[], object]) -> None:
        WebDriverWait(self.driver, PATIENCE, poll_frequency=0.05).until(lambda _: true())

    def named(self, name: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, f'[data-name="{name}"]')

    def press(self, name: str) -> None:
        self.named(name).click()

    def choose(self, name: str, said: str) -> None:
        """An option of a list."""
        self.driver.execute_script("return arguments[0].closest('.q-field')", self.named(name)).click()
        path = f"//div[contains(@class,'q-menu')]//*[contains(@class,'q-item__label') and normalize-space()='{said}']"
        self.until(lambda: self.driver.find_elements(By.XPATH, path))
        self.driver.find_element(By.XPATH, path).click()

    def text(self, name: str) -> str:
        return self.driver.find_element(By.ID, name).text

    def query(self) -> str:
        return str(self.js("return location.search"))

    def steps(self) -> int:
        return int(self.text("step-number"))

    def reachable(self) -> dict[str, list[str]]:
        """Whatever Tab comes to, as a screen reader meets it: roles by name."""
        named: dict[str, list[str]] = {}
        for node in self.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]:
            properties = {one["name"]: one["value"].get("value") for one in node.get("properties", ())}
            if properties.get("focusable") and not node.get("ignored") and self._tabbed(node):
                named.setdefault(node.get("name", {}).get("value", "").strip(), []).append(node["role"]["value"])
        return named

    def _tabbed(self, node: dict[str, Any]) -> bool:
        """Whether Tab comes to it: not to the page itself, nor to what is only focused by a script."""
        asked = {"backendNodeId": node["backendDOMNodeId"]}
        told = self.driver.execute_cdp_cmd("DOM.describeNode", asked)["node"].get("attributes", [])
        return node["role"]["value"] != "RootWebArea" and ("tabindex", "-1") not in zip(
            told[::2], told[1::2], strict=True
        )

    def requests(self) -> list[str]:
        """Every address that was asked for."""
        told = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [one["params"]["request"]["url"] for one in told if one["method"] == "Network.requestWillBeSent"]


@pytest.fixture
def new_page(address, chromium) -> Iterator[Callable[..., Page]]:
    """Browsers as many as are asked for, each with its own profile."""
    drivers = []

    def make(at: str = address) -> Page:
        options = webdriver.ChromeOptions()
        for argument in [*QUIET.split(), f"--user-data-dir={tempfile.mkdtemp()}", "--window-size=1440,1200"]:
            options.add_argument(argument)
        options.binary_location = chromium[0]
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        drivers.append(webdriver.Chrome(options=options, service=webdriver.ChromeService(chromium[1])))
        return Page(drivers[-1], at)

    yield make
    for driver in drivers:
        driver.quit()
