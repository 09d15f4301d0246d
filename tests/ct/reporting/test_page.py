"""The page: it stands alone, is read in order, shows what was found where it lies, and never hides what was not."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from pellucid.ct.reporting.colours import HEAT, heat_colours
from pellucid.ct.reporting.counts import stages_of
from pellucid.ct.reporting.lump_pictures import on_three_planes, outline_cut, stage_by_stage
from pellucid.ct.reporting.overview import overview
from pellucid.ct.reporting.page import MOST_FINDINGS, study_page
from pellucid.data.volumes import Frame, Volume

RADIUS = 4.0  # mm, of the ball in conftest.py
SVG = "{http://www.w3.org/2000/svg}"


def page_of(study):
    return study_page(study, stages_of(study))


class Reader(HTMLParser):
    """Headings in order, and what a screen reader or a browser would stumble over."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.unnamed: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        if re.fullmatch(r"h\d", tag):
            self.headings.append(int(tag[1]))
        self.ids += [facts["id"]] if facts.get("id") else []
        self.links += [facts["href"]] if tag == "a" and facts.get("href") else []
        if (tag == "svg" or facts.get("role") == "img") and not facts.get("aria-label"):
            self.unnamed.append(tag)
        assert tag not in ("script", "link", "iframe", "img"), tag
        for name in ("src", "href", "xlink:href"):
            assert (facts.get(name) or "#").startswith(("#", "data:image/png;base64,")), facts


@pytest.fixture(scope="module")
def page(study):
    return page_of(study)


def test_headings_go_down_one_step_at_a_time_and_every_picture_is_described(page):
    read = Reader(page)
    assert read.headings[0] == 1
    assert all(after - before <= 1 for before, after in zip(read.headings, read.headings[1:], strict=False))
    assert not read.unnamed
    assert len(set(read.ids)) == len(read.ids)
    assert {link[1:] for link in read.links} <= set(read.ids)


def test_the_page_says_what_it_is_not_and_what_was_noticed(page):
    for said in (
        "Not a medical device", "not about pathology", "One slice is missing.", "A lung is cut off.", "p_nodule 0.047",
        "0.88", "0.42", "268 mm³", "-14.0, -3.8, 112.5 mm; slice 6 of 14. A ball, number 2.", "1 finding in a chest CT",
    ):  # fmt: skip
        assert said in page, said


def test_a_series_name_is_written_as_words_and_never_as_html(study_of):
    page = page_of(study_of('<script>alert("1")</script>,&'))
    assert "<script>" not in page
    assert "Series &lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;,&amp;" in page


def test_a_page_without_findings_says_so_and_that_this_proves_nothing(nothing):
    page = page_of(nothing)
    assert "<h1>No findings in a chest CT</h1>" in page
    assert "That does not mean that there is no nodule" in page
    assert "no lumps were found at all" in page
    assert 'id="finding-' not in page


def test_many_findings_are_all_listed_and_only_the_first_drawn(study):
    one = study.findings[0]
    many = []
    for number in range(1, MOST_FINDINGS + 3):
        nodule = replace(one.nodule, lump=replace(one.nodule.lump, number=number), p_nodule=1 - number / 100)
        many.append(replace(one, nodule=nodule))
    page = page_of(replace(study, findings=many))
    assert len(re.findall(r'<section class="found"', page)) == MOST_FINDINGS
    assert len(re.findall(r"<tr><td>", page)) == MOST_FINDINGS + 2
    assert "the other 2 are in the table" in page
    read = Reader(page)
    assert {link[1:] for link in read.links} <= set(read.ids)


def shown(picture: str) -> tuple[np.ndarray, ElementTree.Element]:
    """The first picture in a drawing as an array, and where it lies."""
    image = ElementTree.fromstring(picture).find(f".//{SVG}image")
    encoded = image.get("href").removeprefix("data:image/png;base64,")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded)))), image


def test_the_ball_lies_in_the_middle_of_each_plane_at_its_true_size(study):
    lump = study.findings[0].nodule.lump
    for name, picture in zip(("axial", "coronal", "sagittal"), on_three_planes(study, lump), strict=True):
        grey, image = shown(picture)
        bright = np.zeros(grey.shape, bool)
        rows, columns = grey.shape
        # 60 mm are 290 px: the ball of 8 mm is about 39 px wide, around 145, 145
        pixel = [float(image.get(side)) / count for side, count in (("height", rows), ("width", columns))]
        y = float(image.get("y")) + (np.arange(rows) + 0.5) * pixel[0]
        x = float(image.get("x")) + (np.arange(columns) + 0.5) * pixel[1]
        near = (np.hypot(y[:, None] - 145, x - 145) < 290 / 60 * (RADIUS + 2.4)) & (grey > 200)
        bright |= near
        weights = bright.nonzero()
        assert y[weights[0]].mean() == pytest.approx(145, abs=0.1), name
        assert x[weights[1]].mean() == pytest.approx(145, abs=0.1), name
        area = bright.sum() * pixel[0] * pixel[1] / (290 / 60) ** 2
        assert area == pytest.approx(np.pi * RADIUS**2, rel=0.2), name  # in whole voxels of 0.8 x 0.9 x 2.5 mm


