"""Splits share no case, leave none out, spread classes alike, and never part a patient."""

from pathlib import Path

import networkx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.data import Dataset, draw_split, read
from pellucid.data.split import PARTS, SHARES, joined
from pellucid.errors import BadInput


def labelled(labels, groups=None, parts=None, task="multi-class", classes=None) -> Dataset:
    labels = np.asarray(labels, np.int64)
    count = labels.shape[1] if labels.ndim == 2 else int(labels.max()) + 1
    return Dataset(
        images=np.zeros((len(labels), 1, 2, 2), np.uint8),
        labels=labels,
        classes=classes or tuple(f"class {number}" for number in range(count)),
        task=task,
        names=[str(number) for number in range(len(labels))],
        sha256=np.zeros((len(labels), 32), np.uint8),
        groups=None if groups is None else np.asarray(groups, np.int64),
        groups_from="groups" if groups is not None else "",
        parts=None if parts is None else np.asarray(parts),
        source=Path("somewhere"),
    )


def rows(split):
    return [getattr(split, part) for part in PARTS]


def assert_disjoint_and_complete(split, cases):
    np.testing.assert_array_equal(np.sort(np.concatenate(rows(split))), np.arange(cases))
    for part in rows(split):
        assert (np.diff(part) > 0).all()


@settings(max_examples=60)
@given(st.lists(st.integers(4, 60), min_size=2, max_size=5), st.integers(0, 2**32 - 1), st.randoms())
def test_every_class_has_its_share_of_each_part_within_one_case(counts, seed, random):
    labels = [klass for klass, count in enumerate(counts) for _ in range(count)]
    random.shuffle(labels)
    split = draw_split(labelled(labels), seed)
    assert_disjoint_and_complete(split, len(labels))
    for klass, count in enumerate(counts):
        found = [int((np.asarray(labels)[part] == klass).sum()) for part in rows(split)]
        assert min(found) >= 1
        for number, share in zip(found, SHARES, strict=True):
            assert abs(number - share * count) <= 1 or count < 10  # below ten, one in each part comes first


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 15), st.integers(0, 1)), min_size=60, max_size=150), st.integers(0, 2**32 - 1))
def test_no_group_stands_in_two_parts(cases, seed):
    groups, labels = np.array(cases).T
    try:
        split = draw_split(labelled(labels, groups), seed)
    except BadInput:  # too few groups for four parts
        return
    assert_disjoint_and_complete(split, len(labels))
    of_each = np.array(split.part_of_each(len(labels)))
    for group in np.unique(groups):
        assert len(set(of_each[groups == group])) == 1


def test_groups_come_near_to_the_shares_too():
    generator = np.random.default_rng(0)
    groups = generator.integers(0, 200, 3000)
    labels = generator.integers(0, 2, 200)[groups]  # a patient is of one class
    split = draw_split(labelled(labels, groups), 0)
    for part, share in zip(rows(split), SHARES, strict=True):
        assert len(part) == pytest.approx(3000 * share, abs=45)  # 1.5 %
        assert labels[part].mean() == pytest.approx(labels.mean(), abs=0.05)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 1)), min_size=120, max_size=200), st.integers(0, 9))
def test_cases_that_stand_together_never_part(cases, seed):
    together, labels = np.array(cases).T
    try:
        split = draw_split(labelled(labels), seed, together)
    except BadInput:
        return  # too few, or a class in one part only
    assert_disjoint_and_complete(split, len(labels))
    places = [set(together[part].tolist()) for part in rows(split)]
    assert sum(map(len, places)) == len(set().union(*places))


def test_what_the_source_holds_out_stays_and_its_twins_leave_training():
    parts = np.repeat(["train", "valid", "test"], [60, 20, 20])
    labels = np.arange(100) % 2
    together = np.arange(100)
    together[[3, 85]] = 1000  # a training case and a test case
    together[[7, 65, 90]] = 1001  # one of each part
    together[[9, 10, 70]] = 1002  # two training cases and a valid case
    split = draw_split(labelled(labels, parts=parts), 0, together)
    np.testing.assert_array_equal(split.held_out, np.arange(80, 100))
    np.testing.assert_array_equal(split.valid, np.setdiff1d(np.arange(60, 80), [65]))
    learned = np.concatenate([split.train, split.calibrate])
    np.testing.assert_array_equal(np.sort(learned), np.setdiff1d(np.arange(60), [3, 7, 9, 10]))
    assert "5 left out" in split.how
    assert [split.part_of_each(100)[row] for row in (3, 7, 65)] == ["", "", ""]


@pytest.mark.slow
def test_joined_numbers_are_the_components_of_networkx():
    draw = np.random.default_rng(0)
    one, other = draw.integers(0, 60, 100), draw.integers(0, 60, 100)
    graph = networkx.Graph()
    for case, (a, b) in enumerate(zip(one, other, strict=True)):
        graph.add_edges_from([(case, ("a", int(a))), (case, ("b", int(b)))])
    wanted = [sorted(node for node in part if isinstance(node, int)) for part in networkx.connected_components(graph)]
    numbers = joined(one, other)
    found = [np.flatnonzero(numbers == number).tolist() for number in np.unique(numbers)]
    assert sorted(found) == sorted(wanted)


