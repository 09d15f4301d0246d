"""Which nodule of each patient is packed, as what, and that the same file gives the same bytes."""

import pytest

from pellucid.ct.lidc import pack_shapes
from pellucid.ct.lidc.packing import part_of
from pellucid.ct.shapes import unpacked


def packed(base, out):
    from safetensors.numpy import load

    pack_shapes(base.path, out)
    arrays = load(out.read_bytes())
    return [unpacked(arrays, part) for part in ("all", "train", "test")]


@pytest.fixture
def three_patients(base, cube):
    for number in (1, 2, 3):
        base.scan(number, f"LIDC-IDRI-000{number}")
        for _ in range(2):
            base.reading(cube(10, 10, 5), number)
    for _ in range(2):
        base.reading(cube(40, 10, 5, width=12), 2, texture=1)  # the second patient's rarer nodule
    base.reading(cube(80, 10, 5, width=14), 3)  # one reader is not enough
    for _ in range(2):
        base.reading([(3.0, "70,10\n72,10\n72,12\n70,12")], 1)  # rarer still, but below 3 mm
    return base


def test_one_nodule_of_each_patient_the_rarest(three_patients, tmp_path):
    shapes, *_ = packed(three_patients, tmp_path / "shapes.safetensors")
    assert shapes.patients == (1, 2, 3)
    assert shapes.kinds == ("solid", "ground-glass", "solid")
    assert shapes.diameter_mm == pytest.approx([7.4, 12.2, 7.4], rel=0.06)  # of cubes of 6 and 10 mm
    for mask in shapes.masks:
        assert 22 <= max(mask.shape) <= 26
        assert mask.mean() > 0.7  # a cube fills its box, but for rounded edges and ends


def test_the_same_file_gives_the_same_bytes(three_patients, tmp_path):
    for name in ("a", "b"):
        packed(three_patients, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_patients_are_on_one_side_by_their_name(three_patients, tmp_path):
    _, train, test = packed(three_patients, tmp_path / "shapes.safetensors")
    sides = [part_of(f"LIDC-IDRI-000{number}") for number in (1, 2, 3)]
    assert train.patients == tuple(number for number, side in zip((1, 2, 3), sides, strict=True) if side == 0)
    assert test.patients == tuple(number for number, side in zip((1, 2, 3), sides, strict=True) if side == 1)
    share = sum(part_of(f"LIDC-IDRI-{number:04}") for number in range(1, 1013)) / 1012
    assert share == pytest.approx(0.2, abs=0.03)
