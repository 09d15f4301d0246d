"""The playground by the keyboard alone, and as a screen reader meets it."""

from __future__ import annotations

import math

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.slow  # starts Chromium

NAME = """
const at = document.activeElement, inside = at.querySelector("[data-name]"), around = at.closest("[data-name]");
return at.dataset.name || (inside || around || at).dataset.name || at.id || at.tagName
"""
RINGED = """
const at = document.activeElement, field = at.closest(".q-field");
return [at, field ? field.querySelector(".q-field__control") : at].some((one) => {
  const look = getComputedStyle(one);
  const rings = look.outlineStyle === "solid" ? look.outlineColor + look.boxShadow : look.boxShadow;
  return rings.includes("rgb(0, 158, 115)");
});
"""


ORDER = """
run step reset new_points new_weights learning_rate momentum activation regularisation penalty link hide toy-xor
toy-hills points noise train_share batch_size feature-x1 feature-sinx2 remove-layer add-layer unit--1-0 remove-unit-1
add-unit-1 unit-0-0 unit-0-3 unit-1-0 hidden slopes-0 slopes-1 epochs loss-train loss-test output show-test discrete
SUMMARY
"""


def keys(page, *pressed):
    for one in pressed:
        ActionChains(page.driver).send_keys(one).perform()


@pytest.mark.parametrize("query", ["", "toy=hills&hidden=3-2&features=x1-x2-sinx1"])
def test_everything_that_takes_the_focus_has_a_name(new_page, query):
    page = new_page().open(query)
    page.driver.find_element("id", "unit-0-0").click()
    page.until(lambda: "h1.1" in page.text("panel"))
    named = page.reachable()
    assert "" not in named
    assert {"Run", "Learning rate", "Noise", "Problem: XOR", "x₁x₂", "Add a hidden layer", "weight of x₁"} <= set(named)
    assert len(named) > 40


def test_tab_reaches_every_control_in_the_order_of_the_page_with_a_visible_focus(new_page):
    page = new_page().open()
    page.driver.find_element("id", "unit-0-0").click()
    page.until(lambda: "h1.1" in page.text("panel"))
    page.js("document.activeElement.blur(); window.getSelection().removeAllRanges()")
    page.driver.find_element("tag name", "nav").click()
    met = []
    for _ in range(75):
        keys(page, Keys.TAB)
        met.append(page.js(NAME))
        if met[-1] == "SUMMARY":
            break
        assert page.js(RINGED), met[-1]
    order = ORDER.split()
    assert [one for one in order if one not in met] == []
    places = [met.index(one) for one in order]
    assert places == sorted(places)
    assert page.js("return document.querySelectorAll('#panel input').length") == 3


def test_the_space_bar_runs_and_pauses_and_a_field_keeps_it_to_itself(new_page):
    page = new_page().open()
    keys(page, " ")
    page.until(lambda: page.steps() > 20)
    keys(page, " ")
    page.until(lambda: "Run" in page.named("run").text)
    page.press("step")
    steps = page.steps()
    keys(page, " ")  # the button has the focus: it is pressed again
    page.until(lambda: page.steps() > steps)
    assert "Run" in page.named("run").text
    page.js("document.querySelector('[data-name=run]').focus()")
    keys(page, Keys.ENTER)
    page.until(lambda: "Pause" in page.named("run").text)


def test_arrow_keys_move_the_cross_walk_the_points_and_change_a_weight(new_page):
    page = new_page().open()
    page.js("document.getElementById('output').focus()")
    keys(page, Keys.ARROW_RIGHT, Keys.ARROW_UP, Keys.ARROW_UP)
    page.until(lambda: "output at x₁ = 0.45, x₂ = 0.50" in page.text("panel"))
    page.js("document.getElementById('hidden').focus()")
    keys(page, Keys.ARROW_RIGHT)
    page.until(lambda: "Training point 2," in page.text("panel"))
    page.js("document.getElementById('unit-0-0').focus()")
    page.until(lambda: page.text("output-title") == "What h1.1 gives")
    keys(page, Keys.ENTER)
    page.until(lambda: "h1.1 at" in page.text("panel"))
    field = "return document.querySelector('#panel input').value"
    page.js("document.querySelector('#panel input').focus()")
    before = math.floor(10 * float(page.js(field)))
    for number in (1, 2):  # to the next tenths; the focus stays, so that one goes on
        keys(page, Keys.ARROW_UP)
        page.until(lambda number=number: float(page.js(field)) == pytest.approx((before + number) / 10))


def test_the_first_tab_offers_the_way_to_the_network(new_page):
    page = new_page().open()
    keys(page, Keys.TAB)
    assert page.js("return document.activeElement.textContent") == "To the network"
    assert page.js("return document.activeElement.getBoundingClientRect().left") >= 0  # it is seen, now
    keys(page, Keys.ENTER)
    assert page.js("return document.activeElement.id") == "unit--1-0"


def test_on_a_phone_there_is_one_column_and_the_network_scrolls_in_its_own_box(new_page):
    page = new_page()
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": False}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    page.open("hidden=4-4-4")
    assert page.js("return document.documentElement.scrollWidth") == 390
    wide, inside = page.js(
        "const box = document.getElementById('net').parentElement; return [box.scrollWidth, box.clientWidth]"
    )
    assert wide > inside
    lefts = page.js("return [...document.querySelectorAll('.play > *')].map((one) => one.getBoundingClientRect().left)")
    assert len(lefts) == 3
    assert len(set(lefts)) == 1
    page.js("document.getElementById('unit-0-0').click()")
    page.until(lambda: "h1.1" in page.text("panel"))
    assert page.js("return document.documentElement.scrollWidth") == 390


def test_a_button_s_words_stand_above_it_and_the_output_s_name_right_of_the_lines(new_page):
    page = new_page().open("hidden=8")
    ActionChains(page.driver).move_to_element(page.named("learning_rate")).perform()
    ActionChains(page.driver).move_to_element(page.named("link")).perform()
    tip = "const tip = document.querySelector('.q-tooltip'); return tip && tip.getBoundingClientRect().bottom"
    page.until(lambda: page.js(tip))
    page.until(lambda: page.js(tip) <= page.named("link").rect["y"])
    left = lambda part: page.js(f"return document.querySelector('#unit-1-0 {part}').getBoundingClientRect().left")  # noqa: E731
    assert left(".name") >= left("canvas")
