"""The playground in a real browser: every control does what it says, and every number shown can be worked out."""

from __future__ import annotations

import re
import time
from urllib.parse import urlsplit

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.slow  # starts Chromium


def wrong(page, which):
    """The share of errors that the page shows, in per cent."""
    return float(re.search(rf"{which} [\d.]+, ([\d.]+)% wrong", page.text("losses")).group(1))


@pytest.mark.parametrize("query", ["noise=0.0", "toy=corners&hidden=2&noise=0.0"])
def test_xor_is_learned_to_the_end_with_four_hidden_units_and_with_two(new_page, query):
    page = new_page().open(query)
    page.press("run")
    page.until(lambda: page.steps() > 200 and wrong(page, "test") <= 5)
    page.press("run")
    page.until(lambda: "Run" in page.named("run").text)


def test_nothing_is_asked_of_any_other_machine_and_the_browser_complains_of_nothing(new_page):
    page = new_page().open()
    page.press("step")
    page.until(lambda: page.steps() == 1)
    asked = [one for one in page.requests() if one.startswith(("http", "ws"))]
    assert asked
    assert {urlsplit(one).netloc for one in asked} == {urlsplit(page.address).netloc}
    assert [one["message"] for one in page.driver.get_log("browser") if one["level"] != "INFO"] == []


def test_step_run_pause_reset_new_points_and_new_weights(new_page):
    page = new_page().open()
    page.press("step")
    page.until(lambda: page.steps() == 1)
    page.press("run")
    page.until(lambda: page.steps() > 50)
    page.press("run")
    page.until(lambda: "Run" in page.named("run").text)
    page.press("reset")
    page.until(lambda: page.steps() == 0)
    first = page.js(BIASES)
    page.press("new_points")
    page.until(lambda: page.query() == "?seed=1" and page.steps() == 0)
    page.until(lambda: page.js(BIASES) == first)
    page.press("new_weights")
    page.until(lambda: page.query() == "?seed=1&weight_seed=4" and page.js(BIASES) != first)


BIASES = "return [...document.querySelectorAll('#net .bias')].map((one) => one.textContent)"


@pytest.mark.parametrize("toy", ["corners", "circles", "moons", "spirals", "gaussians", "plane", "hills"])
def test_a_problem_is_chosen_by_its_picture(new_page, toy):
    page = new_page().open()
    page.press(f"toy-{toy}")
    page.until(lambda: f"toy={toy}" in page.query())
    page.until(lambda: page.named(f"toy-{toy}").get_attribute("aria-pressed") == "true")
    assert page.named("toy-xor").get_attribute("aria-pressed") == "false"


@pytest.mark.parametrize(
    ("name", "said", "in_link"),
    [
        ("learning_rate", "0.03", "learning_rate=0.03"),
        ("momentum", "0.9", "momentum=0.9"),
        ("activation", "ReLU", "activation=relu"),
        ("regularisation", "L1", "regularisation=l1"),
        ("penalty", "0.01", "penalty=0.01"),
    ],
)
def test_a_list_changes_the_experiment_and_its_link(new_page, name, said, in_link):
    page = new_page().open()
    page.choose(name, said)
    page.until(lambda: in_link in page.query())


def test_sliders_features_layers_and_units_change_it_too(new_page):
    page = new_page().open()
    for name, in_link in (
        ("points", "points=420"),
        ("noise", "noise=0.15"),
        ("train_share", "train_share=0.6"),
        ("batch_size", "batch_size=11"),
    ):
        page.named(name).send_keys(Keys.ARROW_RIGHT)
        page.until(lambda in_link=in_link: in_link in page.query())
    page.press("feature-x1x2")
    page.until(lambda: "features=x1-x2-x1x2" in page.query())
    assert page.driver.find_elements(By.ID, "unit--1-2")
    page.press("add-layer")
    page.until(lambda: "hidden=4-2" in page.query())
    page.press("add-unit-2")
    page.until(lambda: "hidden=4-3" in page.query())
    assert page.js("return document.activeElement.dataset.name") == "add-unit-2"  # the next press goes there, too
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
    page.until(lambda: "Run" in page.named("run").text)
    page.press("link")
    page.until(lambda: "weights=" in page.query())
    other = new_page().open(page.query()[1:])
    assert other.steps() == 0
    assert other.text("losses") == page.text("losses")


def test_two_browsers_do_not_disturb_each_other(new_page):
    one, two = new_page().open(), new_page().open()
    one.press("run")
    one.until(lambda: one.steps() > 100)
    assert two.steps() == 0
    two.press("step")
    two.until(lambda: two.steps() == 1)
    assert one.steps() > 100


