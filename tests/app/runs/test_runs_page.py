"""The page of runs in a real browser: a table, reports, comparisons, audits, graphs, and an image that is dropped."""

from __future__ import annotations

import csv
import json
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from sklearn.datasets import load_digits

pytestmark = pytest.mark.slow  # starts Chromium


@pytest.fixture(scope="module")
def page_of_runs(folder, serving):
    return serving("--runs", str(folder))


@pytest.fixture
def page(new_page, page_of_runs):
    page = new_page(page_of_runs)
    page.driver.get(page_of_runs + "runs")
    page.until(lambda: page.driver.find_elements(By.LINK_TEXT, "digits"))
    return page


def all_named(page, name):
    return page.driver.find_elements(By.CSS_SELECTOR, f"[data-name={name}]")


def holds(page, said):
    """Wait for it: while a page is being replaced the browser has none at all."""
    page.until(lambda: said in page.driver.page_source)


def drop(page, path):
    page.driver.find_element(By.CSS_SELECTOR, "[data-name=drop] input[type=file]").send_keys(str(path))


def test_runs_are_listed_a_report_opens_and_a_dropped_image_is_explained(page, tmp_path):
    Image.fromarray(load_digits().images[5].astype(np.uint8)).save(tmp_path / "five.png")
    assert "begun (unfinished)" in page.named("runs").text
    report = page.driver.find_element(By.LINK_TEXT, "digits").get_attribute("href")
    drop(page, tmp_path / "five.png")
    page.until(lambda: len(all_named(page, "opened")) == 3)
    assert page.named("answer").text.startswith("five.png: ")
    links = [one.get_attribute("href") for one in all_named(page, "opened")]
    page.choose("max-error", "10%")
    page.until(lambda: "10% of the certain answers" in page.named("answer").text)
    assert page.named("dial").text.startswith("At 10% error, images are answered from a confidence of ")
    page.choose("max-error", "0.5%")
    page.until(lambda: "cannot say whether it is certain enough" in page.named("answer").text)
    needed = "At 0.5% error no threshold can be promised: 598 calibration images without an error are needed, there are"
    assert page.named("dial").text.startswith(needed)
    assert "is certain enough where" not in page.named("answer").text
    for link, said in zip(links, ("five.png", "stride", "<svg"), strict=True):
        page.driver.get(link)
        holds(page, said)
    page.driver.get(report)
    holds(page, "held-out")


def test_a_file_that_is_no_image_is_told_in_a_line(page, tmp_path):
    (tmp_path / "notes.txt").write_text("no image")
    drop(page, tmp_path / "notes.txt")
    page.until(lambda: all_named(page, "problem"))
    assert "notes.txt" in page.named("problem").text


