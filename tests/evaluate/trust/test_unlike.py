"""Thumbnails by hand and by numpy; clusters beside scipy and scikit-learn; what is promised beside its law."""

import json

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from scipy.stats import betabinom
from sklearn.covariance import ledoit_wolf

from pellucid.data import Scaling
from pellucid.errors import BadInput
from pellucid.evaluate.trust import clusters as clustering
from pellucid.evaluate.trust.clusters import fit_clusters
from pellucid.evaluate.trust.thumbnails import parts_of, thumbnails
from pellucid.evaluate.trust.unlike import Seen, Unlike, fit_unlike, fitted_rows, threshold_of

NONE = Scaling("by_255", (0.0,), (1.0,))


def noise(shape: tuple[int, ...], dtype: type, seed: int = 0) -> np.ndarray:
    limits = np.iinfo(dtype)
    return np.random.default_rng(seed).integers(limits.min, limits.max, shape, endpoint=True).astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16])
@pytest.mark.parametrize("size", [8, 24, 64])
def test_cells_and_quantiles_are_numpys(dtype, size):
    stored = noise((3, 1, size, size), dtype)
    scaling = Scaling("standardise", (700.0,), (900.0,))
    told, cell = thumbnails(stored, scaling), size // 8
    scaled = (stored.astype(np.float64) - 700) / 900
    cells = scaled.reshape(3, 8, cell, 8, cell).transpose(0, 1, 3, 2, 4).reshape(3, 64, -1)
    np.testing.assert_allclose(told[:, :64], cells.mean(2), rtol=1e-4, atol=1e-4)
    if cell > 1:
        np.testing.assert_allclose(told[:, 64:128], cells.std(2), rtol=1e-3)
    quantiles = np.quantile(scaled.reshape(3, -1), np.linspace(0, 1, 17), axis=1, method="nearest").T
    np.testing.assert_allclose(told[:, 128:][:, [0, 16]], quantiles[:, [0, 16]], rtol=1e-4)
    near = np.sort(scaled.reshape(3, -1), axis=1)
    gaps = np.abs(told[:, 128:, None] - near[:, None, :]).min(2)
    assert gaps.max() < 1e-3  # each is a pixel's value
    np.testing.assert_allclose(told[:, 128:], quantiles, atol=np.diff(near).max() + 1e-4)


def test_sizes_that_eight_does_not_divide_keep_the_mean():
    stored = noise((2, 1, 28, 11), np.uint8)
    told = thumbnails(stored, NONE)
    np.testing.assert_allclose(told[:, :64].mean(1), stored.mean((1, 2, 3)), rtol=1e-5)
    ramp = np.arange(12, dtype=np.uint8)[None, None, None, :].repeat(8, axis=2)  # cells of one and a half pixels
    np.testing.assert_allclose(
        thumbnails(ramp, NONE)[0, :3], [1 / 3, (0.5 * 1 + 2) / 1.5, (3 + 0.5 * 4) / 1.5], rtol=1e-5
    )


def test_images_smaller_than_a_thumbnail_are_told_too():
    stored = np.array([[[[0, 60], [120, 180]]]], np.uint8).repeat(2, axis=2).repeat(2, axis=3)  # 4 x 4
    told = thumbnails(stored, NONE)[0, :64].reshape(8, 8)
    np.testing.assert_allclose(told[[0, 0, 7, 7], [0, 7, 0, 7]], [0, 60, 120, 180])


def test_each_colour_is_scaled_and_told_by_itself():
    stored = noise((2, 3, 16, 16), np.uint8)
    told = thumbnails(stored, Scaling("standardise", (1.0, 2.0, 3.0), (4.0, 5.0, 6.0)))
    cells, brightness = parts_of(told.shape[1])
    for channel in range(3):
        alone = thumbnails(stored[:, [channel]], Scaling("standardise", (1.0 + channel,), (4.0 + channel,)))
        np.testing.assert_allclose(told[:, cells][:, 64 * channel : 64 * channel + 64], alone[:, :64], rtol=1e-5)
        np.testing.assert_allclose(told[:, brightness][:, 17 * channel : 17 * channel + 17], alone[:, 128:], rtol=1e-5)


def test_rows_are_picked_and_blocks_do_not_matter():
    stored = noise((300, 1, 16, 16), np.uint8)
    whole = thumbnails(stored, NONE)
    np.testing.assert_array_equal(thumbnails(stored, NONE, np.array([299, 3])), whole[[299, 3]])
    large = noise((2, 1, 1024, 1024), np.uint16)  # one at a time
    np.testing.assert_allclose(thumbnails(large, NONE)[:, :64].mean(1), large.mean((1, 2, 3)), rtol=1e-4)


