"""What a Dataset shows of itself in a notebook: counts, pictures, and no foreign HTML."""

import base64
import io
import re

import numpy as np
from PIL import Image

from pellucid.data import read
from pellucid.data.dataset import picture, png


def test_a_notebook_shows_counts_and_escapes_what_files_are_called(tmp_path, gray, save):
    for number, name in enumerate(["<script>alert(1)", "b & c"]):
        for index in range(number + 1):
            save(tmp_path / "i" / name / f"{index}.png", gray(10 * number + index))
    shown = read(tmp_path / "i")._repr_html_()
    assert "<script>" not in shown
    assert "b &amp; c" in shown
    assert "<b>3 images</b> of 1 x 8 x 8 uint8, binary" in shown
    assert shown.count("<img ") == 3


def test_a_picture_is_stretched_to_black_and_white_and_can_be_opened():
    image = np.array([[[-1000, 0], [500, 1000]]], np.int16)
    found = np.asarray(Image.open(io.BytesIO(png(image))))
    assert found.tolist() == [[0, 128], [191, 255]]
    inside = re.search(r'base64,([^"]+)"', picture(image, 'a"b'))[1]
    assert base64.b64decode(inside) == png(image)
    assert 'title="a&quot;b"' in picture(image, 'a"b')


def test_a_constant_picture_keeps_its_shade_and_rgb_keeps_its_channels():
    for stored, shown in ((np.uint8(9), 9), (np.uint8(255), 255), (np.int16(-1000), 128)):
        assert (np.asarray(Image.open(io.BytesIO(png(np.full((1, 3, 3), stored))))) == shown).all()
    rgb = np.array([[[255]], [[0]], [[51]]], np.uint8)
    assert np.asarray(Image.open(io.BytesIO(png(rgb)))).tolist() == [[[255, 0, 51]]]


def test_several_labels_are_counted_by_case(tmp_path):
    labels = np.array([[1, 1], [0, 0], [0, 1]])
    images = np.random.default_rng(0).integers(0, 256, (3, 4, 4), dtype=np.uint8)
    np.savez(tmp_path / "a.npz", train_images=images, train_labels=labels)
    dataset = read(tmp_path / "a.npz")
    assert dataset.counts() == {"0": 1, "1": 2}
    assert "multi-label" in dataset._repr_html_()
