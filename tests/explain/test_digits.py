"""What is printed as a multiplication agrees with a pocket calculator to the last digit, on every kind of page."""

import html
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.explain import explain_image
from pellucid.explain.pocket import digits_needed, printed, product
from pellucid.explain.spelled import grids, products
from pellucid.run import Run

NUMBERS = st.floats(-50, 50)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=20), st.integers(2, 6))
def test_printed_factors_give_the_printed_product(pairs, digits):
    for (a, b), told in zip(pairs, products(pairs, digits), strict=True):
        assert printed(float(told.a) * float(told.b), digits, "+") == told.c
        assert float(told.c) == pytest.approx(a * b, abs=0.51 * 10.0**-digits)


def test_as_few_digits_as_do_it():
    assert digits_needed(product, [(1.5, 2.0)], 2, fewest=2) == 2
    assert digits_needed(product, [(1.5, 2.0), (1.8517, 0.2864)], 2, fewest=2) == 3
    patch, kernel = np.array([[2.0, -1.0]]), np.array([[0.5, 0.0]])
    assert grids(patch, kernel, 3)[2] == ("their products", [["+1.000", "+0.000"]])


NUMBER = r"([-+]?[0-9]+\.[0-9]+)"
TIMES = re.compile(rf"{NUMBER} x {NUMBER} = {NUMBER}")
SCALED = re.compile(rf"\((-?[0-9]+) - \(?{NUMBER}\)?\) / {NUMBER} = {NUMBER}")
NORM = re.compile(rf"{NUMBER} x \({NUMBER} - \(?{NUMBER}\)?\) / {NUMBER} \+ \(?{NUMBER}\)? = {NUMBER}")


def digits_of(number: str) -> int:
    return len(number.partition(".")[2])


@pytest.mark.parametrize("model", ["linear", "mlp", "cnn"])
def test_every_multiplication_in_the_terminal_and_on_the_page_is_right_to_the_last_digit(trained, image_of, model):
    run = Run(trained(model))
    found = explain_image(run, image_of(run.path), neighbours=0, at=(3, 4))
    page = re.sub(r"<[^>]*>", "", html.unescape(found.as_html()))
    for text in ("\n".join(found.lines()), page):
        times, scaled = TIMES.findall(text), SCALED.findall(text)
        assert len(times) >= 2
        assert len(scaled) >= 2
        for a, b, c in times:
            assert printed(float(a) * float(b), digits_of(c), "+") == c
        for stored, mean, deviation, told in scaled:
            assert printed((float(stored) - float(mean)) / float(deviation), digits_of(told), "+") == told
        for gamma, x, mu, sigma, beta, told in NORM.findall(text):
            y = float(gamma) * (float(x) - float(mu)) / float(sigma) + float(beta)
            assert printed(y, digits_of(told)) == told
        assert bool(NORM.findall(text)) == (model == "cnn")


@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_every_row_of_the_tables_of_products_is_right_to_the_last_digit(trained, image_of, model):
    run = Run(trained(model))
    text = explain_image(run, image_of(run.path), neighbours=0).as_html()
    cell = r'<td class="n">([-+][0-9]+[.][0-9]{4,})</td>'
    rows = re.findall(cell + cell + cell + r"(?=</tr>|<td class=.bars|<td class=.n.>[-+][0-9.]+e)", text)
    assert len(rows) > 128
    for a, b, c in rows:
        assert printed(float(a) * float(b), digits_of(c), "+") == c
