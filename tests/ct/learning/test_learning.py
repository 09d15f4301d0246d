"""How the network is taught: labels, batches, the frozen threshold; and that it can learn at all."""

import numpy as np
import pytest

from pellucid.ct.learning import teaching
from pellucid.ct.learning.drawing_batches import draw_batches, move, seen_by_another
from pellucid.ct.learning.gathering import Cases, load_cases, save_cases
from pellucid.ct.learning.labelling import label
from pellucid.ct.learning.teaching import freeze, inner, teach, threshold_for
from pellucid.ct.network.model import NoduleNetwork
from pellucid.ct.network.verdicts import logits_of
from pellucid.ct.network.window import cut_windows
from pellucid.ct.planted import PlantedNodule
from pellucid.errors import BadInput

WIDE = 36


def cases(count=40, seed=0):
    """Every second window holds a bright ball in both scales."""
    rng = np.random.default_rng(seed)
    windows = rng.integers(20, 50, (count, 2, WIDE, WIDE, WIDE)).astype(np.uint8)
    middle = (WIDE - 1) / 2
    away = np.sqrt(sum((axis - middle) ** 2 for axis in np.ogrid[:WIDE, :WIDE, :WIDE]))
    windows[::2, 0][:, away < 4] = 190
    windows[::2, 1][:, away < 2] = 190
    labels = np.tile([1, 0], count // 2)
    return Cases(
        windows, labels, np.where(labels == 1, 0, -1), np.ones(count, bool), np.zeros(count, int), np.arange(count)
    )


def test_a_lump_is_a_nodule_within_the_radius_and_unclear_just_beyond():
    truth = [PlantedNodule((0.0, 0.0, 0.0), 6.0, "solid", ""), PlantedNodule((50.0, 0.0, 0.0), 2.0, "solid", "", False)]
    places = np.array([[0, 0, 2.9], [0, 3.1, 0], [0, 5.9, 0], [0, 6.1, 0], [50.0, 0.5, 0]])
    labels, nearest = label(places, truth)
    assert labels.tolist() == [1, -1, -1, 0, -1]
    assert nearest.tolist() == [0, 0, 0, 0, 1]
    assert label(places, [])[0].tolist() == [0] * 5


def test_cases_come_back_as_they_were_kept(tmp_path):
    kept = cases(4)
    save_cases(tmp_path / "a.npz", kept)
    again = load_cases([tmp_path / "a.npz", tmp_path / "a.npz"])
    np.testing.assert_array_equal(again.windows, np.concatenate([kept.windows] * 2))
    assert len(again) == 8
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(BadInput, match="is damaged"):
        load_cases([tmp_path / "a.npz"])


def test_a_moved_window_is_a_mirror_image_and_keeps_its_scales_together():
    windows = np.zeros((2, WIDE, WIDE, WIDE), np.uint8)
    windows[0, 17:19, 17:19, 17:19] = 200  # the centre of the fine window
    windows[0, 20, 17, 17] = 100
    seen = set()
    for seed in range(60):
        moved = move(windows, np.random.default_rng(seed))[0]
        assert (moved == 200).sum() == 8
        ball, mark = np.argwhere(moved == 200).mean(axis=0), np.argwhere(moved == 100)[0]
        away = mark - ball
        assert sorted(np.abs(away).tolist()) == [0.5, 0.5, 2.5]
        assert abs(away[0]) == 2.5  # slices never change places with rows or columns
        assert np.abs(ball - 15.5).max() <= 2
        seen.add(tuple(ball.tolist()))
    assert len(seen) > 20


def test_batches_depend_on_seed_and_number_alone_and_hold_a_third_of_nodules():
    learned = cases(10)
    first, again = (list(draw_batches(learned, steps=3, batch_size=12, seed=5)) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.inputs, other.inputs)
        assert one.labels.sum() == 4
    assert (first[0].inputs != first[1].inputs).any()


@pytest.mark.slow
def test_the_network_learns_to_tell_a_ball_from_noise():
    network = teach(cases(40), width=2, steps=25, seed=0)
    frozen = freeze(network, fresh := cases(40, seed=1), scans=20)
    chances = 1 / (1 + np.exp(-(frozen.slope * logits_of(network, inner(fresh)) + frozen.intercept)))
    assert ((chances > 0.5) == (fresh.labels == 1)).mean() > 0.9
    assert 0 <= frozen.threshold <= 1


def test_calibration_finds_the_slope_it_was_drawn_with_and_spots_and_nodules_count_once(monkeypatch):
    rng = np.random.default_rng(0)
    count, scans = 4000, 10
    logits = rng.normal(0, 3, count)
    labels = (rng.random(count) < 1 / (1 + np.exp(-(0.7 * logits - 1.0)))).astype(int)
    numbers = np.arange(count) // 2  # each nodule is two lumps, and each other spot, too
    labels = np.repeat(labels[::2], 2)
    logits[1::2] = logits[::2]
    found = np.ones(count, bool)
    found[:200] = False  # nodules and others that no lump was made of
    drawn = Cases(np.zeros((count, 2, 1, 1, 1), np.uint8), labels, numbers, found, numbers % scans, numbers)
    monkeypatch.setattr(teaching, "logits_by_scan", lambda network, seen: logits[200:])
    frozen = freeze(NoduleNetwork(1), drawn, scans)
    assert (frozen.slope, frozen.intercept) == (pytest.approx(0.7, rel=0.15), pytest.approx(-1.0, rel=0.15))
    chances = 1 / (1 + np.exp(-(frozen.slope * logits[200::2] + frozen.intercept)))
    assert frozen.false_marks_a_scan == 1.0 == (chances[labels[200::2] == 0] >= frozen.threshold).sum() / scans
    hits = (chances[labels[200::2] == 1] >= frozen.threshold).sum()
    assert frozen.found == pytest.approx(hits / labels[::2].sum())


def test_windows_with_a_margin_have_the_pipelines_own_in_their_middle():
    rng = np.random.default_rng(0)
    hu = rng.integers(-1000, 400, (60, 62, 64)).astype(np.int16)
    centres = np.array([[30.0, 31.0, 29.5], [22.4, 40.2, 33.3]])
    wide = cut_windows(hu, centres, WIDE)
    drawn = Cases(wide, *(np.zeros(2, kind) for kind in (int, int, bool, int, int)))
    np.testing.assert_array_equal(inner(drawn), cut_windows(hu, centres))


def test_another_scanner_multiplies_moves_and_makes_noise():
    levels = np.random.default_rng(0).integers(0, 256, (3, 2, 4, 4, 4))
    grain = np.zeros(1000, np.float32)
    seen = seen_by_another((levels / 127.5 - 1).astype(np.float32), grain, np.random.default_rng(1))
    for case, one in zip(levels, seen, strict=True):
        gain, offset = np.polyfit(case.ravel(), (one.ravel() + 1) * 127.5, 1)
        assert abs(gain - 1) <= 0.1
        assert abs(offset) <= 8
        np.testing.assert_allclose((one + 1) * 127.5, gain * case + offset, atol=1e-3)
    noisy = seen_by_another(np.zeros((1, 2, 8, 8, 8), np.float32), np.ones(5000, np.float32), np.random.default_rng(1))
    still = seen_by_another(np.zeros((1, 2, 8, 8, 8), np.float32), np.zeros(5000, np.float32), np.random.default_rng(1))
    assert 0 < (noisy - still).min() * 127.5 <= 4


def test_the_threshold_leaves_as_many_false_marks_as_allowed():
    chances = np.array([0.2, 0.95, 0.9, 0.4, 0.6])
    threshold = threshold_for(chances, scans=2)
    assert (chances >= threshold).sum() == 2
    assert threshold_for(chances[:2], scans=2) == 0.5
    assert 0.9 < threshold_for(np.array([0.9, 0.9, 0.1]), scans=1) < 0.9001
