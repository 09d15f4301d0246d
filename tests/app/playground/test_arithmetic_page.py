"""Every value that the page shows is clicked in a real browser, and the arithmetic behind it comes to that value."""

from __future__ import annotations

import re

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.slow  # starts Chromium


MIDDLE = """
const path = document.querySelector('#links .hit[data-at="8"]'), at = path.getPointAtLength(path.getTotalLength() / 2);
const net = document.getElementById("net").getBoundingClientRect();
return [net.left + at.x, net.top + at.y]
"""


def numbers(text):
    return [float(one) for one in re.findall(r"-?\d+\.\d+(?:e[-+]\d+)?", text)]


def test_the_arithmetic_of_a_unit_adds_up_and_a_weight_set_by_hand_is_used(new_page):
    page = new_page().open()
    page.driver.find_element(By.ID, "unit-0-1").click()
    page.until(lambda: "h1.2" in page.text("panel"))
    rows = page.driver.find_elements(By.CSS_SELECTOR, "#panel tr")
    products = []
    for row in rows[:2]:
        value, product = numbers(row.text)
        weight = float(row.find_element(By.TAG_NAME, "input").get_attribute("value"))
        assert product == pytest.approx(value * weight, abs=1.01e-4)
        products.append(product)
    (bias,), (total,) = numbers(rows[2].text), numbers(rows[3].text)
    assert page.driver.find_element(By.CSS_SELECTOR, "#unit-0-1 .bias").text.replace("−", "-") == f"{bias:+.2f}"
    assert total == pytest.approx(sum(products) + bias, abs=2e-4)
    before = page.text("losses")
    field = page.driver.find_element(By.CSS_SELECTOR, '#panel input[data-feature="0"]')
    field.send_keys(Keys.CONTROL + "a" + Keys.NULL + "3.5" + Keys.ENTER)
    shown = "return [...document.querySelectorAll('#panel tr')].map((row) => row.innerText)[0]"
    page.until(lambda: page.text("losses") != before and numbers(page.js(shown)) == pytest.approx([0.4, 1.4]))
    assert page.js("return document.querySelector('#panel input').value") == "3.50000"


def test_a_product_can_be_worked_out_again_from_the_factors_that_stand_there(new_page):
    page = new_page().open()
    page.js("document.getElementById('unit-1-0').click()")
    page.until(lambda: "output at" in page.text("panel"))
    field = page.driver.find_element(By.CSS_SELECTOR, '#panel input[data-feature="1"]')
    field.send_keys(Keys.CONTROL + "a" + Keys.NULL + "-10.37644321" + Keys.ENTER)
    row = "return document.querySelectorAll('#panel tr')[1].innerText"
    written = "return document.querySelectorAll('#panel input')[1].value"
    page.until(lambda: page.js(written) == "-10.3764")
    value, product = numbers(page.js(row))[-2:]  # after the unit's name
    assert product == pytest.approx(value * -10.3764, abs=1.01e-4)
    assert "factors are shown to six" in page.text("panel")


def test_a_refused_weight_is_named_and_the_true_one_comes_back_and_the_next_is_taken(new_page):
    page = new_page().open()
    page.js("document.getElementById('unit-1-0').click()")
    page.until(lambda: "output at" in page.text("panel"))
    rows = "return [...document.querySelectorAll('#panel tr')].map((one) => one.innerText)"
    written = "return document.querySelectorAll('#panel input')[1].value"
    before, value = page.js(rows), page.js(written)
    field = page.driver.find_element(By.CSS_SELECTOR, '#panel input[data-feature="1"]')
    field.send_keys(Keys.CONTROL + "a" + Keys.NULL + "1e9" + Keys.ENTER)
    said = lambda: page.driver.find_elements(By.CSS_SELECTOR, ".q-notification")  # noqa: E731
    page.until(lambda: said() and "The weight from h1.2 to output stays as it is, 1e+09 is too large" in said()[0].text)
    page.until(lambda: page.js(written) == value)
    assert page.js(rows) == before
    field.send_keys(Keys.CONTROL + "a" + Keys.NULL + "2" + Keys.ENTER)
    page.until(lambda: page.js(written) == "2.00000")
    factor, product = numbers(page.js(rows)[1])[-2:]
    assert product == pytest.approx(2 * factor, abs=1.01e-4)
    *products, total = (numbers(one)[-1] for one in page.js(rows))
    assert total == pytest.approx(sum(products), abs=3e-4)