def hits(folder, name):
    with (folder / name / "predictions.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["part"] == "held_out"]
    return {row["name"]: max(range(10), key=lambda k: float(row[f"p_{k}"])) == int(row["label"]) for row in rows}


def test_runs_that_are_ticked_by_keyboard_are_compared_with_numbers_from_their_tables(page, folder):
    page.named("compare-digits").send_keys(Keys.SPACE)
    page.until(lambda: page.named("compare-digits").get_attribute("aria-checked") == "true")
    assert page.js("return document.activeElement.dataset.name") == "compare-digits"  # the place is kept
    page.named("compare-humble").send_keys(Keys.SPACE)
    page.until(lambda: all_named(page, "compared"))
    ours, theirs = hits(folder, "humble"), hits(folder, "digits")
    apart = sum(int(ours[name]) - int(theirs[name]) for name in ours) / len(ours)
    page.until(lambda: f"humble less digits: {apart:+.3f} (" in page.named("difference").text)
    figures = page.driver.find_element(By.CSS_SELECTOR, "[data-name=compared] svg desc").get_attribute("textContent")
    for name in ("digits", "humble"):
        held_out = json.loads((folder / name / "report.json").read_text())["held_out"]
        for key in ("accuracy", "balanced_accuracy", "auroc"):
            assert f"{name} {held_out[key]['value']:.3f} ({held_out[key]['low']:.3f} to" in figures
    assert "learning rate 0.002 0.001" in page.named("settings").text
    page.named("compare-other split").send_keys(Keys.SPACE)
    page.until(lambda: len(all_named(page, "difference")) == 2)
    assert "were measured on other cases" in all_named(page, "difference")[1].text
    for name in ("digits", "other split"):
        page.named(f"compare-{name}").send_keys(Keys.SPACE)
    page.until(lambda: not all_named(page, "compared"))


def test_a_column_s_head_sorts_the_lines_and_keeps_the_focus(page, folder):
    figures = {name: np.mean(list(hits(folder, name).values())) for name in ("digits", "humble", "other split")}

    def lines():
        return [one.text for one in page.driver.find_elements(By.CSS_SELECTOR, ".runs tbody th")]

    head = next(one for one in page.driver.find_elements(By.CSS_SELECTOR, ".runs .sort") if one.text == "accuracy")
    unmeasured = ["begun (unfinished)", "broken (damaged)"]
    assert lines() == [*unmeasured, "digits", "humble", "other split"]
    for order in ("ascending", "descending"):
        head.send_keys(Keys.ENTER)
        page.until(lambda order=order: page.driver.find_elements(By.CSS_SELECTOR, f".runs th[aria-sort={order}]"))
        wanted = sorted(figures, key=figures.get, reverse=order == "descending")
        page.until(lambda wanted=wanted: lines()[:3] == wanted)
        assert set(lines()[3:]) == set(unmeasured)
    assert page.js("return document.activeElement.innerText") == "accuracy"


def test_the_audit_of_a_run_s_images_opens_as_a_page_of_pictures_and_nothing_else_is_asked_for(page):
    link = page.named("audit-digits")
    assert link.get_attribute("target") == "_blank"
    page.driver.get(link.get_attribute("href"))
    page.until(lambda: "/opened/" in page.driver.current_url)
    holds(page, "digits: audit")
    assert page.js("return [...document.images].every((one) => one.naturalWidth > 0) && document.images.length") >= 2
    asked = [one for one in page.requests() if one.startswith(("http", "ws"))]
    assert {urlsplit(one).netloc for one in asked} == {urlsplit(page.address).netloc}


def test_a_model_or_a_run_that_is_chosen_opens_as_a_graph(page):
    links = {}
    for chosen, said in (("mlp", "mlp, as a graph"), ("humble (run)", "humble, as a graph")):
        page.choose("which-graph", chosen)
        page.until(
            lambda chosen=chosen: chosen.split()[0] in page.named("graph").get_attribute("href").replace("/2/", "/")
        )
        links[page.named("graph").get_attribute("href")] = said
    for link, said in links.items():
        page.driver.get(link)
        page.until(lambda: "/opened/" in page.driver.current_url)
        holds(page, said)
        assert page.js("return document.querySelectorAll('svg g.node').length") >= 4


def test_everything_that_takes_the_focus_has_a_name(page):
    named = page.reachable()
    assert "" not in named, named[""]
    assert {"Report of digits", "Compare digits", "Run that answers", "Choose an image"} <= set(named)


def test_a_page_of_what_there_is_not_says_so(page):
    for path, said in (
        ("audit/0/..%2Fdigits", "The run ../digits is not there any more"),
        ("audit/0/nobody", "The run nobody is not there any more"),
        ("graph/run/99/digits", "The run digits is not there any more"),
        ("graph/model/digits", "There is no model 'digits'"),
    ):
        page.driver.get(page.address + path)
        page.until(lambda said=said: all_named(page, "problem") and said in page.named("problem").text)
        assert page.driver.current_url == page.address + path


def test_what_this_is_can_be_folded_out_by_keyboard(page):
    fold = page.driver.find_element(By.CSS_SELECTOR, ".what")
    assert "AUROC" not in fold.text
    fold.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
    page.until(lambda: "AUROC" in fold.text)
    assert all(word in fold.text for word in ("Balanced accuracy", "95% interval", "dial", "set of likely classes"))
