"""The audit's page: stands alone, shows what was found, bounded, and words from files cannot act in it."""

import hashlib
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from pellucid.data import Dataset
from pellucid.data.audit import KINDS, audit
from pellucid.evaluate.reporting.audit_page import MARK, MOST_GROUPS, MOST_OF_ONE, MOST_SINGLE, audit_page
from pellucid.evaluate.reporting.audit_words import WORDS
from pellucid.evaluate.rivals.probing import Probed


def dataset_of(images, labels=None, names=None, **facts):
    digests = [hashlib.sha256(np.ascontiguousarray(image).data).digest() for image in images]
    sha256 = np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 32)
    labels = np.arange(len(images)) % 2 if labels is None else np.array(labels)
    names = names or [f"some/{number:03}.png" for number in range(len(images))]
    facts = {"classes": ("cat", "dog"), "task": "binary"} | facts
    return Dataset(images, labels.astype(np.int64), names=names, sha256=sha256, **facts)


def noise(cases, side=8, channels=1):
    return np.random.default_rng(0).integers(0, 256, (cases, channels, side, side)).astype(np.uint8)


def page_of(dataset, probes=(), not_probed="too few"):
    found = audit(dataset)
    return audit_page(dataset, found, found.findings, probes, not_probed)


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.opened, self.closed, self.links, self.titles = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.opened.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]
        self.titles += [value for name, value in attrs if name == "title" and tag == "img"]

    def handle_endtag(self, tag):
        self.closed.append(tag)


def test_the_page_stands_alone_and_every_tag_is_closed():
    images = noise(20)
    images[3], images[4] = images[2], 9
    page = page_of(dataset_of(images))
    tags = Tags(page)
    assert all(link.startswith(("data:image/png;base64,", "#finding-")) for link in tags.links)
    assert not re.search(r"@import|url\(|<script|<link", page)
    assert MARK in page[:1000]
    alone = {"meta", "img", "br"}
    assert sorted(tag for tag in tags.opened if tag not in alone) == sorted(tags.closed)
    assert "holds images of the data set" in page


def test_groups_are_shown_side_by_side_with_their_files():
    images = noise(20)
    images[[5, 9]] = images[2]
    tags = Tags(page_of(dataset_of(images, np.zeros(20))))
    assert tags.titles == ["some/002.png", "some/005.png", "some/009.png"]


def test_no_more_is_shown_than_a_person_looks_at():
    images = np.repeat(noise(40), 10, axis=0)
    page = page_of(dataset_of(images, np.zeros(400)))
    assert len(Tags(page).titles) == MOST_GROUPS * MOST_OF_ONE
    assert f"And {40 - MOST_GROUPS} more groups" in page
    assert "10 files, 8 of them shown" in page


def test_single_images_are_bounded_too():
    images = np.concatenate([noise(60), np.zeros((30, 1, 8, 8), np.uint8)])
    images[60:, 0, 0, 0] = 1 + np.arange(30)  # a speck each, and no two alike
    page = page_of(dataset_of(images, np.zeros(90), groups=np.arange(90), group_names=tuple(map(str, range(90)))))
    found = audit(dataset_of(images, np.zeros(90)))
    assert len(found.of("nearly_constant").groups) == 30
    assert f"And {30 - MOST_SINGLE} more images" in page


def test_what_differs_within_a_large_group_is_shown():
    images = noise(30)
    images[:20] = images[0]
    labels = np.zeros(30)
    labels[19] = 1
    titles = Tags(page_of(dataset_of(images, labels))).titles
    assert "some/019.png" in titles[:MOST_OF_ONE]


def test_names_and_classes_are_words_and_nothing_else():
    images = noise(12)
    images[1] = images[0]
    names = [f"<script>alert({number})</script>/\"'&.png" for number in range(12)]
    page = page_of(dataset_of(images, np.zeros(12), names, classes=("<b>cat</b>", "{{ 7 * 7 }}")))
    assert "<script" not in page
    assert "<b>cat</b>" not in page
    assert "{{ 7 * 7 }}" in page


def test_a_patient_in_two_parts_is_named():
    groups, parts = np.arange(12) // 2, np.array((["train"] * 5 + ["test"]) * 2)
    page = page_of(dataset_of(noise(12), groups=groups, group_names=tuple("uvwxyz"), parts=parts))
    assert "w: 2 files" in page
    assert "z: 2 files" in page
    assert "x: 2 files" not in page


def test_what_was_looked_for_and_not_found_is_said_and_only_that():
    page = page_of(dataset_of(noise(12), groups=np.arange(12), group_names=tuple("abcdefghijkl")))
    assert WORDS["blank"].absent in page
    assert WORDS["identical_across_parts"].absent not in page  # there are no parts
    assert WORDS["shortcut"].absent not in page  # no probe was asked
    images = noise(12)
    images[3] = 9
    assert WORDS["blank"].absent not in page_of(dataset_of(images))


def test_probes_stand_with_their_intervals_or_with_the_reason_why_not():
    figure = {"value": 0.9126, "low": 0.8501, "high": 0.9604, "cases": 1234}
    page = page_of(dataset_of(noise(12)), (Probed("border", "the outermost pixel", figure, figure, 0.5),))
    assert "1,234 held-out cases" in page
    assert "0.9126" in page
    assert "0.8501 to 0.9604" in page
    assert WORDS["shortcut"].absent in page
    assert "No probe could be asked: too few" in page_of(dataset_of(noise(12)))


@pytest.mark.parametrize(("side", "channels"), [(300, 3), (96, 1)])
def test_large_images_are_shown_small(side, channels):
    images = noise(6, side, channels)
    images[1] = images[0]
    assert len(page_of(dataset_of(images, np.zeros(6)))) < 200_000


def test_every_kind_of_finding_has_its_words():
    assert set(WORDS) == set(KINDS)
    for words in WORDS.values():
        assert words.title
        assert words.means.endswith(".")
        assert words.todo.endswith(".")
