"""The page of runs in a real browser: the table, a report, an image that is dropped and explained."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver.common.by import By
from sklearn.datasets import load_digits

import pellucid

from ..conftest import started

pytestmark = pytest.mark.slow  # starts Chromium


@pytest.fixture(scope="module")
def page_of_runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shown") / "runs"
    pellucid.train("digits", model="mlp", epochs=2, out=folder / "digits")
    server, found = started("--runs", str(folder))
    yield found
    server.terminate()
    server.wait(30)


def test_runs_are_listed_a_report_opens_and_a_dropped_image_is_explained(new_page, page_of_runs, tmp_path):
    Image.fromarray(load_digits().images[5].astype(np.uint8)).save(tmp_path / "five.png")
    page = new_page(page_of_runs)
    page.driver.get(page_of_runs + "runs")
    page.until(lambda: page.driver.find_elements(By.LINK_TEXT, "digits"))
    report = page.driver.find_element(By.LINK_TEXT, "digits").get_attribute("href")
    page.driver.find_element(By.CSS_SELECTOR, "[data-name=drop] input[type=file]").send_keys(str(tmp_path / "five.png"))
    page.until(lambda: len(page.driver.find_elements(By.CSS_SELECTOR, "[data-name=opened]")) == 3)
    said = page.driver.find_element(By.CSS_SELECTOR, "[data-name=answer]").text
    assert said.startswith("five.png: ")
    links = [one.get_attribute("href") for one in page.driver.find_elements(By.CSS_SELECTOR, "[data-name=opened]")]
    page.choose("max-error", "10%")
    page.until(
        lambda: "10% of the certain answers" in page.driver.find_element(By.CSS_SELECTOR, "[data-name=answer]").text
    )
    for link, said in zip(links, ("five.png", "stride", "<svg"), strict=True):
        page.driver.get(link)
        assert said in page.driver.page_source
    page.driver.get(report)
    assert "held-out" in page.driver.page_source


def test_a_file_that_is_no_image_is_told_in_a_line(new_page, page_of_runs, tmp_path):
    (tmp_path / "notes.txt").write_text("no image")
    page = new_page(page_of_runs)
    page.driver.get(page_of_runs + "runs")
    drop = "[data-name=drop] input[type=file]"
    page.until(lambda: page.driver.find_elements(By.CSS_SELECTOR, drop))
    page.driver.find_element(By.CSS_SELECTOR, drop).send_keys(str(tmp_path / "notes.txt"))
    page.until(lambda: page.driver.find_elements(By.CSS_SELECTOR, "[data-name=problem]"))
    assert "notes.txt" in page.driver.find_element(By.CSS_SELECTOR, "[data-name=problem]").text
