"""The playground in a real browser: every control does what it says, and every number shown can be worked out."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.slow  # starts Chromium


def wrong(page, which):
    """The share of errors that the page shows, in per cent."""
    return float(re.search(rf"{which} [\d.]+, ([\d.]+)% wrong", page.text("losses")).group(1))


@pytest.mark.parametrize("query", ["noise=0.0", "toy=corners&hidden=2&noise=0.0&seed=1"])
def test_xor_is_learned_to_the_end_with_four_hidden_units_and_with_two(new_page, query):
    page = new_page().open(query)
    page.press("run")
    page.until(lambda: page.steps() > 200 and wrong(page, "test") <= 5)
    page.press("run")
    page.until(lambda: page.named("run").text.lower() == "run")


def test_nothing_is_asked_of_any_other_machine_and_the_browser_complains_of_nothing(new_page):
    page = new_page().open()
    page.press("step")
    page.until(lambda: page.steps() == 1)
    asked = [one for one in page.requests() if one.startswith(("http", "ws"))]
    assert asked
    assert {urlsplit(one).netloc for one in asked} == {urlsplit(page.address).netloc}
    assert [one["message"] for one in page.driver.get_log("browser") if one["level"] != "INFO"] == []


def test_step_run_pause_reset_and_new_draw(new_page):
    page = new_page().open()
    page.press("step")
    page.until(lambda: page.steps() == 1)
    page.press("run")
    page.until(lambda: page.steps() > 50)
    page.press("run")
    page.until(lambda: page.named("run").text.lower() == "run")
    page.press("reset")
    page.until(lambda: page.steps() == 0)
    page.press("new")
    page.until(lambda: "seed=1" in page.query())


@pytest.mark.parametrize(
    ("name", "said", "in_link"),
    [
        ("toy", "spirals", "toy=spirals"),
        ("toy", "hills (a height)", "toy=hills"),
        ("learning_rate", "0.03", "learning_rate=0.03"),
        ("momentum", "0.9", "momentum=0.9"),
        ("activation", "relu", "activation=relu"),
        ("regularisation", "l1", "regularisation=l1"),
        ("penalty", "0.01", "penalty=0.01"),
    ],
)
def test_a_list_changes_the_experiment_and_its_link(new_page, name, said, in_link):
    page = new_page().open()
    page.choose(name, said)
    page.until(lambda: in_link in page.query())


def test_sliders_features_layers_and_units_change_it_too(new_page):
    page = new_page().open()
    for name, in_link in (("noise", "noise=0.15"), ("train_share", "train_share=0.6"), ("batch_size", "batch_size=11")):
        page.named(name).find_element(By.CSS_SELECTOR, "[tabindex]").send_keys(Keys.ARROW_RIGHT)
        page.until(lambda in_link=in_link: in_link in page.query())
    page.press("feature-x1x2")
    page.until(lambda: "features=x1-x2-x1x2" in page.query())
    assert page.driver.find_elements(By.ID, "unit--1-2")
    page.press("add-layer")
    page.until(lambda: "hidden=4-2" in page.query())
    page.press("add-unit-2")
    page.until(lambda: "hidden=4-3" in page.query())
    page.press("remove-unit-1")
    page.until(lambda: "hidden=3-3" in page.query())
    page.press("remove-layer")
    page.until(lambda: "hidden=3" in page.query() and "hidden=3-" not in page.query())


def test_a_shared_link_restores_the_experiment_with_its_weights(new_page):
    page = new_page().open("toy=moons&hidden=3-2&activation=sigmoid&features=x1-x2-sinx1&seed=5")
    other = new_page().open(page.query()[1:])
    assert other.query() == page.query()
    for one in (page, other):
        one.press("step")
        one.until(lambda one=one: one.steps() == 1)
    assert page.text("losses") == other.text("losses")


def test_a_link_with_weights_shows_the_same_losses_in_another_browser(new_page):
    page = new_page().open("hidden=3")
    page.press("run")
    page.until(lambda: page.steps() > 100)
    page.press("run")
    page.until(lambda: page.named("run").text.lower() == "run")
    page.press("link")
    page.until(lambda: "weights=" in page.query())
    other = new_page().open(page.query()[1:])
    assert other.steps() == 0
    assert other.text("losses") == page.text("losses")


def numbers(text):
    return [float(one) for one in re.findall(r"-?\d+\.\d+", text)]


def test_the_arithmetic_of_a_unit_adds_up_and_a_weight_set_by_hand_is_used(new_page):
    page = new_page().open()
    page.driver.find_element(By.ID, "unit-0-1").click()
    page.until(lambda: "h1.2" in page.text("panel"))
    rows = page.driver.find_elements(By.CSS_SELECTOR, "#panel tr")
    products = []
    for row in rows[:2]:
        value, product = numbers(row.text)
        weight = float(row.find_element(By.TAG_NAME, "input").get_attribute("value"))
        assert product == pytest.approx(value * weight, abs=2e-4)
        products.append(product)
    (bias,), (total,) = numbers(rows[2].text), numbers(rows[3].text)
    assert total == pytest.approx(sum(products) + bias, abs=2e-4)
    before = page.text("losses")
    field = page.driver.find_element(By.CSS_SELECTOR, '#panel input[data-feature="0"]')
    field.send_keys(Keys.CONTROL + "a" + Keys.NULL + "3.5" + Keys.ENTER)
    shown = "return [...document.querySelectorAll('#panel tr')].map((row) => row.innerText)[0]"
    page.until(lambda: page.text("losses") != before and numbers(page.js(shown)) == pytest.approx([0.4, 1.4]))
    assert page.js("return document.querySelector('#panel input').value") == "3.5000"


def test_two_browsers_do_not_disturb_each_other(new_page):
    one, two = new_page().open(), new_page().open()
    one.press("run")
    one.until(lambda: one.steps() > 100)
    assert two.steps() == 0
    two.press("step")
    two.until(lambda: two.steps() == 1)
    assert one.steps() > 100


def test_a_link_that_cannot_be_shows_the_usual_experiment_and_says_why(new_page):
    page = new_page().open("hidden=99")
    page.until(lambda: "hidden" in page.driver.find_element(By.CSS_SELECTOR, ".q-notification").text)
    assert page.query() == ""
