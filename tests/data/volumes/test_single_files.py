"""MetaImage, NIfTI and NRRD give the voxels and places that their writer put there, or are refused with a reason."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from pellucid.data.volumes.reading import list_series, read_scan
from pellucid.errors import BadInput

SHAPE = (20, 45, 56)  # slices, rows, columns: lopsided
SPACING = (0.9, 1.1, 2.5)
ORIGIN = (-20.0, 30.0, -50.0)


def oblique() -> np.ndarray:
    one, other = np.radians(25), np.radians(-40)
    about_x = np.array([[1, 0, 0], [0, np.cos(one), -np.sin(one)], [0, np.sin(one), np.cos(one)]])
    about_z = np.array([[np.cos(other), -np.sin(other), 0], [np.sin(other), np.cos(other), 0], [0, 0, 1]])
    return about_z @ about_x


def hu() -> np.ndarray:
    return np.random.default_rng(1).integers(-1024, 1500, SHAPE).astype(np.int16)


def image(voxels: np.ndarray, spacing=SPACING, direction=None) -> sitk.Image:
    made = sitk.GetImageFromArray(voxels)
    made.SetSpacing(spacing)
    made.SetOrigin(ORIGIN)
    made.SetDirection((np.eye(3) if direction is None else direction).ravel().tolist())
    return made


@pytest.mark.parametrize("ending", [".mhd", ".mha", ".nii", ".nii.gz", ".nrrd", ".nhdr", ".NRRD"])
@pytest.mark.parametrize("kind", [np.int16, np.float32, np.int32])
def test_what_simpleitk_wrote_is_read_to_the_same_voxels_and_places(tmp_path, ending, kind):
    path = tmp_path / f"1.3.6.1{ending}"
    written = path.with_name(path.name.lower())
    sitk.WriteImage(image(hu().astype(kind), direction=oblique()), str(written))
    written.rename(path)
    volume = read_scan(path)
    np.testing.assert_array_equal(volume.voxels_hu, hu())
    np.testing.assert_allclose(volume.frame.origin_xyz_mm, ORIGIN, atol=1e-5)  # NIfTI keeps single precision
    np.testing.assert_allclose(volume.frame.spacing_xyz_mm, SPACING, atol=1e-6)
    np.testing.assert_allclose(volume.frame.direction, oblique(), atol=1e-6)
    assert (volume.seriesuid, volume.told) == ("1.3.6.1", ())


def nifti(
    voxels: np.ndarray, sform: np.ndarray, *, inter=0.0, codes=(0, 1), units=2, dim=None, order="<", kind="i2"
) -> bytes:
    """A NIfTI-1 file by hand; `voxels` [slice, row, column], `sform` 3 x 4 from column, row, slice to RAS.

    Source: nifti1.h (offsets of each field).
    """
    header = bytearray(352)
    struct.pack_into(f"{order}i", header, 0, 348)
    struct.pack_into(f"{order}8h", header, 40, *(dim or (3, *voxels.shape[::-1], 1, 1, 1, 1)))
    struct.pack_into(f"{order}2h", header, 70, {"i2": 4, "f4": 16, "f8": 64}[kind], 8 * int(kind[1]))
    struct.pack_into(f"{order}8f", header, 76, 1, *np.linalg.norm(sform[:, :3], axis=0), 1, 1, 1, 1)
    struct.pack_into(f"{order}3f", header, 108, 352, 1.0, inter)
    header[123] = units
    struct.pack_into(f"{order}2h", header, 252, *codes)
    struct.pack_into(f"{order}12f", header, 280, *sform.ravel())
    header[344:348] = b"n+1\0"
    return bytes(header) + voxels.astype(order + kind).tobytes()


RAS = np.array([[-0.9, 0, 0, 20.0], [0, -1.1, 0, -30.0], [0, 0, 2.5, -50.0]])  # columns to the left, rows to the back


def test_a_nifti_file_written_by_hand_is_turned_from_ras_to_lps(tmp_path):
    path = tmp_path / "scan.nii"
    path.write_bytes(nifti(hu() + 1024, RAS, inter=-1024.0))
    volume = read_scan(path)
    np.testing.assert_array_equal(volume.voxels_hu, hu())
    # column 3, row 2, slice 1: RAS = (20 - 2.7, -30 - 2.2, -50 + 2.5); left and back are their negatives
    np.testing.assert_allclose(volume.frame.to_xyz_mm(np.array([[1.0, 2.0, 3.0]])), [[-17.3, 32.2, -47.5]], atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("packed", [bytes, gzip.compress])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_a_nifti_file_of_floats_is_read_in_either_byte_order_and_refused_with_one_that_is_no_number(
    tmp_path, packed, order, kind
):
    path = tmp_path / ("scan.nii" if packed is bytes else "scan.nii.gz")
    voxels = hu()[:19, :, :55].astype(float)  # an odd number of them
    path.write_bytes(packed(nifti(voxels, RAS, order=order, kind=kind)))
    np.testing.assert_array_equal(read_scan(path).voxels_hu, voxels)
    for value in (np.nan, np.inf):  # SimpleITK alone would make either 0 HU: water
        voxels[-1, -1, -1] = value
        path.write_bytes(packed(nifti(voxels, RAS, order=order, kind=kind)))
        with pytest.raises(BadInput, match=r"voxels that are no numbers \(NaN or infinite\)"):
            read_scan(path)


def test_a_nifti_file_of_one_point_in_time_is_read_and_of_two_is_refused(tmp_path):
    path = tmp_path / "scan.nii"
    path.write_bytes(nifti(hu(), RAS, dim=(4, *SHAPE[::-1], 1, 1, 1, 1)))
    np.testing.assert_array_equal(read_scan(path).voxels_hu, hu())
    path.write_bytes(nifti(np.stack([hu(), hu()]), RAS, dim=(4, *SHAPE[::-1], 2, 1, 1, 1)))
    with pytest.raises(BadInput, match="56 x 45 x 20 x 2 voxels of 1 values; one scan"):
        read_scan(path)


def test_a_left_handed_nifti_file_keeps_its_places(tmp_path):
    path = tmp_path / "scan.nii.gz"
    flipped = RAS * [[-1, -1, -1, 1], [1, 1, 1, 1], [1, 1, 1, 1]]
    path.write_bytes(gzip.compress(nifti(hu(), flipped)))
    volume = read_scan(path)
    np.testing.assert_allclose(volume.frame.to_xyz_mm(np.array([[1.0, 2.0, 3.0]])), [[-22.7, 32.2, -47.5]], atol=1e-5)
    np.testing.assert_array_equal(volume.voxels_hu, hu())


def test_a_nifti_file_in_metres_is_either_converted_or_refused(tmp_path):
    path = tmp_path / "scan.nii"
    path.write_bytes(nifti(hu(), RAS / 1000, units=1))
    try:
        spacing = read_scan(path).frame.spacing_xyz_mm
    except BadInput as refusal:
        assert "smaller than a scan of a chest" in str(refusal)  # noqa: PT017
    else:
        np.testing.assert_allclose(spacing, SPACING, atol=1e-4)


def test_a_nifti_file_that_does_not_say_how_it_lies_is_refused(tmp_path):
    path = tmp_path / "scan.nii"
    path.write_bytes(nifti(hu(), RAS, codes=(0, 0)))
    with pytest.raises(BadInput, match="does not say how it lies"):
        read_scan(path)


def test_a_header_that_claims_too_much_is_refused_before_its_voxels_are_read(tmp_path):
    path = tmp_path / "scan.nii"
    path.write_bytes(nifti(hu(), RAS, dim=(3, 4000, 4000, 4000, 1, 1, 1, 1)))
    with pytest.raises(BadInput, match="4000 x 4000 x 4000 = 64,000,000,000 voxels"):
        read_scan(path)


def test_padding_below_air_becomes_air_and_is_told(tmp_path):
    voxels = hu()
    voxels[:, :, :5] = -3024
    sitk.WriteImage(image(voxels), str(tmp_path / "scan.mha"))
    volume = read_scan(tmp_path / "scan.mha")
    np.testing.assert_array_equal(volume.voxels_hu, np.maximum(voxels, -1024))
    assert "8.93% of the voxels were below -1024 HU (down to -3024)" in volume.told[0]


@pytest.mark.parametrize(
    ("voxels", "spacing", "reason"),
    [
        (hu(), (0.0009, 0.0011, 0.0025), "smaller than a scan of a chest"),
        (hu(), (0.09, 0.11, 0.25), "smaller than a scan of a chest"),
        (hu(), (9.0, 11.0, 25.0), "larger than a scan of a chest"),
        ((hu() + 1024).astype(np.int16), SPACING, "stored values without their rescale"),
        (((hu() + 1024) // 16).astype(np.uint8), SPACING, "greys of a picture"),
        (hu() / np.float32(1000), SPACING, "no voxel of air"),
        (hu() * np.float32(100), SPACING, "more than HU can be"),
        (np.where(hu() > 1400, np.nan, hu()), SPACING, "no numbers"),
        (hu()[:1], SPACING, "1 slice; at least 2 are needed"),
        (np.full(SHAPE, 32767.6), SPACING, "more than HU can be"),
        (np.full(SHAPE, -1000, np.int16), SPACING, "hardly any of tissue"),
        (hu()[0], SPACING[:2], "56 x 45 voxels of 1 values"),
    ],
)
def test_wrong_units_are_refused_and_named(tmp_path, voxels, spacing, reason):
    path = tmp_path / "scan.mha"
    made = sitk.GetImageFromArray(voxels)
    made.SetSpacing(spacing)
    sitk.WriteImage(made, str(path))
    with pytest.raises(BadInput, match=reason) as refusal:
        read_scan(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_floats_are_rounded_half_up(tmp_path):
    voxels = hu().astype(np.float32)
    voxels[0, 0, :4] = [-0.5, 0.5, 1.4, -1000.6]
    sitk.WriteImage(image(voxels), str(tmp_path / "scan.nrrd"))
    assert read_scan(tmp_path / "scan.nrrd").voxels_hu[0, 0, :4].tolist() == [0, 1, 1, -1001]


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("ending", [".mha", ".nii", ".nii.gz", ".nrrd", ".mhd"])
def test_a_file_cut_short_is_refused(tmp_path, ending, compressed):
    path = tmp_path / f"scan{ending}"
    sitk.WriteImage(image(hu()), str(path), compressed)
    data = path if ending != ".mhd" else tmp_path / ("scan.zraw" if compressed else "scan.raw")
    data.write_bytes(data.read_bytes()[: -data.stat().st_size // 3])
    with pytest.raises(BadInput, match="cannot be read"):
        read_scan(path)


@pytest.mark.parametrize(("ending", "line"), [(".mhd", "ElementSpacing"), (".nhdr", "space directions")])
def test_a_header_without_its_spacing_is_refused(tmp_path, ending, line):
    path = tmp_path / f"scan{ending}"
    sitk.WriteImage(image(hu()), str(path))
    kept = [text for text in path.read_text().splitlines() if not text.startswith(line)]
    path.write_text("\n".join(kept) + "\n")
    with pytest.raises(BadInput, match=f"does not say '{line}'"):
        read_scan(path)


def test_a_big_endian_nrrd_file_written_by_hand_is_read(tmp_path):
    text = (
        "NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 56 45 20\n"
        "space directions: (0.9,0,0) (0,1.1,0) (0,0,2.5)\nendian: big\nencoding: raw\nspace origin: (-20,30,-50)\n\n"
    )
    path = tmp_path / "scan.nrrd"
    path.write_bytes(text.encode() + hu().astype(">i2").tobytes())
    volume = read_scan(path)
    np.testing.assert_array_equal(volume.voxels_hu, hu())
    np.testing.assert_allclose(volume.frame.spacing_xyz_mm, SPACING, atol=1e-9)


@pytest.mark.parametrize("elsewhere", ["../scan.raw", "deep/../../scan.raw", "{}/scan.raw", "LIST\n../scan.raw"])
@pytest.mark.parametrize(
    ("ending", "named"), [(".mhd", "ElementDataFile = {}"), (".mhd", "ElementDataFile: {}"), (".nhdr", "DATA FILE: {}")]
)
def test_a_header_that_names_voxels_outside_its_own_folder_is_refused(tmp_path, ending, named, elsewhere):
    sitk.WriteImage(image(hu()), str(tmp_path / f"scan{ending}"))
    path = tmp_path / "received" / f"scan{ending}"
    path.parent.mkdir()
    lines = (tmp_path / path.name).read_text().splitlines()
    kept = [line for line in lines if not line.startswith(("ElementDataFile", "data file"))]
    path.write_text("\n".join([*kept, named.format(elsewhere.format(tmp_path))]) + "\n")
    with pytest.raises(BadInput, match="names a file outside its own folder") as refusal:
        read_scan(path)
    assert "\n" not in str(refusal.value)


def test_a_frame_that_cannot_be_is_refused_naming_the_file(tmp_path):
    path = tmp_path / "scan.mhd"
    sitk.WriteImage(image(hu()), str(path))
    text = path.read_text().splitlines()
    path.write_text("\n".join("ElementSpacing = 0 1 1" if line.startswith("ElementSp") else line for line in text))
    with pytest.raises(
        BadInput, match=r"scan\.mhd: The scan's spacing is \[0\.0, 1\.0, 1\.0\] mm; all must be above 0\.$"
    ):
        read_scan(path)


def test_a_nrrd_file_in_ras_is_turned_to_lps(tmp_path):
    path = tmp_path / "scan.nhdr"
    sitk.WriteImage(image(hu()), str(path))
    path.write_text(path.read_text().replace("left-posterior-superior", "right-anterior-superior"))
    place = read_scan(path).frame.to_xyz_mm(np.array([[1.0, 2.0, 3.0]]))
    np.testing.assert_allclose(place, [[20 - 2.7, -30 - 2.2, -47.5]], atol=1e-9)


def test_what_is_no_such_file_is_refused(tmp_path):
    (tmp_path / "scan.nii").write_bytes(b"nothing of the kind")
    (tmp_path / "scan.mhd").mkdir()
    for name, reason in {
        "scan.nii": r"cannot be read \(/.*scan.nii is not recognized as a NIFTI file\);",
        "scan.mhd": "no file",
        "other.nrrd": "no file",
    }.items():
        with pytest.raises(BadInput, match=reason):
            read_scan(tmp_path / name)


def test_one_file_is_listed_as_one_series_and_takes_no_other_name(tmp_path):
    path = tmp_path / "1.2.840.nii.gz"
    sitk.WriteImage(image(hu()), str(path))
    (series,) = list_series(path)
    assert (series.uid, series.slices, series.rows, series.columns, series.usable) == ("1.2.840", 20, 45, 56, True)
    assert read_scan(path, "1.2").seriesuid == "1.2.840"
    with pytest.raises(BadInput, match="holds one scan"):
        read_scan(path, "7")


def test_without_simpleitk_the_command_that_installs_it_is_named(tmp_path, monkeypatch):
    from pellucid.errors import MissingPart

    sitk.WriteImage(image(hu()), str(tmp_path / "scan.mha"))
    monkeypatch.setitem(__import__("sys").modules, "SimpleITK", None)
    with pytest.raises(MissingPart, match=r'pip install "pellucid\[ct\]"'):
        read_scan(Path(tmp_path / "scan.mha"))
