"""The page of a scan in a real browser: stages, windows, scrolling, and a finding that is jumped to."""

from __future__ import annotations

import numpy as np
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from pellucid.ct.grid import working_copy
from pellucid.ct.luna import write_luna

from ...ct import small_chest

pytestmark = pytest.mark.slow  # starts Chromium


@pytest.fixture(scope="module")
def page_of_scan(tmp_path_factory, serving):
    folder = tmp_path_factory.mktemp("scan")
    write_luna(folder, [(small_chest.chest("small-chest"), small_chest.truth())])
    return serving("--scan", str(next(folder.glob("subset*/small-chest.mhd"))))


def slice_at(z_mm):
    """The scan's own slice nearest to a height, from 1."""
    origin, step = small_chest.FRAME.origin_xyz_mm[2], small_chest.FRAME.spacing_xyz_mm[2]
    return 1 + min(range(small_chest.SHAPE[0]), key=lambda number: abs(origin + number * step - z_mm))


def test_a_scan_is_opened_scrolled_seen_stage_by_stage_and_a_finding_jumped_to(new_page, page_of_scan):
    page = new_page(page_of_scan)
    page.driver.get(page_of_scan + "scan")
    page.until(lambda: page.driver.find_elements(By.CSS_SELECTOR, "#findings button"))

    def at():
        return page.js("return scan.state.at")

    def source(plane):
        return page.js(f"return document.querySelector('figure[data-plane={plane}] img').src")

    working = working_copy(small_chest.chest("small-chest"))
    frame = working.frame
    for plane, letters in {"axial": "RLAP", "coronal": "RLHF", "sagittal": "APHF"}.items():
        spans = page.driver.find_elements(By.CSS_SELECTOR, f"figure[data-plane={plane}] .view span")
        assert "".join(one.text for one in spans) == letters
        places = {one.text: one.rect for one in spans}
        assert letters[2] in places
        assert places[letters[2]]["y"] < places[letters[0]]["y"] < places[letters[3]]["y"]
    assert "" not in page.reachable()
    assert "From 0.15 on" in page.text("means")
    assert "readers would have rated the nodule suspicious" in page.text("means")
    assert "counted from the feet" in page.text("counted")
    button = page.driver.find_element(By.CSS_SELECTOR, "#findings button")
    told = page.js("return fetch('/scan/facts').then((answer) => answer.json())")
    button.click()
    wanted = next(one for one in told["findings"] if str(one["number"]) == button.get_attribute("data-number"))
    assert at() == wanted["at"]
    assert page.text("why") == f"Why lump {wanted['number']} was found: {wanted['why']}"
    x, y, z = (f"{along:.1f}" for along in frame.to_xyz_mm(np.array([wanted["at"]], float))[0] + 0.0)
    hu = f"{working.voxels_hu[tuple(wanted['at'])]} HU"
    said = f"Cross: {hu} (this voxel of the working grid) at x, y, z {x}, {y}, {z} mm"
    page.until(lambda: page.text("cross") == said)
    nearest = slice_at(float(z))
    assert page.text("at-axial") == f"slice {nearest} of {small_chest.SHAPE[0]}, z {z} mm"
    assert (page.text("at-coronal"), page.text("at-sagittal")) == (f"y {y} mm", f"x {x} mm")
    tags = page.js("return [...document.querySelectorAll('.view text')].map((one) => one.textContent)")
    assert tags == [hu] * 3
    ends = page.js("""
        const image = document.querySelector('figure[data-plane=axial] img');
        return [...document.querySelectorAll('figure[data-plane=axial] line')].map((line) =>
            ['x1', 'y1', 'x2', 'y2'].map((name) => Number(line.getAttribute(name))))
            .concat([[image.clientWidth, image.clientHeight]])""")
    (x_px, _, _, above), (_, below, *_), (_, y_px, left, _), (right, *_), (width, height) = ends
    assert x_px / width == pytest.approx((wanted["at"][2] + 0.5) / working.voxels_hu.shape[2], abs=1e-3)
    assert y_px / height == pytest.approx((wanted["at"][1] + 0.5) / working.voxels_hu.shape[1], abs=1e-3)
    assert below - above == right - left == pytest.approx(18)  # the lines leave the middle free
    other = page.driver.find_element(By.CSS_SELECTOR, "#rejected button, #findings li:last-child button")
    other.send_keys(Keys.ENTER)  # by keyboard
    page.until(lambda: page.text("why").startswith(f"Why lump {other.get_attribute('data-number')} was found: "))
    button.send_keys(Keys.ENTER)
    page.until(lambda: at() == wanted["at"])
    assert source("coronal").endswith(f"/coronal/{wanted['at'][1]}?window=lung&stage=scan")
    for stage in ("lungs", "heat", "lumps", "verdicts"):
        page.driver.find_element(By.CSS_SELECTOR, f"[data-stage={stage}]").click()
        page.until(lambda stage=stage: all(source(plane).endswith(f"stage={stage}") for plane in ("axial", "sagittal")))
    Select(page.driver.find_element(By.ID, "window")).select_by_visible_text("bone: centre 400, width 1800 HU")
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


def test_a_file_that_is_no_scan_is_told_and_nothing_else_is_shown(new_page, serving, tmp_path):
    (tmp_path / "notes.txt").write_text("no scan")
    page = new_page(serving("--scan", str(tmp_path / "notes.txt")))
    page.driver.get(page.address + "scan")
    page.until(lambda: "holds no DICOM pictures" in page.text("problem"))
    parts = page.driver.find_elements(By.CSS_SELECTOR, "#whole, .view, img, #list")
    assert parts
    assert not any(one.is_displayed() for one in parts)
    assert "at work" not in page.driver.find_element(By.TAG_NAME, "body").text


def test_what_this_is_can_be_folded_out(new_page, page_of_scan):
    page = new_page(page_of_scan)
    page.driver.get(page_of_scan + "scan")
    page.until(lambda: page.driver.find_elements(By.CSS_SELECTOR, ".what summary"))
    for word in ("planes", "window", "stages"):
        assert word not in page.driver.find_element(By.CSS_SELECTOR, ".what").text
    page.driver.find_element(By.CSS_SELECTOR, ".what summary").send_keys(Keys.ENTER)
    page.until(lambda: "planes" in page.driver.find_element(By.CSS_SELECTOR, ".what").text)
    told = page.driver.find_element(By.CSS_SELECTOR, ".what").text
    assert all(word in told for word in ("window", "stages", "Hounsfield units"))
