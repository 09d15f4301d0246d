"""The blur measured from a scan is the blur that the scan was made with."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from scipy.special import ndtr

from pellucid.ct.planting import measure_blur
from pellucid.ct.planting.erf_fit import _at
from pellucid.data.volumes import Frame, Volume
from pellucid.errors import BadInput


def body(sigma_mm: float, noise_hu: float, *, lean: float = 0.05, slices: int = 5, grain_px: float = 0.0) -> Volume:
    """A round body in air: with a radius of 45 mm, its smooth edge is nearly that of a straight line."""
    rng = np.random.default_rng(7)
    rows, columns = (np.arange(160) * 0.75)[:, None], np.arange(180) * 0.65
    made = []
    for number in range(slices):
        radius = np.hypot(rows - 58, columns - 61)
        parts = np.linspace(-0.5, 0.5, 9) if lean > 0.1 else [0.0]  # what leans is smeared by the slice
        image = sum(-1000 + 950 * ndtr((45 + 3.0 * lean * (number + part) - radius) / sigma_mm) for part in parts)
        noise = rng.normal(0, 1, image.shape)
        noise = gaussian_filter(noise, grain_px) if grain_px else noise
        made.append(image / len(parts) + noise_hu * noise / noise.std())
    frame = Frame(np.zeros(3), np.array([0.65, 0.75, 3.0]), np.eye(3))
    return Volume(np.rint(made).clip(-1024, 3071).astype(np.int16), frame, "body")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sigma_mm", "noise_hu", "within"),
    [(0.3, 0, 0.01), (0.3, 90, 0.06), (0.5, 30, 0.03), (0.8, 0, 0.01), (0.8, 90, 0.06)],
)
def test_the_width_is_found_at_every_level_of_noise(sigma_mm, noise_hu, within):
    blur = measure_blur(body(sigma_mm, noise_hu))
    assert blur.sigma_mm == pytest.approx(sigma_mm, rel=within)
    assert blur.low_mm <= blur.sigma_mm <= blur.high_mm
    assert blur.high_mm - blur.low_mm < 0.1 * sigma_mm
    assert blur.slice_mm == 3.0


@pytest.mark.slow
def test_the_interval_grows_with_the_noise():
    widths = [(found := measure_blur(body(0.5, noise))).high_mm - found.low_mm for noise in (0, 120)]
    assert widths == sorted(widths)


def test_coarse_grain_does_not_pass_for_blur():
    assert measure_blur(body(0.4, 40, grain_px=1.0)).sigma_mm == pytest.approx(0.4, rel=0.06)


def test_edges_that_lean_from_slice_to_slice_are_left_out():
    upright, leaning = body(0.4, 20), body(0.4, 20, lean=0.8, slices=9)
    with pytest.raises(BadInput, match="could not be measured"):
        measure_blur(leaning)
    both = Volume(np.concatenate([upright.voxels_hu, leaning.voxels_hu]), upright.frame, "both")
    assert measure_blur(both).sigma_mm == pytest.approx(0.4, rel=0.03)


def test_a_sheet_on_the_skin_is_left_out():
    volume = body(0.4, 20)
    rows, columns = (np.arange(160) * 0.75)[:, None], np.arange(180) * 0.65
    sheet = np.abs(np.hypot(rows - 58, columns - 61) - 47.5) < 0.6
    sheet[:70] = False  # it covers the lower half
    covered = volume.voxels_hu.copy()
    covered[:, sheet] = -300
    assert measure_blur(Volume(covered, volume.frame, "a")).sigma_mm == pytest.approx(0.4, rel=0.04)


def test_the_slopes_written_by_hand_are_autograd_s():
    rng = np.random.default_rng(2)
    values, inwards, sideways = rng.normal(-500, 300, (3, 7)), rng.uniform(-3, 3, (3, 7)), rng.uniform(-2, 2, (3, 7))
    near = rng.random((3, 7)) < 0.8
    parameters = rng.normal([-1000, 950, 0.1, 0.1, 0.05, -0.5], [20, 50, 0.3, 0.1, 0.05, 0.3], (3, 6))

    def step(told):
        air, height, place, turn, bend, log_sigma = (told[:, [one]] for one in range(6))
        v = torch.tensor(sideways)
        z = (torch.tensor(inwards) - place - turn * v - bend * v**2) / log_sigma.exp()
        return ((air + height * torch.special.ndtr(z)) * torch.tensor(near)).sum(0)  # of each voxel, all edges

    error, slopes, loss = _at(parameters, values, inwards, sideways, near)
    by_torch = torch.autograd.functional.jacobian(step, torch.tensor(parameters)).numpy()  # voxel, edge, parameter
    np.testing.assert_allclose(slopes, by_torch.transpose(1, 0, 2), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(loss, (error**2).sum(1))


def test_a_scan_without_air_says_so():
    solid = Volume(np.zeros((6, 64, 64), np.int16), Frame(np.zeros(3), np.ones(3), np.eye(3)), "a")
    with pytest.raises(BadInput, match="0 clear edges between air and soft tissue in 0 slices"):
        measure_blur(solid)
