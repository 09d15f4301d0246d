"""The outline of one spot: a ball as it was drawn, and the same ball with a vessel through it."""

import sys

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from pellucid.ct.lumps.growing import grow
from pellucid.errors import MissingPart

SHAPE, MIDDLE = (40, 44, 48), np.array([19.3, 21.0, 23.6])
PLACES = np.stack(np.indices(SHAPE), axis=-1).astype(float)
EVERYWHERE = np.ones(SHAPE, bool)


def ball(diameter):
    return np.clip(diameter / 2 + 0.5 - np.linalg.norm(PLACES - MIDDLE, axis=-1), 0, 1)


def tube(width):
    return np.clip(width / 2 + 0.5 - np.linalg.norm((PLACES - MIDDLE)[..., :2], axis=-1), 0, 1)


def scan(shares, density=40.0):
    noise = np.random.default_rng(0).normal(0, 20, SHAPE)
    return (gaussian_filter(-850 + (density + 850) * shares, 0.6) + noise).astype(np.int16)


def measured(grown):
    voxels = np.argwhere(grown.outline) + grown.corner_irc
    return np.cbrt(6 * len(voxels) / np.pi), voxels.mean(axis=0)


@pytest.mark.parametrize(("diameter", "size_mm"), [(5, 5.3), (6, 5.3), (6, 7.1), (10, 9.5), (10, 12.7), (20, 22.5)])
@pytest.mark.parametrize("density", [40.0, -600.0], ids=["solid", "hazy"])
def test_a_ball_is_outlined_as_it_was_drawn_though_its_size_was_guessed(diameter, size_mm, density):
    grown = grow(scan(ball(diameter), density), EVERYWHERE, (19, 21, 24), size_mm)
    found_mm, centre = measured(grown)
    assert found_mm == pytest.approx(diameter, rel=0.17)
    np.testing.assert_allclose(centre, MIDDLE, atol=0.5)
    assert grown.around_hu == pytest.approx(-860, abs=20)


def test_a_vessel_through_it_is_cut_off():
    shares = np.maximum(ball(12), tube(3))
    found_mm, centre = measured(grow(scan(shares), EVERYWHERE, (19, 21, 24), 12.7))
    assert found_mm == pytest.approx(12, rel=0.1)
    np.testing.assert_allclose(centre, MIDDLE, atol=0.7)
    freely = grow(scan(shares), EVERYWHERE, (19, 21, 24), 12.7).outline.shape
    assert freely[2] <= 16  # across the ball and a little; the vessel runs through all 48


def test_it_stays_within_the_lungs_and_begins_at_its_first_voxel():
    inside = EVERYWHERE.copy()
    inside[:, 22:] = False
    grown = grow(scan(ball(12)), inside, (19, 19, 24), 12.7)
    assert inside[grown.box][grown.outline].all()
    for axis in range(3):
        kept = grown.outline.any(axis=tuple(other for other in range(3) if other != axis))
        assert kept[0]
        assert kept[-1]


def test_without_connected_components_the_command_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "cc3d", None)
    with pytest.raises(MissingPart, match=r'connected-components-3d .* pip install "pellucid\[ct\]"'):
        grow(scan(ball(6)), EVERYWHERE, (19, 21, 24), 5.3)


def test_a_free_ball_is_not_hemmed_in_and_a_bump_on_a_large_one_is():
    assert grow(scan(ball(6)), EVERYWHERE, (19, 21, 24), 5.3).hemmed_in < 0.05
    assert grow(scan(ball(24)), EVERYWHERE, (19, 21, 31), 5.3).hemmed_in > 0.4
