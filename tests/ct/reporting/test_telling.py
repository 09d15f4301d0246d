"""findings.json, findings.csv and the printed lines against the study that they were made from."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from pellucid.ct.reporting import as_csv, as_dict, lines
from pellucid.ct.reporting.counts import slice_number
from pellucid.ct.reporting.page import study_page
from pellucid.data.volumes import Frame, Volume

# As conftest.py has them.
BALL_XYZ, OTHER_XYZ = (-14.0, -3.8, 112.5), (10.0, 5.2, 120.0)


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_the_table_has_luna16s_columns_and_a_row_for_every_spot_rejected_or_not(study):
    header, *found = rows(as_csv(study))
    assert header == ["seriesuid", "coordX", "coordY", "coordZ", "probability"]
    assert [row[0] for row in found] == ["1.2.840.7"] * 2
    np.testing.assert_allclose(
        np.array([row[1:] for row in found], float), [[*BALL_XYZ, 0.88], [*OTHER_XYZ, 0.047]], rtol=1e-8
    )


def test_a_lump_that_is_the_spot_of_a_likelier_one_has_no_row_but_stands_in_the_facts(study):
    again = replace(study, nodules=[replace(study.nodules[0], same_as=2), study.nodules[1]])
    assert [row[4] for row in rows(as_csv(again))[1:]] == ["0.88"]
    assert [(one["number"], one["same_as"]) for one in as_dict(again)["rejected"]] == [(1, 2)]


@pytest.mark.parametrize("name", ['a,b "c"', "<b>1.2</b>", "two\nlines", "Lunge ü"])
def test_a_series_name_with_commas_quotes_or_lines_comes_back_whole(name, study_of):
    assert [row[0] for row in rows(as_csv(study_of(name)))[1:]] == [name] * 2


def test_tables_of_two_series_are_told_apart_by_their_names(study_of):
    together = rows(as_csv(study_of("1.2.3"))) + rows(as_csv(study_of("4.5.6")))[1:]
    assert [row[0] for row in together] == ["seriesuid", "1.2.3", "1.2.3", "4.5.6", "4.5.6"]


def test_without_lumps_the_table_is_its_header_alone(nothing):
    assert as_csv(nothing) == "seriesuid,coordX,coordY,coordZ,probability\n"


def test_the_facts_are_plain_json_with_the_promised_keys(study):
    facts = json.loads(json.dumps(as_dict(study), allow_nan=False))
    assert facts["seriesuid"] == "1.2.840.7"
    (one,) = facts["findings"]
    assert one == {
        "number": 2,
        "centre_xyz_mm": list(BALL_XYZ),
        "slice_number": 6,  # slice 5 from 0
        "image_number": None,
        "side": "right",
        "diameter_mm": 8.0,
        "mean_hu": 60.0,
        "p_nodule": 0.88,
        "same_as": None,
        "likeness": 0.45,
        "size_mm": 8.0,
        "why": "A ball, number 2.",
        "p_rated_suspicious": 0.42,
        "volume_mm3": 268.1,
        "elongation": 1.05,
        "irregularity": 0.11,
    }
    (out,) = facts["rejected"]
    assert [out[key] for key in ("number", "centre_xyz_mm", "p_nodule")] == [1, list(OTHER_XYZ), 0.047]
    assert out["diameter_mm"] == 8.0
    assert facts["stages"] | {"lung_litres": 0, "hot_voxels": 0} == {
        "lung_litres": 0, "hot_voxels": 0, "lumps": 2, "rejected": 1, "findings": 1,
    }  # fmt: skip
    assert facts["seconds"]["total"] == 3.9
    assert facts["peak_memory_mb"] == 812.5
    assert facts["threshold"] == 0.5
    assert facts["told"] == ["One slice is missing.", "A lung is cut off."]  # each once
    assert "Not a medical device" in facts["not_a_medical_device"]
    assert "not about pathology" in facts["p_rated_suspicious_means"]


def test_litres_and_hot_voxels_are_counted_as_by_hand(study):
    stages = as_dict(study)["stages"]
    # 1 mm voxels at x = -30, -29, ...; strictly within the boxes: 19 x 27 x 27 on the right, 12 x 27 x 27 on the left.
    assert stages["lung_litres"] == {"right": round(19 * 27 * 27 / 1e6, 3), "left": round(12 * 27 * 27 / 1e6, 3)}
    assert stages["hot_voxels"] == sum(int(lump.outline.sum()) for lump in study.lumps)


def test_the_slice_is_counted_in_the_order_of_the_scan_as_read(study):
    voxels, frame = study.volume.voxels_hu, study.volume.frame
    turned = np.diag([1.0, 1.0, -1.0])  # stored from the head down: 14 slices, so slice 6 becomes slice 9
    top = frame.origin_xyz_mm + np.array([0, 0, 13 * 2.5])
    volume = Volume(np.ascontiguousarray(voxels[::-1]), Frame(top, frame.spacing_xyz_mm, turned), "a")
    lump = study.findings[0].nodule.lump
    assert (slice_number(study, lump), slice_number(replace(study, volume=volume), lump)) == (6, 9)


def test_the_slice_is_named_by_its_image_number_where_the_series_has_them(study):
    numbered = replace(study, volume=replace(study.volume, image_numbers=tuple(range(40, 26, -1))))
    (one,) = as_dict(numbered)["findings"]
    assert (one["slice_number"], one["image_number"]) == (6, 35)
    assert "(slice 6 of 14, image 35)" in "\n".join(lines(numbered))
    assert "slice 6 of 14, image 35" in study_page(numbered, as_dict(numbered)["stages"])


def test_a_probability_is_never_shown_as_certain(study):
    surer = replace(study.findings[0], nodule=replace(study.findings[0].nodule, p_nodule=0.9989))
    study = replace(study, findings=[surer], nodules=[surer.nodule])
    assert "p_nodule >0.99," in "\n".join(lines(study))
    assert "<b>&gt;0.99</b>" in study_page(study, as_dict(study)["stages"])
    assert as_dict(study)["findings"][0]["p_nodule"] == 0.9989


def test_the_likeliest_finding_stands_first(study):
    both = [replace(one, accepted=True) for one in study.nodules]
    findings = [replace(study.findings[0], nodule=one) for one in both]
    facts = as_dict(replace(study, nodules=both, findings=findings))
    assert [one["p_nodule"] for one in facts["findings"]] == [0.88, 0.047]
    assert facts["rejected"] == []


def test_the_lines_say_what_was_found_and_that_it_is_no_medical_device(study, nothing):
    said = lines(study)
    assert said[5] == (
        "    2  right at -14.0, -3.8, 112.5 mm (slice 6 of 14), 8.0 mm, p_nodule 0.88, p_rated_suspicious 0.42"
    )
    assert "1 finding (numbered as the lumps are, slices counted from the feet):" in said
    assert "2 lumps; 1 of them rejected (p_nodule below 0.50), 0 the same spot as a likelier one" in said[3]
    assert said[1:3] == ["One slice is missing.", "A lung is cut off."]
    assert said[-1].startswith("Not a medical device")
    assert "0 findings" in lines(nothing)
