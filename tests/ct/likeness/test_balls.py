"""What answers to the ball filter and how loudly: against the formula by hand, and against numpy's eigenvalues."""

import numpy as np
import pytest

from pellucid.ct.likeness.balls import BALLS_ANSWER, SIGMA_PER_DIAMETER, ball_contrast_hu
from pellucid.ct.likeness.curvature import curvatures, eigenvalues
from pellucid.ct.likeness.looks import SIZES_MM

from . import drawn

SHAPE, MIDDLE, DIAMETER = (36, 38, 40), (17.0, 18.3, 19.6), 9.0  # lopsided, and off the voxels' centres
EVERYWHERE = np.ones(SHAPE, bool)


def answer(volume, diameter=DIAMETER, **settings):
    return ball_contrast_hu(volume.astype(np.float32), EVERYWHERE, diameter, **settings)


@pytest.fixture(scope="module")
def ball():
    return drawn.hu(drawn.share(SHAPE, MIDDLE, DIAMETER / 2))


def test_the_ball_of_the_filters_size_answers_with_its_contrast(ball):
    for strict in (False, True):
        heat = answer(ball, strict=strict)
        assert np.unravel_index(heat.argmax(), SHAPE) == (17, 18, 20)
        assert heat.max() == pytest.approx(890, rel=0.06)


@pytest.mark.parametrize("diameter", [6.0, 7.0, 12.0, 16.0])
def test_other_sizes_answer_less_by_the_formula_worked_out_by_hand(ball, diameter):
    t = (DIAMETER / 2) / (SIGMA_PER_DIAMETER * diameter)  # radius over sigma
    expected = 890 * (2 / np.pi) ** 0.5 * t**3 * np.exp(-(t**2) / 2) / BALLS_ANSWER  # minus sigma^2 times the Laplacian
    found = answer(ball, diameter)[17, 18, 20]
    assert found == pytest.approx(expected, abs=0.04 * 890)
    assert found < answer(ball)[17, 18, 20]


def test_the_balls_loudest_filter_has_a_sigma_of_its_radius_over_the_root_of_three():
    t = np.linspace(0.5, 3, 100_001)
    assert t[(t**3 * np.exp(-(t**2) / 2)).argmax()] == pytest.approx(0.5 / SIGMA_PER_DIAMETER, abs=1e-4)
    assert pytest.approx((2 / np.pi) ** 0.5 * 3**1.5 * np.exp(-1.5)) == BALLS_ANSWER


def test_the_sizes_go_from_3_to_30_mm_so_near_that_a_ball_between_two_answers_with_094_of_its_own():
    assert (SIZES_MM[0], SIZES_MM[-1]) == (3.0, 30.0)
    steps = np.array(SIZES_MM[1:]) / SIZES_MM[:-1]
    np.testing.assert_allclose(steps, 4 / 3, rtol=0.02)
    t = 3**0.5 * np.sqrt([10 ** (1 / 8), 10 ** (-1 / 8)])
    assert (t**3 * np.exp(-(t**2) / 2) / (3**1.5 * np.exp(-1.5))).max() == pytest.approx(0.945, abs=0.001)


@pytest.mark.parametrize("along", [(0,), (1,), (2,), (0, 1), (1, 2)], ids=str)
def test_tubes_and_sheets_answer_with_hardly_anything(along):
    heat = answer(drawn.hu(drawn.share(SHAPE, MIDDLE, DIAMETER / 2, along=along)))
    assert heat.max() < 0.02 * 890


def test_a_slanting_tube_answers_with_little():
    grid = np.stack(np.indices(SHAPE), axis=-1) - MIDDLE
    direction = np.array([2.0, 3.0, 6.0]) / 7
    away = np.linalg.norm(grid - (grid @ direction)[..., None] * direction, axis=-1)
    tube = drawn.hu(np.clip(DIAMETER / 2 + 0.5 - away, 0, 1))
    inner = (slice(8, -8),) * 3  # away from its cut ends
    assert answer(tube)[inner].max() < 0.15 * 890
    assert answer(tube, strict=True)[inner].max() < 0.05 * 890


def test_a_ball_on_a_tube_still_answers(ball):
    tube = drawn.share(SHAPE, (17.0, 22.0, 19.6), 1.5, along=(2,))
    both = np.maximum(ball, drawn.hu(tube))
    assert answer(both)[13:22, 14:23, 15:25].max() > 0.6 * 890


def test_dark_balls_do_not_answer_and_other_places_are_not_looked_at(ball):
    assert answer(-ball)[17, 18, 20] == 0
    assert not ball_contrast_hu(ball.astype(np.float32), ~EVERYWHERE, DIAMETER).any()
    assert not answer(ball, least_hu=2000.0).any()


def test_eigenvalues_equal_numpys():
    rng = np.random.default_rng(0)
    half = rng.normal(size=(200, 3, 3))
    matrices = half + half.transpose(0, 2, 1)
    parts = [matrices[:, a, b] for a, b in ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))]
    np.testing.assert_allclose(np.stack(eigenvalues(*parts), axis=1), np.linalg.eigvalsh(matrices), atol=1e-7)


def test_curvatures_of_a_quadratic_are_its_matrix_eigenvalues():
    matrix = np.array([[3.0, 1.0, -0.5], [1.0, 2.0, 0.25], [-0.5, 0.25, -1.0]])  # differences of a quadratic are exact
    index = np.stack(np.indices((5, 6, 7)), axis=-1) - (2.0, 2.0, 3.0)
    bowl = -0.5 * np.einsum("...i,ij,...j", index, matrix, index)
    found = curvatures(bowl, np.array([0, 2 * 20 + 3 * 5 + 4]), (3, 4, 5))
    np.testing.assert_allclose(np.stack(found, axis=1), [np.linalg.eigvalsh(matrix)] * 2, atol=1e-9)