def test_a_link_that_cannot_be_shows_the_usual_experiment_and_says_why_until_it_is_closed(new_page):
    page = new_page().open("hidden=99&toy=nothing&noise=7&hide=weather")
    said = lambda: page.driver.find_elements(By.CSS_SELECTOR, ".q-notification")  # noqa: E731
    page.until(said)
    for part in ("Hidden layers '99'", "Problem 'nothing'", "xor, corners", "Noise '7'", "0 to 0.5", "no 'weather'"):
        assert part in said()[0].text
    assert page.query() == ""
    time.sleep(6)  # other notes fade after five seconds
    assert said()
    said()[0].find_element(By.TAG_NAME, "button").click()
    page.until(lambda: not said())


def test_where_nothing_gets_better_it_is_said_beside_the_epoch_with_a_link_that_learns(new_page):
    page = new_page().open("learning_rate=0.0&points=20&batch_size=30&toy=circles")
    page.press("run")
    page.until(lambda: page.text("stalled"))
    assert float(page.text("epoch")) >= 100
    assert "No better for 100 epochs on end: these settings hardly learn it." in page.text("stalled")
    page.driver.find_element(By.CSS_SELECTOR, "#stalled a").click()
    page.until(lambda: page.query() == "?toy=circles&noise=0.0" and page.js("return window.playground?.frames > 0"))
    assert page.text("stalled") == ""


def test_weights_stay_in_the_address_while_parts_are_hidden_and_go_with_the_next_step(new_page):
    page = new_page().open()
    page.press("link")
    page.until(lambda: "weights=" in page.query())
    page.driver.find_element(By.ID, "show-test").click()
    page.until(lambda: "show=test" in page.query())
    assert "weights=" in page.query()
    page.js("document.querySelector('[data-name=step]').click()")
    page.until(lambda: page.query() == "?show=test")


def test_a_learning_rate_changed_on_the_way_goes_on_from_there(new_page):
    page = new_page().open()
    for number in (1, 2, 3):
        page.press("step")
        page.until(lambda number=number: page.steps() == number)
    losses = page.text("losses")
    page.choose("learning_rate", "0.03")
    page.until(lambda: page.query() == "?learning_rate=0.03")
    assert page.steps() == 3
    assert page.text("losses") == losses


def test_test_points_yes_or_no_and_a_unit_s_own_map_change_the_picture(new_page):
    page = new_page().open()
    picture = "return document.getElementById('output').toDataURL()"
    seen = [page.js(picture)]
    for way in ("show-test", "discrete"):
        page.driver.find_element(By.ID, way).click()
        seen.append(page.js(picture))
    ActionChains(page.driver).move_to_element(page.driver.find_element(By.ID, "unit-0-2")).perform()
    page.until(lambda: page.text("output-title") == "What h1.3 gives")
    seen.append(page.js(picture))
    assert len(set(seen)) == 4
    page.until(lambda: page.query() == "?show=test-discrete")
    again = new_page().open(page.query()[1:])
    assert [again.driver.find_element(By.ID, way).is_selected() for way in ("show-test", "discrete")] == [True, True]
    assert again.js(picture) == seen[2]


def test_what_a_link_hides_is_not_there_and_the_menu_hides_and_shows(new_page):
    page = new_page().open("hide=momentum-words-scatter")
    shown = lambda name: page.js(f"return document.querySelector('[data-control={name}]').offsetParent !== null")  # noqa: E731
    assert [shown(name) for name in ("momentum", "words", "scatter", "learning_rate", "slopes")] == [False] * 3 + [
        True
    ] * 2
    page.press("hide")
    page.until(lambda: page.named("hide-slopes").is_displayed())
    assert page.driver.find_elements(By.CSS_SELECTOR, '[data-name="hide-hide"]') == []  # no way back, otherwise
    page.press("hide-slopes")
    page.until(lambda: page.query() == "?hide=momentum-scatter-slopes-words" and not shown("slopes"))
    page.press("hide-momentum")
    page.until(lambda: page.query() == "?hide=scatter-slopes-words" and shown("momentum"))
    page.named("hide-slopes").send_keys(Keys.ESCAPE)
    page.js("document.querySelector('[data-name=step]').click()")
    page.until(lambda: page.steps() == 1)
    assert page.query() == "?hide=scatter-slopes-words"


def test_the_curve_is_thinned_with_equal_gaps_from_its_first_point_on(new_page):
    page = new_page().open()
    assert page.js("return playground.thinned([1, 2, 3])") == [1, 2, 3]
    assert page.js("return playground.thinned(Array.from({length: 2001}, (_, i) => i))") == list(range(0, 2001, 2))
    kept = page.js(
        "const kept = {points: [], every: 1, given: 0};"
        "for (let i = 0; i < 9000; i++) playground.remember(kept, [i]); return kept.points"
    )
    assert [one for (one,) in kept] == list(range(0, 9000, 8))