def test_the_outline_of_a_lump_is_cut_through_its_centre(study):
    lump = study.lumps[1]
    working = study.working
    whole = np.zeros(working.voxels_hu.shape, bool)
    block = tuple(slice(start, start + 9) for start in lump.corner_irc)
    whole[block] = lump.outline
    at = np.floor(working.frame.to_irc(np.array([lump.centre_xyz_mm]))[0] + 0.5).astype(int)
    sheet, mask = outline_cut(study, lump, "sagittal")
    expected = whole[:, :, at[2]]
    assert mask.sum() == expected.sum() > 0
    for row, column in np.argwhere(mask).tolist():
        place = sheet.places_xyz_mm()[row * mask.shape[1] + column]
        assert whole[tuple(np.rint(working.frame.to_irc(place[None])[0]).astype(int))]


def test_stages_show_the_right_lung_in_its_colour_and_heat_only_at_the_lump(study):
    drawn = stage_by_stage(study, study.lumps[1])
    layers = {name: re.findall(r'href="data:image/png;base64,([^"]+)"', picture) for name, picture in drawn.items()}
    assert {name: len(found) for name, found in layers.items()} == {"scan": 1, "lungs": 2, "heat": 2, "lump": 1}
    lungs, heat = (np.asarray(Image.open(io.BytesIO(base64.b64decode(layers[name][1])))) for name in ("lungs", "heat"))
    middle = lungs.shape[0] // 2
    assert lungs[middle, middle].tolist() == [0x56, 0xB4, 0xE9, 80]  # the right lung's sky blue
    assert lungs[middle, middle + 24].tolist() == [0xCC, 0x79, 0xA7, 80]  # 24 mm further left: the left lung
    np.testing.assert_array_equal(heat[middle, middle], heat_colours(np.array([[0.45]], np.float16))[0, 0])
    assert not heat[middle + 10, middle].any() or heat[middle + 10, middle][3] == 0


def test_a_finding_gets_its_number_at_its_place_in_every_overview(study):
    drawn = overview(study)
    assert len(drawn.slices) == 12
    assert [z for z, _ in drawn.slices] == sorted((z for z, _ in drawn.slices), reverse=True)
    marked = [z for z, picture in drawn.slices if "<circle" in picture]
    assert marked == [min((z for z, _ in drawn.slices), key=lambda z: abs(z - 112.5))]
    for picture, across, down in zip(drawn.projections, (0, 0), (2, 1), strict=True):
        circle = ElementTree.fromstring(picture).find(f".//{SVG}circle")
        grey, image = shown(picture)
        scale = float(image.get("width")) / grey.shape[1]  # px for each of the grid's voxels of 1 mm
        index = study.working.frame.to_irc(np.array([[-14.0, -3.8, 112.5]]))[0, ::-1]  # column, row, slice
        lungs = study.lungs.inside.nonzero()[::-1]
        first = max(0, lungs[across].min() - 10)
        head = min(study.lungs.inside.shape[0] - 1, lungs[2].max() + 10)
        top = head - index[2] if down == 2 else index[1] - max(0, lungs[1].min() - 10)
        assert float(circle.get("cx")) == pytest.approx((index[across] - first + 0.5) * scale, abs=0.01)
        assert float(circle.get("cy")) == pytest.approx((top + 0.5) * scale, abs=0.01)


def test_the_heat_grows_brighter_on_the_scan_and_so_needs_no_sense_of_colour():
    seen = HEAT[:, :3] @ [0.2126, 0.7152, 0.0722] * HEAT[:, 3] / 255  # Rec. 709's luminance, over black
    assert (np.diff(seen) > 50).all()


def test_a_tilted_scan_gets_its_page_too(study):
    angle = np.deg2rad(15)
    tilt = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    frame = Frame(np.array([-30.0, -20.0, 85.0]), np.array([0.8, 0.9, 2.5]), tilt)
    volume = Volume(np.full((30, 60, 60), -850, np.int16), frame, "tilted")
    assert "Series tilted" in page_of(replace(study, volume=volume))