def test_the_same_seed_draws_the_same_and_another_another():
    dataset = labelled(np.arange(300) % 3)
    one, same, other = draw_split(dataset, 7), draw_split(dataset, 7), draw_split(dataset, 8)
    for part, again in zip(rows(one), rows(same), strict=True):
        np.testing.assert_array_equal(part, again)
    assert set(one.held_out) != set(other.held_out)


def test_group_numbers_change_nothing_but_their_membership_does():
    labels, groups = np.arange(400) % 2, np.arange(400) // 5
    one = draw_split(labelled(labels, groups), 1)
    renamed = draw_split(labelled(labels, groups * 3 + 10), 1)
    np.testing.assert_array_equal(one.train, renamed.train)


LABELS = np.arange(100) % 2
THIRDS = ["train"] * 60 + ["valid"] * 20 + ["test"] * 20


def test_all_three_parts_of_a_source_are_kept_and_calibrate_is_carved_from_train():
    split = draw_split(labelled(LABELS, parts=THIRDS), 0)
    np.testing.assert_array_equal(split.held_out, np.arange(80, 100))
    np.testing.assert_array_equal(split.valid, np.arange(60, 80))
    np.testing.assert_array_equal(np.sort([*split.train, *split.calibrate]), np.arange(60))
    assert len(split.calibrate) == pytest.approx(60 / 7, abs=1)  # 0.1 / (0.6 + 0.1)


def test_with_train_and_test_alone_the_test_part_is_held_out():
    split = draw_split(labelled(LABELS, parts=["train"] * 80 + ["test"] * 20), 0)
    np.testing.assert_array_equal(split.held_out, np.arange(80, 100))
    assert split.counts() == {"train": 60, "valid": 10, "calibrate": 10, "held_out": 20}


def test_with_train_and_valid_alone_valid_is_held_out():
    split = draw_split(labelled(LABELS, parts=["train"] * 80 + ["valid"] * 20), 0)
    np.testing.assert_array_equal(split.held_out, np.arange(80, 100))
    assert split.counts() == {"train": 60, "valid": 10, "calibrate": 10, "held_out": 20}
    assert "valid part held out" in split.how


def test_a_source_that_is_all_train_is_drawn_whole():
    split = draw_split(labelled(LABELS, parts=["train"] * 100), 0)
    assert split.counts() == {"train": 60, "valid": 10, "calibrate": 10, "held_out": 20}


def test_the_part_of_each_case_is_the_split_said_the_other_way_round():
    split = draw_split(labelled(LABELS), 0)
    of_each = split.part_of_each(100)
    assert [number for number in range(100) if of_each[number] == "calibrate"] == split.calibrate.tolist()


def test_several_labels_are_spread_by_the_rarest():
    generator = np.random.default_rng(0)
    labels = (generator.random((1000, 3)) < [0.5, 0.3, 0.05]).astype(int)
    split = draw_split(labelled(labels, task="multi-label"), 0)
    assert_disjoint_and_complete(split, 1000)
    rare = labels[:, 2].sum()
    for part, share in zip(rows(split), SHARES, strict=True):
        assert abs(labels[part, 2].sum() - rare * share) <= 1


@pytest.mark.parametrize(
    ("dataset", "said"),
    [
        (labelled([0] * 20), r"somewhere holds one class only \(class 0\)"),
        (labelled([1] * 20), r"somewhere holds one class only \(class 1\)"),
        (labelled([0] * 20 + [1]), "somewhere: class 'class 1' has 1 image, and 4 or more are needed"),
        (labelled([0] * 20 + [1] * 3), "class 'class 1' has 3 images"),
        (labelled(LABELS, groups=np.arange(100) % 7), "There are 7 groups: at least 8 are needed"),
        (labelled(LABELS, parts=["test"] * 100), "has no training part"),
        (labelled([0, 1] * 10, parts=["train"] * 2 + ["test"] * 18), "too few for four parts"),
        (
            labelled([0] * 90 + [1] * 10, parts=["train"] * 90 + ["test"] * 10),
            "class 'class 1' has no case in the train",
        ),
        (labelled([[0, 1]] * 3, task="multi-label"), "3 cases are too few for four parts"),
    ],
)
def test_what_cannot_be_split_is_refused_in_one_line(dataset, said):
    with pytest.raises(BadInput, match=said) as error:
        draw_split(dataset, 0)
    assert "\n" not in str(error.value)


def test_four_of_each_class_are_enough():
    split = draw_split(labelled([0, 0, 0, 0, 1, 1, 1, 1]), 0)
    assert [sorted(np.array([0, 0, 0, 0, 1, 1, 1, 1])[part]) for part in rows(split)] == [[0, 1]] * 4


def test_scikit_learns_digits_are_stratified():
    digits = read("digits")
    split = draw_split(digits, 0)
    for klass, count in enumerate(np.bincount(digits.labels)):
        assert abs((digits.labels[split.held_out] == klass).sum() - count / 5) < 1