CUT = """
const canvas = document.getElementById("hidden"), side = canvas.width;
const data = canvas.getContext("2d").getImageData(0, 0, side, side).data, found = [[], [], Array(side).fill(0)];
for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) {
  const [red, green, blue, alpha] = data.slice(4 * (y * side + x), 4 * (y * side + x) + 4);
  if (alpha < 250) continue;
  if (red === 0 && green === 114 && blue === 178) found[0].push(x);
  if (red === 213 && green === 94 && blue === 0) found[1].push(x);
  if (red < 60 && green < 60 && blue < 70) found[2][x] += 1;
}
return found
"""


def test_the_output_s_cut_is_drawn_between_the_points_that_it_parts(new_page):
    page = new_page().open("toy=gaussians&noise=0.0&learning_rate=3.0")  # far apart: all are told soon
    page.press("run")
    page.until(lambda: page.steps() > 200 and "training" in page.text("losses"))
    page.press("run")
    page.until(lambda: "Run" in page.named("run").text)
    assert page.text("losses").count(" 0.0% wrong") == 2
    blue, orange, dark = page.js(CUT)
    line = max(range(len(dark)), key=lambda x: dark[x])
    assert dark[line] > 150  # of 220 rows: upright, from end to end
    assert blue
    assert orange
    assert max(orange) < line < min(blue)


def opened(page, name, said):
    """What the panel shows after a click."""
    page.press(name)
    page.until(lambda: said in page.text("panel"))
    return page.text("panel")


def stepped(page, steps):
    for number in range(1, steps + 1):
        page.press("step")
        page.until(lambda number=number: page.steps() == number)
    return page


def test_losses_slopes_and_epochs_are_clicked_for_their_arithmetic(new_page):
    page = stepped(new_page().open("points=40&batch_size=8"), 5)
    for which, said in (("train", "training"), ("test", "test")):
        shown = float(re.search(rf"{said} ([\d.]+)", page.text("losses")).group(1))
        panel = opened(page, f"loss-{which}", f"Loss of the {said} points")
        terms = [numbers(row.text)[-1] for row in page.driver.find_elements(By.CSS_SELECTOR, "#panel tr")[1:]]
        (others,) = numbers(re.search("the other 15 points: .*", panel).group())
        assert (sum(terms) + others) / 20 == pytest.approx(shown, abs=1e-4)
    panel = opened(page, "slopes-0", "Slopes of the weights of hidden layer 1")
    slopes = [
        number
        for row in page.driver.find_elements(By.CSS_SELECTOR, "#panel tr")[1:]
        for number in numbers(row.text)[1:]
    ]
    assert len(slopes) == 8
    size = (sum(slope**2 for slope in slopes) / 8) ** 0.5
    assert numbers(page.named("slopes-0").text)[0] == pytest.approx(size, rel=0.05)
    assert numbers(panel)[-1] == pytest.approx(size, rel=0.01)
    assert "36 points seen / 20 training points = 1.800 epochs" in opened(page, "epochs", "Epochs")  # 8, 8, 4, 8, 8
    assert page.text("epoch") == "1.8"


def test_a_point_of_the_last_hidden_layer_is_followed_to_its_place_in_the_plane(new_page):
    page = new_page().open("hidden=2")
    page.driver.find_element(By.ID, "hidden").click()
    page.until(lambda: "Training point" in page.text("panel"))
    x1, x2 = numbers(page.text("panel").split("\n")[0])
    values = [numbers(row.text)[-1] for row in page.driver.find_elements(By.CSS_SELECTOR, "#panel tr")[1:]]
    page.driver.find_element(By.ID, "unit-0-0").click()
    page.until(lambda: "h1.1 at" in page.text("panel"))
    assert numbers(page.text("panel").split("\n")[0])[1:] == pytest.approx([x1, x2])  # the first is of h1.1
    assert numbers(page.text("panel"))[-1] == pytest.approx(values[0], abs=1e-4)


def test_the_output_a_feature_and_a_weight_s_line_are_clicked_too(new_page):
    page = new_page().open()
    page.driver.find_element(By.ID, "output").click()
    page.until(lambda: "output at x₁ = 0.00, x₂ = 0.00" in page.text("panel"))
    page.driver.find_element(By.ID, "unit--1-1").click()
    page.until(lambda: "x₂ at x₁" in page.text("panel"))
    assert numbers(page.text("panel").split("\n")[-1]) == pytest.approx([0], abs=0.01)
    middle = page.js(MIDDLE)
    mouse = ActionChains(page.driver)
    mouse.w3c_actions.pointer_action.move_to_location(*map(round, middle))
    mouse.perform()
    page.until(lambda: "h1.1 to output: weight" in page.text("said"))
    mouse = ActionChains(page.driver)
    mouse.click().perform()
    page.until(lambda: page.js("return document.activeElement.getAttribute('aria-label')") == "weight of h1.1")