def test_the_shrunk_covariance_is_scikit_learns():
    points = np.random.default_rng(0).normal(size=(50, 12)) @ np.random.default_rng(1).normal(size=(12, 12))
    points -= points.mean(0)
    wanted, _ = ledoit_wolf(points, assume_centered=True)
    ours = clustering._shrunk_covariance(points)
    np.testing.assert_allclose(ours - np.diag(np.diag(ours)), wanted - np.diag(np.diag(wanted)), atol=1e-9)
    np.testing.assert_allclose(np.diag(ours), np.diag(wanted), rtol=1e-2)  # a little is added


@pytest.mark.parametrize("few", [64, 0])
def test_of_one_cluster_the_distance_is_that_of_mahalanobis_in_reaches(few, monkeypatch):
    monkeypatch.setattr(clustering, "FEW_NUMBERS", few)
    monkeypatch.setattr(clustering, "BORROWED", 0)
    monkeypatch.setattr(clustering, "MOST_CLUSTERS", 1)
    draw = np.random.default_rng(0)
    points = 50 + draw.normal(size=(4000, 3)) @ np.array([[2.0, 0, 0], [1.5, 0.3, 0], [0, 1, 9]])
    usual = fit_clusters(points, seed=0)
    inverse = np.linalg.inv(np.cov(points.T))
    wanted = np.array([mahalanobis(point, points.mean(0), inverse) for point in points])
    np.testing.assert_allclose(usual.distances(points), wanted / np.quantile(wanted, 0.9), rtol=2e-2)


def test_clusters_that_lie_apart_are_found_and_what_lies_between_is_far():
    draw = np.random.default_rng(0)
    places = np.array([[0.0, 0], [100, 0], [0, 100]])
    points = np.concatenate([place + draw.normal(size=(300, 2)) for place in places])
    usual = fit_clusters(points, seed=0)
    fresh = np.concatenate([place + draw.normal(size=(300, 2)) for place in places])
    assert np.mean(usual.distances(fresh) > 2.5) < 0.05
    assert (usual.distances(np.array([[50.0, 50], [33, 33], [50, 0]])) > 5).all()


def test_numbers_that_never_vary_make_what_differs_in_them_far():
    points = np.random.default_rng(0).normal(size=(200, 3))
    points[:, 2] = 7.0
    usual = fit_clusters(points, seed=0)
    assert np.isfinite(usual.distances(points)).all()
    assert usual.distances(np.array([[0.0, 0, 8]]))[0] > 10


@pytest.mark.parametrize("points", [np.zeros((60, 4)), np.ones((1, 2)), np.eye(3)])
def test_few_or_equal_points_are_no_error(points):
    assert np.isfinite(fit_clusters(points, seed=0).distances(points + 1)).all()


@pytest.mark.parametrize(("cases", "threshold", "promised"), [(99, 98.0, 0.01), (98, 97.0, 1 / 99), (599, 593.0, 0.01)])
def test_the_threshold_is_the_score_of_the_rank_that_whole_numbers_give(cases, threshold, promised):
    found = threshold_of(np.random.default_rng(0).permutation(cases).astype(float), None, 0.01)
    assert found == (threshold, pytest.approx(promised, rel=1e-5))


def test_groups_weigh_alike_however_many_images_they_have():
    scores = np.array([9.0, 1, 2, 3, 4, 5, 6, 7, 8, 0])
    groups = np.array([0, 1, 1, 1, 1, 1, 1, 1, 1, 2])
    # by hand, 3 groups and the one to come weigh a quarter each: above 8 lies group 0, above 7 an eighth of group 1 too
    assert threshold_of(scores, groups, 0.5) == (8.0, 0.5)
    assert threshold_of(scores, groups, 0.54) == (7.0, 0.53125)
    assert threshold_of(scores, groups, 0.01) == (9.0, 0.25)


def test_false_alarms_follow_the_law_that_the_promise_rests_on():
    draw = np.random.default_rng(0)
    cases, new, rank = 199, 100, 198
    flagged = [(draw.normal(size=new) > threshold_of(draw.normal(size=cases))[0]).sum() for _ in range(600)]
    law = betabinom(new, cases + 1 - rank, rank)
    assert abs(np.mean(flagged) - law.mean()) < 4 * law.std() / np.sqrt(600)
    assert np.mean(flagged) / new == pytest.approx(0.01, abs=0.003)


