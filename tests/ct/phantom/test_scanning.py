"""The scanner: flat stays flat, edges overshoot only if the kernel sharpens, noise is as loud as set, truth is kept."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.fft import irfft2, rfft2

from pellucid.ct.phantom.field_of_view import frame_of
from pellucid.ct.phantom.grids import Field, Grid, box_of
from pellucid.ct.phantom.nodules import Drawn, truth
from pellucid.ct.phantom.patches import Patch, measured, sampled
from pellucid.ct.phantom.scanner import draw_scanner, noise_tile, profile, transfer
from pellucid.ct.phantom.scanning import scan
from pellucid.ct.phantom.scene import LUNG_HU, SOFT_TISSUE_HU, Scene
from pellucid.ct.phantom.texture import Parenchyma
from pellucid.ct.shapes import sphere
from pellucid.data.volumes import Frame

QUIET = replace(draw_scanner(np.random.default_rng(0)), noise_hu=0.0, streaks=0.0, padded=False)


def plain_lung(grid, hu=-850.0):
    """A scene that is lung of one density everywhere."""

    def flat(value):
        return Field(np.full((1, *grid.shape[1:]), value, np.float32), np.ones((grid.shape[0], 1), np.float32))

    empty = np.zeros(grid.shape, np.int16)
    texture = Parenchyma(flat(hu), None, np.zeros((1, *grid.shape[1:]), np.float32), 0.0)
    return Scene(grid, flat(50.0), flat(40.0), texture, empty, empty, np.zeros((0, 3)), None, None)


@pytest.mark.parametrize(
    ("spacing", "thickness", "parts", "sharpening"), [(1.0, 1.0, 1, 0.0), (2.5, 2.5, 2, 0.8), (3.0, 4.5, 3, 1.2)]
)
@pytest.mark.parametrize("turned", [False, True])
def test_in_a_scan_without_noise_a_ball_is_where_the_truth_says_and_as_large(
    spacing, thickness, parts, sharpening, turned
):
    scanner = replace(
        QUIET, pixel_mm=0.7, spacing_mm=spacing, thickness_mm=thickness, parts=parts, sharpening=sharpening
    )
    slices = int(48 / spacing)
    grid = Grid((-20.0, -31.0, -25.0), (spacing / parts, 0.7, 0.7), (slices * parts, 90, 75))
    box, share = sampled(sphere(9.0), grid, np.array([2.2, -1.4, 3.1]), np.eye(3))
    middle, width = measured(share, box_of(grid, box))
    ball = Drawn(Patch(box, share, np.full(share.shape, 50, np.float32)), middle, width, 4.5, "solid", "centre")
    voxels = scan(np.random.default_rng(0), scanner, plain_lung(grid), [ball.patch], slices, 500.0)
    lifted = (voxels.astype(float) + 850) / 900

    shift = np.array([11.0, -140.0, -333.0])
    angle = np.radians(20.0) if turned else 0.0
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    straight = frame_of(grid, scanner, np.zeros(3))
    frame = Frame(turn @ straight.origin_xyz_mm + shift, straight.spacing_xyz_mm, turn)
    known = truth(ball, Frame(shift, np.ones(3), turn))

    axes = np.meshgrid(*[np.arange(size) for size in voxels.shape], indexing="ij")
    irc = np.array([[float((axis * lifted).sum() / lifted.sum()) for axis in axes]])
    np.testing.assert_allclose(frame.to_xyz_mm(irc)[0], known.centre_xyz_mm, atol=0.05)
    volume = lifted.sum() * np.prod(frame.spacing_xyz_mm)
    assert volume == pytest.approx(np.pi / 6 * known.diameter_mm**3, rel=0.03)
    assert known.diameter_mm == pytest.approx(9.0, rel=0.01)
    assert known.counts


def test_a_vessel_runs_on_through_a_haze_and_a_nodule_denser_than_it_covers_it():
    grid = Grid((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (3, 20, 20))
    scene = plain_lung(grid)
    vessel = replace(scene, dense=scene.dense.copy())
    vessel.dense[:, :, 8:11] = SOFT_TISSUE_HU - LUNG_HU
    box = (slice(0, 3), slice(4, 16), slice(4, 16))
    share = np.ones((3, 12, 12), np.float32)
    without = vessel.layer(1, [])
    haze, dense = (vessel.layer(1, [Patch(box, share, np.full_like(share, hu))]) for hu in (-600, 200))
    np.testing.assert_array_equal(haze[:, 8:11], without[:, 8:11])
    assert (haze[4:16, 4:8] == -600).all()
    assert (dense[4:16, 4:16] == 200).all()
    np.testing.assert_array_equal(dense[:4], without[:4])


def test_each_slice_is_a_mean_of_layers():
    for scanner in (replace(QUIET, spacing_mm=3.0, thickness_mm=4.5, parts=3), replace(QUIET, parts=1)):
        weights = profile(scanner, 12)
        np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)
        centre = (weights @ (np.arange(weights.shape[1]) + 0.5) / scanner.parts)[2:-2]
        np.testing.assert_allclose(centre, np.arange(12)[2:-2] + 0.5, atol=1e-4)


def test_only_a_sharpening_kernel_overshoots_at_edges_and_none_changes_what_is_flat():
    edge = np.full((64, 64), -850, np.float32)
    edge[:, 20:44] = 50
    over = []
    for sharpening in (0.0, 1.0):
        kernel = transfer(replace(QUIET, sharpening=sharpening, pixel_mm=0.7), 64, 64)
        assert kernel[0, 0] == pytest.approx(1.0)
        over.append(float(irfft2(rfft2(edge) * kernel, (64, 64)).max()) - 50)
    assert over[0] < 1
    assert over[1] > 40


def test_noise_is_of_deviation_one_and_finer_with_a_sharp_kernel():
    likeness = []
    for sharpening, width in ((0.0, 0.7), (1.2, 0.4)):
        scanner = replace(QUIET, sharpening=sharpening, width_mm=width, pixel_mm=0.7)
        tile = noise_tile(np.random.default_rng(1), scanner, 60, 72)
        assert tile.std() == pytest.approx(1.0, abs=1e-3)
        likeness.append(float((tile[:, :, 1:] * tile[:, :, :-1]).mean()))
    assert likeness[0] > likeness[1] + 0.1


def test_a_scan_is_as_noisy_as_the_scanner_says():
    scanner = replace(QUIET, noise_hu=40.0, spacing_mm=1.0, thickness_mm=1.0, parts=1)
    grid = Grid((-20.0, -31.0, -25.0), (1.0, scanner.pixel_mm, scanner.pixel_mm), (24, 90, 75))
    voxels = scan(np.random.default_rng(3), scanner, plain_lung(grid), [], 24, 500.0)
    assert voxels[:, 35:55, 30:45].mean() == pytest.approx(-850, abs=2)
    assert voxels[:, 35:55, 30:45].std() == pytest.approx(40 * 1.2, rel=0.1)  # the middle is the noisiest
