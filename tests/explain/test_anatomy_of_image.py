"""An image's tensor is told as it is: cells by torch's own strides, and a page that replaces nothing foreign."""

import json
import re

import numpy as np
import pytest
import torch
from PIL import Image

from pellucid.errors import BadInput
from pellucid.explain.anatomy_of_image import anatomy_of_image, save_anatomy


@pytest.fixture
def colours(tmp_path):
    pixels = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    Image.fromarray(pixels).save(tmp_path / "colours.png")
    return tmp_path / "colours.png", pixels


@pytest.fixture
def gray(tmp_path):
    pixels = (np.arange(40 * 30) % 251).astype(np.uint8).reshape(40, 30)
    Image.fromarray(pixels).save(tmp_path / "gray.png")
    return tmp_path / "gray.png", pixels


def test_the_cell_that_an_index_reads_holds_the_number_of_that_index(colours):
    path, pixels = colours
    flat = pixels.ravel()
    for at in [(0, 0, 0), (4, 6, 2), (3, 2, 1)]:
        told = anatomy_of_image(path, at).as_dict()
        assert flat[told["cell"]] == pixels[at]
    assert told["cell"] == 3 * 21 + 2 * 3 + 1
    assert told["stride"] == (21, 3, 1)


def test_two_numbers_follow_the_first_channel_of_a_coloured_pixel(colours):
    path, pixels = colours
    told = anatomy_of_image(path, (3, 4)).as_dict()
    assert told["at"] == [3, 4, 0]
    assert pixels.ravel()[told["cell"]] == pixels[3, 4, 0]


def test_a_gray_image_is_followed_to_its_middle_where_nothing_is_asked(gray):
    path, pixels = gray
    found = anatomy_of_image(path)
    assert found.at == (20, 15)
    assert pixels.ravel()[found.image.cell(found.at)] == pixels[20, 15]
    text = "\n".join(found.lines())
    assert "0 + 20×30 + 15×1 = 615" in text
    assert "to() copied 1,200 numbers (4,800 bytes)" in text
    assert "share one storage" in text
    assert "NCHW" in text
    assert "safetensors" in text
    json.dumps(found.as_dict())


def test_what_is_said_of_broadcasting_is_what_torch_does(colours):
    path, pixels = colours
    meets = next(s for s in anatomy_of_image(path).sections if s.title == "Two shapes that meet")
    numbers = torch.from_numpy(pixels).float()
    assert str(tuple((numbers - numbers.mean((0, 1))).shape)) in "\n".join(meets.lines)


def test_the_page_stands_alone_and_replaces_only_its_like(gray, tmp_path):
    found = anatomy_of_image(gray[0])
    page = tmp_path / "page.html"
    save_anatomy(found, page)
    save_anatomy(found, page)
    text = page.read_text("utf-8")
    assert not re.search(r'(src|href)="(?!data:)', text)
    assert text.count("<svg") == 3
    other = tmp_path / "notes.html"
    other.write_text("mine")
    with pytest.raises(BadInput, match="is no anatomy page"):
        save_anatomy(found, other)
    assert other.read_text() == "mine"


def test_sixteen_bits_and_dicom_are_opened_too(tmp_path):
    deep = np.arange(36, dtype=np.uint16).reshape(6, 6) * 1000
    Image.fromarray(deep).save(tmp_path / "deep.png")
    assert "uint16" in anatomy_of_image(tmp_path / "deep.png").image.dtype


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing.png"], "nothing.png cannot be read"),
        (["gray.png", "--at", "1,2,3"], "has 3 numbers"),
        (["gray.png", "--at", "40,0"], "lies beyond axis 0"),
        (["gray.png", "--at", "a,b"], "is no place"),
        (["notes.txt"], "notes.txt"),
    ],
)
def test_what_cannot_be_opened_is_one_line(arguments, said, gray, command_here, tmp_path):
    (tmp_path / "notes.txt").write_text("not an image")
    done = command_here("anatomy", *arguments)
    assert done.returncode == 1
    assert done.stdout == ""
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_command_prints_and_draws(gray, command_here):
    done = command_here("anatomy", "gray.png", "--at", "2,3", "--out", "page.html")
    assert done.returncode == 0, done.stderr
    assert "0 + 2×30 + 3×1 = 63" in done.stdout
    assert command_here("anatomy", "gray.png", "--json").stdout.startswith('{"image": "gray.png"')
