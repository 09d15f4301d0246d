"""One's own images in a real browser: each control is used, a run is watched, kept, replayed, shared by its link."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from sklearn.datasets import load_digits

pytestmark = pytest.mark.slow  # starts Chromium


@pytest.fixture(scope="module")
def kept_runs(tmp_path_factory):
    return tmp_path_factory.mktemp("kept") / "runs"


@pytest.fixture(scope="module")
def page_of_images(serving, kept_runs, tmp_path_factory):
    """A folder of class folders, as a user has it."""
    folder = tmp_path_factory.mktemp("scans")
    digits = load_digits()
    for at, (image, label) in enumerate(zip(digits.images, digits.target, strict=True)):
        if label < 3:
            (folder / str(label)).mkdir(exist_ok=True)
            Image.fromarray((image * 15).astype(np.uint8)).save(folder / str(label) / f"{at}.png")
    return serving(str(folder), "--runs", str(kept_runs))


@pytest.fixture
def page(new_page, page_of_images):
    def go(query=""):
        found = new_page(page_of_images)
        found.driver.get(f"{page_of_images}images?{query}")
        found.until(lambda: found.js("return window.live !== undefined && live.frames > 0"))
        return found

    return go


def where(page):
    return page.text("live-where")


def frames(page):
    return int(page.js("return live.frames"))


def asked(page, act):
    """What stands under the arithmetic once something new does."""
    before = page.text("live-told")
    act()
    page.until(lambda: page.text("live-told") != before)
    return page.text("live-told")


def test_a_model_learns_from_a_folder_and_its_run_is_replayed(page):
    one = page("model=linear&epochs=5")
    assert "3 classes" in one.named("source").text
    assert where(one).startswith("step 0 of ")
    one.press("live-step")
    one.until(lambda: where(one).startswith("step 1 of "))
    one.press("live-run")
    one.until(lambda: "Done" in one.text("live-note"))
    steps = where(one).split()
    assert steps[1] == steps[3].strip(",")
    assert "found nothing wrong" in one.text("live-doctor")
    assert len(one.driver.find_elements(By.CSS_SELECTOR, "#live-weights canvas")) == 3
    assert len(one.driver.find_elements(By.CSS_SELECTOR, "#live-worst button")) == 6
    one.driver.find_element(By.ID, "live-at").send_keys(Keys.HOME)
    one.until(lambda: where(one).startswith("step 0 of "))
    assert "(replayed)" in where(one)
    one.driver.find_element(By.ID, "live-play").click()
    one.until(lambda: "(replayed)" not in where(one))


def test_any_pixel_is_worked_out_by_click_or_by_keys(page):
    one = page("model=mlp&epochs=3&hidden=8")
    one.press("live-run")
    one.until(lambda: "Done" in one.text("live-note"))
    weight = one.driver.find_elements(By.CSS_SELECTOR, "#live-weights canvas")[2]
    said = asked(one, lambda: weight.send_keys(Keys.ARROW_DOWN, Keys.ARROW_RIGHT))
    one.until(lambda: "unit 2, channel 0, row 1, column 1: " in one.text("live-told"))
    assert said.startswith("hidden1, unit 2, channel 0, row 1")
    unit = one.driver.find_elements(By.CSS_SELECTOR, "#live-activations canvas")[0]
    said = asked(one, lambda: unit.click())
    assert said.startswith("hidden1, unit ")
    assert "bias " in said
    assert "sum " in said
    said = asked(one, lambda: one.driver.find_element(By.CSS_SELECTOR, "[data-klass='1']").click())
    assert said.startswith("logit of 1: ")


def test_another_image_is_chosen_and_a_worst_case_too(page):
    one = page("model=linear&epochs=1")
    for css in ("#live-probes button:nth-child(3)", "#live-worst button:first-child"):
        button = one.driver.find_element(By.CSS_SELECTOR, css)
        row, before = button.get_attribute("data-row"), frames(one)
        button.click()
        one.until(lambda count=before: frames(one) > count)
        pressed = one.driver.find_elements(By.CSS_SELECTOR, f"button[data-row='{row}'][aria-pressed=true]")
        assert pressed


def test_every_setting_begins_anew_and_stands_in_the_link_that_leads_back_to_it(page):
    one = page()
    for name, said, wanted in (
        ("live-model", "mlp", "model=mlp"),
        ("live-hidden", "32", "hidden=32"),
        ("live-learning-rate", "0.01", "learning_rate=0.01"),
        ("live-batch-size", "32", "batch_size=32"),
        ("live-optimizer", "sgd", "optimizer=sgd"),
        ("live-epochs", "2", "epochs=2"),
    ):
        one.choose(name, said)
        one.until(lambda part=wanted: part in one.query())
    one.press("live-new")
    one.until(lambda: "seed=1" in one.query())
    one.press("live-step")
    one.until(lambda: where(one).startswith("step 1 of "))
    shown = one.js("return document.querySelector('#live-weights canvas').toDataURL()")
    one.press("live-reset")
    one.until(lambda: where(one).startswith("step 0 of "))
    other = page(one.query().lstrip("?"))
    other.press("live-step")
    other.until(lambda: where(other).startswith("step 1 of "))
    assert other.js("return document.querySelector('#live-weights canvas').toDataURL()") == shown


def test_a_run_is_slowed_paused_kept_and_opened_again(page, kept_runs):
    one = page("model=linear&epochs=40")
    one.choose("live-pace", "20 steps a second")
    one.press("live-run")
    one.until(lambda: one.named("live-run").text.lower() == "pause")
    one.until(lambda: int(where(one).split()[1]) >= 5)
    one.press("live-run")
    one.until(lambda: one.named("live-run").text.lower() == "run")
    one.press("live-save")
    one.until(lambda: "Saved as" in one.driver.page_source)
    kept = int(where(one).split()[1])
    one.press("live-reset")
    one.until(lambda: where(one).startswith("step 0 of "))
    (file,) = (kept_runs / "recordings").iterdir()
    one.choose("live-recording", file.name)
    one.until(lambda: where(one).startswith("step 0 of ") and "(replayed)" in where(one))
    one.driver.find_element(By.ID, "live-at").send_keys(Keys.END)
    one.until(lambda: where(one).startswith(f"step {kept} of {kept},"))
    assert "recording is replayed" in one.text("live-doctor")


def test_the_audit_of_the_images_opens_as_pictures(page, page_of_images):
    one = page()
    one.driver.get(one.named("audit").get_attribute("href"))
    one.until(lambda: "not known which images are of one patient" in one.driver.page_source)


def test_everything_that_takes_the_focus_has_a_name_and_the_space_bar_runs_it(page):
    one = page("model=cnn&epochs=1")
    named = one.reachable()
    assert "" not in named
    assert {"Run", "Model", "Learning rate", "Recording", "Moment of the run", "Replay from the start"} <= set(named)
    assert "stem.convolution 0; arrow keys choose a pixel" in named
    assert len(named) > 50
    one.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.SPACE)
    one.until(lambda: "Done" in one.text("live-note"))


def test_two_browsers_learn_each_their_own(page):
    one, other = page("model=linear&epochs=2"), page("model=mlp&epochs=2")
    one.press("live-run")
    one.until(lambda: "Done" in one.text("live-note"))
    assert where(other).startswith("step 0 of ")


def test_nothing_is_asked_of_another_machine(page, page_of_images):
    one = page("model=cnn&epochs=1")
    one.press("live-run")
    one.until(lambda: "Done" in one.text("live-note"))
    own = page_of_images.removeprefix("http://")
    asked_for = [url for url in one.requests() if url.startswith(("http", "ws"))]
    assert asked_for
    assert all(url.split("://")[1].startswith(own) for url in asked_for), asked_for
