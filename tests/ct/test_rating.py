"""p_rated_suspicious: the logistic model's arithmetic, the shipped model, and which nodules are rated."""

import json
from importlib.resources import files

import numpy as np
import pytest

from pellucid.ct.findings import Lump, Nodule
from pellucid.ct.outline import Outline, measure
from pellucid.ct.rating import RatingModel, Term, load_rating, rate
from pellucid.data.volumes import Frame, Volume
from pellucid.errors import BadInput

MODEL = RatingModel(
    (
        Term("log_diameter", 2.0, 0.5, 1.5, 1.0, 2.0),
        Term("elongation", 1.5, 0.25, -0.5, -1.0, 0.0),
        Term("irregularity", 0.1, 0.05, 1.0, 0.5, 1.5),
    ),
    intercept=-2.0,
)


def grid(spacing_mm=1.0):
    frame = Frame(np.zeros(3), np.full(3, spacing_mm), np.eye(3))
    return Volume(np.zeros((4, 4, 4), np.int16), frame, "1.2.3")


def nodule(number, size, accepted):
    outline = np.ones(size, bool)
    lump = Lump(number, (0.0, 0.0, 0.0), 5.0, 20.0, "left", 0.9, 6.0, "round", (0, 0, 0), outline)
    return Nodule(lump, 2.0, 0.9, accepted)


def test_a_probability_worked_out_by_hand():
    outline = Outline(diameter_mm=np.exp(2.5), volume_mm3=0.0, elongation=2.0, irregularity=0.05)
    logit = -2.0 + 1.5 * 1.0 - 0.5 * 2.0 - 1.0
    assert MODEL.p_suspicious(outline) == pytest.approx(1 / (1 + np.exp(-logit)), rel=1e-12)


def test_accepted_nodules_are_measured_and_rated_in_their_order():
    nodules = [nodule(1, (9, 4, 4), True), nodule(2, (3, 3, 3), False), nodule(3, (6, 6, 6), True)]
    found = rate(nodules, grid(), MODEL)
    assert [one.nodule for one in found] == [nodules[0], nodules[2]]
    for one in found:
        told = measure(one.nodule.lump.outline)
        assert (one.volume_mm3, one.elongation, one.irregularity) == (
            told.volume_mm3,
            told.elongation,
            told.irregularity,
        )
        assert one.p_rated_suspicious == MODEL.p_suspicious(told)


def test_the_spacing_of_the_grid_counts():
    (found,) = rate([nodule(1, (6, 6, 6), True)], grid(0.5), MODEL)
    assert found.volume_mm3 == 27.0


def test_the_shipped_model_finds_large_and_rough_nodules_more_suspicious():
    model = load_rating()
    small, large, rough = (
        model.p_suspicious(Outline(diameter, 0.0, 1.4, roughness))
        for diameter, roughness in ((5.0, 0.08), (20.0, 0.08), (20.0, 0.3))
    )
    assert small < 0.1 < 0.5 < large < rough < 1


def test_the_shipped_file_states_what_it_is_and_how_good():
    facts = json.loads(files("pellucid.ct").joinpath("models/rating.json").read_text("utf-8"))
    assert "not about pathology" in facts["says"]
    areas = {one["nodules"]: one for one in facts["measured"]["auroc"]}
    left_out = areas["rating 3 left out"]
    assert left_out["model"]["value"] > 0.94
    assert left_out["difference"]["low"] > 0  # better than the diameter alone
    with_3 = areas["rating 3 counted as not suspicious"]
    assert with_3["model"]["value"] < left_out["model"]["value"]
    assert with_3["diameter"]["value"] == pytest.approx(0.90, abs=0.02)  # as published for the diameter alone
    assert facts["measured"]["slope"]["low"] < 1 < facts["measured"]["slope"]["high"]


def test_a_model_survives_being_written_and_read():
    assert RatingModel.from_dict(json.loads(json.dumps(MODEL.as_dict()))) == MODEL


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"terms": []},
        {"terms": None},
        {"intercept": "much"},
        {"intercept": float("nan")},
        {"terms": [*MODEL.as_dict()["terms"][:2], {"name": "irregularity"}]},
        {"terms": [*MODEL.as_dict()["terms"][:2], MODEL.as_dict()["terms"][2] | {"deviation": 0.0}]},
    ],
)
def test_a_broken_model_is_refused(change):
    with pytest.raises(BadInput, match="no rating model as pellucid writes it"):
        RatingModel.from_dict(MODEL.as_dict() | change)
    with pytest.raises(BadInput, match="no rating model"):
        RatingModel.from_dict([])


def test_a_damaged_installation_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr("pellucid.ct.rating.package_files", lambda name: tmp_path)
    with pytest.raises(BadInput, match=r"models/rating.json is damaged or missing .*: install pellucid again"):
        load_rating()
