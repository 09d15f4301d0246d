"""Toy problems: where their points lie, which class they have, and feature columns."""

import pytest
import torch

from pellucid.blocks.toy_features import FEATURES, feature_columns
from pellucid.blocks.toys import CLASS_TOYS, HEIGHT_TOYS, draw_toy, height
from pellucid.errors import BadInput


def drawn(name, noise=0.0, count=400):
    return draw_toy(name, count, noise, torch.Generator().manual_seed(3))


@pytest.mark.parametrize("name", [*CLASS_TOYS, *HEIGHT_TOYS])
def test_points_lie_in_the_plane_shown_and_repeat(name):
    points = drawn(name)
    assert points.places.abs().max() <= 1
    assert points.targets.abs().max() <= 1
    assert torch.equal(points.places, drawn(name).places)
    if name in CLASS_TOYS and name != "xor":
        assert points.targets.sum() == 200


def test_without_noise_the_classes_are_as_their_names_say():
    xor, circles = drawn("xor"), drawn("circles")
    assert ((xor.places.prod(1) < 0) == (xor.targets[:, 0] == 1)).all()
    assert xor.places.abs().min() >= 0.05
    radius = circles.places.norm(dim=1)
    assert radius[circles.targets[:, 0] == 1].max() <= 0.4
    assert radius[circles.targets[:, 0] == 0].min() >= 0.6
    spirals = drawn("spirals")
    places, one = spirals.places, spirals.targets[:, 0] == 1
    turn = torch.atan2(places[:, 0], places[:, 1]) - 3.5 * torch.pi * places.norm(dim=1) / 0.85
    turn = torch.remainder(turn, 2 * torch.pi)
    assert torch.minimum(turn[~one], 2 * torch.pi - turn[~one]).max() < 1e-6
    assert (turn[one] - torch.pi).abs().max() < 1e-6


def test_corners_are_four_clouds_and_those_across_are_of_one_class():
    points = drawn("corners")
    signs = points.places.sign()
    assert ((points.places - 0.5 * signs).norm(dim=1) < 0.45).all()
    assert ((signs.prod(1) < 0) == (points.targets[:, 0] == 1)).all()
    assert len(signs.unique(dim=0)) == 4


def test_noise_mixes_the_classes():
    noisy = drawn("xor", noise=0.5)
    assert 0.05 < ((noisy.places.prod(1) < 0) != (noisy.targets[:, 0] == 1)).double().mean() < 0.5


def test_heights_are_those_of_the_formula():
    plane = drawn("plane", count=50)
    torch.testing.assert_close(plane.targets[:, 0], plane.places.sum(1) / 2)
    top = torch.tensor([[-0.6, 0.4], [0.0, 0.4], [0.0, 0.0], [0.0, 0.575]], dtype=torch.float64)
    assert height("hills", top)[:, 0].tolist() == pytest.approx([1.0, -1.0, 0.0, -0.5])


def test_feature_columns_by_hand():
    found = feature_columns(torch.tensor([[0.25, -0.75]], dtype=torch.float64), list(FEATURES))
    wanted = [0.25, -0.75, 0.0625, 0.5625, -0.1875, 1, 1]
    assert found[0].tolist() == pytest.approx(wanted)
    for wrong in ([], ["x3"]):
        with pytest.raises(BadInput, match="choose among x1, x2"):
            feature_columns(torch.zeros(1, 2), wrong)


def test_what_cannot_be_drawn_is_refused():
    for name, count, noise in (("moon", 9, 0.0), ("xor", 1, 0.0), ("xor", 9, float("nan"))):
        with pytest.raises(BadInput):
            draw_toy(name, count, noise, torch.Generator())
