"""The page of a scan in a real browser: stages, windows, scrolling, and a finding that is jumped to."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from pellucid.ct.luna import write_luna

from ...ct import small_chest

pytestmark = pytest.mark.slow  # starts Chromium


@pytest.fixture(scope="module")
def page_of_scan(tmp_path_factory, serving):
    folder = tmp_path_factory.mktemp("scan")
    write_luna(folder, [(small_chest.chest("small-chest"), small_chest.truth())])
    return serving("--scan", str(next(folder.glob("subset*/small-chest.mhd"))))


def test_a_scan_is_opened_scrolled_seen_stage_by_stage_and_a_finding_jumped_to(new_page, page_of_scan):
    page = new_page(page_of_scan)
    page.driver.get(page_of_scan + "scan")
    page.until(lambda: page.driver.find_elements(By.CSS_SELECTOR, "#findings button"))

    def at():
        return page.js("return scan.state.at")

    def source(plane):
        return page.js(f"return document.querySelector('figure[data-plane={plane}] img').src")

    button = page.driver.find_element(By.CSS_SELECTOR, "#findings button")
    told = page.js("return fetch('/scan/facts').then((answer) => answer.json())")
    button.click()
    wanted = next(one for one in told["findings"] if str(one["number"]) == button.get_attribute("data-number"))
    assert at() == wanted["at"]
    assert source("coronal").endswith(f"/coronal/{wanted['at'][1]}?window=lung&stage=scan")
    for stage in ("lungs", "heat", "lumps", "verdicts"):
        page.driver.find_element(By.CSS_SELECTOR, f"[data-stage={stage}]").click()
        page.until(lambda stage=stage: all(source(plane).endswith(f"stage={stage}") for plane in ("axial", "sagittal")))
    Select(page.driver.find_element(By.ID, "window")).select_by_visible_text("bone")
    page.until(lambda: "window=bone" in source("axial"))
    slider = page.driver.find_element(By.CSS_SELECTOR, "figure[data-plane=axial] input")
    slider.send_keys(Keys.ARROW_RIGHT)
    page.until(lambda: at()[0] == wanted["at"][0] + 1)
    view = "document.querySelector('figure[data-plane=sagittal] .view')"
    page.js(f"{view}.dispatchEvent(new WheelEvent('wheel', {{ deltaY: -1 }}))")
    page.until(lambda: at()[2] == wanted["at"][2] + 1)
    before = at()
    page.driver.find_element(By.CSS_SELECTOR, "figure[data-plane=axial] img").click()  # its middle
    page.until(lambda: at() != before)
    middle = [told["sizes"]["coronal"] / 2, told["sizes"]["sagittal"] / 2]
    assert at()[1:] == pytest.approx(middle, abs=1.5)
    page.until(
        lambda: page.js("return [...document.images].every((image) => image.complete && image.naturalWidth > 0)")
    )
    assert [one for one in page.driver.get_log("browser") if one["level"] != "INFO"] == []


def test_without_a_scan_the_page_says_how_to_open_one(new_page):
    page = new_page()
    page.driver.get(page.address + "scan")
    page.until(lambda: "pellucid play --scan study.zip" in page.driver.page_source)
