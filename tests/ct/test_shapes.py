"""Shapes of real nodules: of the asked volume, of nearly the asked size by nature, and never of a tested patient."""

from importlib.resources import files

import numpy as np
import pytest

from pellucid.ct.shapes import KINDS, load_shapes, sphere, unpacked
from pellucid.errors import BadInput


@pytest.fixture(scope="module")
def shapes():
    return load_shapes()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("diameter_mm", [3.0, 7.5, 30.0])
def test_a_drawn_shape_has_the_volume_of_the_ball(shapes, kind, diameter_mm):
    drawn = shapes.draw(np.random.default_rng(3), diameter_mm, kind)
    volume_mm3 = drawn.occupancy.sum(dtype=float) * drawn.voxel_mm**3
    assert volume_mm3 == pytest.approx(np.pi / 6 * diameter_mm**3, rel=1e-6)
    assert (drawn.kind, drawn.diameter_mm) == (kind, diameter_mm)


def test_occupancies_are_shares_and_end_before_the_faces(shapes):
    for seed in range(30):
        drawn = shapes.draw(np.random.default_rng(seed), 8.0).occupancy
        assert drawn.dtype == np.float32
        assert drawn.min() >= 0
        assert 0.9 < drawn.max() <= 1
        assert all(drawn.take(end, axis).max() == 0 for axis in range(3) for end in (0, -1))


def test_the_same_seed_draws_the_same_shape_and_another_hardly_ever(shapes):
    first, again, other = (shapes.draw(np.random.default_rng(seed), 8.0) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.occupancy, again.occupancy)
    assert not np.array_equal(first.occupancy, other.occupancy)


def test_a_shape_is_scaled_mildly_where_there_are_many_of_the_size(shapes):
    numbers = {shapes.draw(np.random.default_rng(seed), 8.0).number for seed in range(200)}
    sizes = shapes.diameter_mm[list(numbers)]
    assert len(numbers) > 50
    assert (sizes.min() >= 8.0 / 1.25, sizes.max() <= 8.0 * 1.25) == (True, True)


def test_masks_are_as_large_as_they_say(shapes):
    for mask, diameter_mm in zip(shapes.masks[::50], shapes.diameter_mm[::50], strict=True):
        voxel_mm = diameter_mm * np.cbrt(np.pi / 6 / mask.sum())
        assert diameter_mm <= 1.05 * max(mask.shape) * voxel_mm  # nothing is wider than its longest side
        assert all(mask.any(axis=axes).all() for axes in ((0, 1), (0, 2), (1, 2)))  # no empty margin, and one piece


def test_train_and_test_share_no_patient_and_together_are_all(shapes):
    train, test = (load_shapes(part) for part in ("train", "test"))
    assert not set(train.patients) & set(test.patients)
    assert sorted(train.patients + test.patients) == sorted(shapes.patients)
    assert len(set(shapes.patients)) == len(shapes.patients) == 791
    assert 0.15 < len(test.patients) / len(shapes.patients) < 0.25


def test_every_size_and_kind_is_there_in_both_parts():
    for part in ("train", "test"):
        some = load_shapes(part)
        assert min(some.kinds.count(kind) for kind in KINDS) >= 10
        counts = np.histogram(some.diameter_mm, [3, 4, 6, 8, 12, 20, 30])[0]
        assert counts.min() >= 10


def test_the_file_stays_below_a_megabyte():
    assert len(files("pellucid.ct").joinpath("models/shapes.safetensors").read_bytes()) < 1_000_000


def test_a_ball_is_full_in_the_middle_and_half_full_at_its_radius():
    ball = sphere(10.0, "ground-glass")
    size = np.array(ball.occupancy.shape)
    middle = (size - 1) / 2
    distance_mm = np.linalg.norm(np.indices(size).reshape(3, -1).T - middle, axis=1) * ball.voxel_mm
    share = ball.occupancy.ravel()
    assert (share[distance_mm < 4.7] == 1).all()
    assert (share[distance_mm > 5.3] == 0).all()
    assert share[np.abs(distance_mm - 5.0) < 0.05].mean() == pytest.approx(0.5, abs=0.05)
    assert (ball.kind, ball.number, ball.diameter_mm) == ("ground-glass", -1, 10.0)


@pytest.mark.parametrize("diameter_mm", [0.0, -3.0, float("nan"), float("inf")])
def test_an_impossible_diameter_is_refused(shapes, diameter_mm):
    for ask in (sphere, lambda size: shapes.draw(np.random.default_rng(0), size)):
        with pytest.raises(BadInput, match="cannot have a diameter of"):
            ask(diameter_mm)


def test_a_collection_without_the_kind_says_so():
    arrays = {
        "bits": np.packbits(np.array([1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], bool)),
        "sizes": np.array([[1, 3, 4]], np.uint8),
        "diameter_mm": np.array([5.0], np.float32),
        "kind": np.array([1], np.uint8),
        "part": np.array([0], np.uint8),
        "patient": np.array([7], np.uint16),
    }
    lonely = unpacked(arrays, "train")
    np.testing.assert_array_equal(lonely.masks[0], [[[1, 0, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]]])
    assert unpacked(arrays, "test").masks == ()
    with pytest.raises(BadInput, match="There is no solid shape in this collection"):
        lonely.draw(np.random.default_rng(0), 5.0)


def test_a_damaged_file_is_named(monkeypatch, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "shapes.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}garbage")
    monkeypatch.setattr("pellucid.ct.shapes.package_files", lambda name: tmp_path)
    with pytest.raises(BadInput, match=r"models/shapes.safetensors is damaged or missing .*: install pellucid again"):
        load_shapes()
