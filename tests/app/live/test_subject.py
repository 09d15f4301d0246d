"""What a lesson may look at: training and validation images, never those that are held out."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.app.live.subject import MOST_LOOKED_AT, Subject
from pellucid.data import Dataset, draw_split
from pellucid.errors import BadInput


def made(labels, classes):
    images = np.random.default_rng(0).integers(0, 255, (len(labels), 1, 4, 4), np.uint8)
    names = [f"{at}.png" for at in range(len(labels))]
    task = "multi-label" if labels.ndim == 2 else "multi-class"
    return Dataset(images, labels, classes, task, names, np.zeros((len(labels), 32), np.uint8))


def test_the_split_is_that_of_train_and_what_is_held_out_is_not_looked_at(digits):
    wanted = draw_split(digits.dataset, 0)
    for part in ("train", "valid", "calibrate", "held_out"):
        assert (getattr(digits.split, part) == getattr(wanted, part)).all()
    assert set(digits.looked_at) == set(wanted.valid)
    assert [digits.case(int(row)).labels for row in digits.probes] == [(name,) for name in digits.dataset.classes]
    assert set(digits.probes) <= set(wanted.valid)


def test_of_many_validation_images_evenly_spaced_ones_are_looked_at():
    labels = np.arange(8000) % 3
    subject = Subject.of("many", made(labels, ("a", "b", "c")))
    assert len(subject.looked_at) == MOST_LOOKED_AT == len(set(subject.looked_at))
    assert set(subject.looked_at) <= set(subject.split.valid)
    assert {subject.looked_at[0], subject.looked_at[-1]} == {subject.split.valid[0], subject.split.valid[-1]}


def test_a_case_of_several_labels_names_them():
    labels = np.zeros((400, 3), np.int64)
    labels[::2, 0], labels[::3, 2] = 1, 1
    subject = Subject.of("several", made(labels, ("mass", "node", "fluid")))
    for row in range(6):
        wanted = [name for name, has in zip(("mass", "node", "fluid"), labels[row], strict=True) if has]
        assert subject.case(row).labels == tuple(wanted)
    assert all(labels[row].any() for row in subject.probes)


def test_where_no_image_has_a_label_there_are_probes_all_the_same():
    subject = Subject.of("unlabelled", made(np.zeros((100, 3), np.int64), ("mass", "node", "fluid")))
    assert subject.probes.tolist() == subject.split.valid[:10].tolist()
    assert subject.case(int(subject.probes[0])).labels == ()


def test_too_few_images_are_refused():
    with pytest.raises(BadInput):
        Subject.of("few", made(np.array([0, 1, 0]), ("a", "b")))