def test_of_a_new_group_no_more_is_flagged_than_promised_though_its_images_are_alike():
    draw, shares = np.random.default_rng(1), []
    for _ in range(800):
        sizes = draw.integers(1, 20, 40)
        centre = draw.normal(0, 2, 40)
        groups = np.repeat(np.arange(40), sizes)
        threshold, promised = threshold_of(centre[groups] + draw.normal(size=len(groups)), groups, 0.1)
        shares.append((draw.normal(0, 2) + draw.normal(size=15) > threshold).mean())
    assert promised <= 0.1
    assert np.mean(shares) < 0.1 + 3 * np.std(shares) / np.sqrt(800)
    assert np.mean(shares) > 0.05


def seen(kind: str, cases: int, seed: int) -> Seen:
    """Images of two kinds of stripes, or of something else, with features that follow the kind."""
    draw = np.random.default_rng([seed, 1])
    kinds = draw.integers(0, 2, cases)
    images = draw.integers(0, 60, (cases, 1, 16, 16))
    images[kinds == 0, :, :, :8] += 120
    images[kinds == 1, :, 8:, :] += 120
    features = np.abs(draw.normal(0, 1, (cases, 12))) + 4 * kinds[:, None] * (np.arange(12) < 6)
    if kind == "another place":
        images = images[:, :, ::-1, ::-1]
    elif kind == "another brightness":
        images += 70
    elif kind == "other features":
        features[:, 8] += 12
    return Seen(features.astype(np.float32), thumbnails(images.astype(np.uint8), Scaling("by_255", (80.0,), (60.0,))))


@pytest.fixture(scope="module")
def fitted() -> Unlike:
    return fit_unlike(*(seen("usual", cases, seed) for seed, cases in enumerate((800, 300, 999))))


def test_the_share_that_is_wrongly_flagged_is_about_what_was_promised(fitted):
    assert fitted.promised == 0.01
    assert betabinom(4000, 10, 990).ppf(0.001) <= fitted.flags(seen("usual", 4000, 7)).sum()
    assert fitted.flags(seen("usual", 4000, 7)).sum() <= betabinom(4000, 10, 990).ppf(0.999)


@pytest.mark.parametrize(
    ("kind", "view"), [("another place", "cells"), ("another brightness", "brightness"), ("other features", "features")]
)
def test_what_differs_in_one_view_is_flagged_by_it(fitted, kind, view):
    other = seen(kind, 300, 8)
    assert fitted.flags(other).mean() > 0.95
    by_view = dict(
        zip(("features", "cells", "brightness"), (fitted.scores(other) > fitted.threshold).mean(0), strict=True)
    )
    assert by_view[view] > 0.95
    if view == "features":
        assert max(by_view["cells"], by_view["brightness"]) < 0.1


def test_features_that_are_no_number_are_flagged(fitted):
    odd = seen("usual", 3, 9)
    odd.features[1, 4] = np.nan
    assert fitted.flags(odd)[1]


def test_a_few_calibration_cases_promise_what_they_can():
    found = fit_unlike(*(seen("usual", cases, seed) for seed, cases in enumerate((200, 40, 55))))
    assert found.promised == pytest.approx(1 / 56, rel=1e-5)
    assert not found.flags(seen("usual", 55, 2)).any()


def test_it_comes_back_from_its_file(fitted):
    again = Unlike.from_dict(json.loads(json.dumps(fitted.as_dict())), fitted.arrays())
    other = seen("usual", 50, 3)
    np.testing.assert_array_equal(again.scores(other), fitted.scores(other))
    assert (again.threshold, again.promised) == (fitted.threshold, fitted.promised)
    assert sum(array.nbytes for array in fitted.arrays().values()) < 600_000


def test_the_same_images_and_seed_give_the_same_numbers(fitted):
    again = fit_unlike(*(seen("usual", cases, seed) for seed, cases in enumerate((800, 300, 999))))
    for name, array in fitted.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], array)
    assert again.threshold == fitted.threshold


def test_what_is_damaged_is_named(fitted):
    arrays = fitted.arrays()
    del arrays["cells.axes"]
    with pytest.raises(BadInput, match=r"unlike those of training is damaged \('cells.axes'\)"):
        Unlike.from_dict(fitted.as_dict(), arrays)


def test_wide_models_are_looked_at_where_they_vary_most(monkeypatch):
    monkeypatch.setattr("pellucid.evaluate.trust.unlike.MOST_FEATURES", 2)
    parts = [seen("usual", 200, number) for number in range(3)]
    for part in parts:
        part.features[:, [3, 7]] *= 9
    assert fit_unlike(*parts).columns.tolist() == [3, 7]


def test_the_rows_to_fit_on_are_drawn_without_order_and_come_sorted():
    rows = fitted_rows(np.arange(100, 20_100), seed=1)
    assert len(np.unique(rows)) == 5000
    assert (np.diff(rows) > 0).all()
    assert abs(rows.mean() - 10_100) < 400
