"""An enhanced CT file holds all slices; each frame is read with the place and the scale of its own."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import RLELossless

from pellucid.data.volumes.reading import list_series, read_scan
from pellucid.errors import BadInput

ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"


def item(**elements: object) -> Dataset:
    made = Dataset()
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return made


def joined(slices: list[Dataset], order: np.ndarray) -> Dataset:
    """The slices as frames of one file, its geometry and scale in functional groups alone."""
    whole = Dataset()
    whole.update(slices[0])
    whole.file_meta = slices[0].file_meta
    whole.file_meta.MediaStorageSOPClassUID = whole.SOPClassUID = ENHANCED_CT
    frames = []
    for number in order:
        one = slices[number]
        frames.append(
            item(
                PlanePositionSequence=[item(ImagePositionPatient=one.ImagePositionPatient)],
                PixelValueTransformationSequence=[
                    item(RescaleSlope=one.RescaleSlope, RescaleIntercept=one.RescaleIntercept, RescaleType="HU")
                ],
                FrameContentSequence=[item(FrameAcquisitionNumber=1)],
                CTImageFrameTypeSequence=[item(FrameType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"])],
            )
        )
    shared = item(
        PlaneOrientationSequence=[item(ImageOrientationPatient=slices[0].ImageOrientationPatient)],
        PixelMeasuresSequence=[item(PixelSpacing=slices[0].PixelSpacing, SliceThickness=2.0)],
    )
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleSlope"):
        delattr(whole, keyword)
    del whole.RescaleIntercept, whole.SliceThickness
    whole.NumberOfFrames = len(frames)
    whole.PerFrameFunctionalGroupsSequence, whole.SharedFunctionalGroupsSequence = frames, [shared]
    whole.PixelData = b"".join(slices[number].PixelData for number in order)
    return whole


@pytest.fixture
def enhanced(slice_file, steps, field):
    places = steps([0.0, 0.0, 2.0])
    field.centre_xyz_mm = np.array([4.0, 57.0, -31.0])
    slices = [
        slice_file(place, number=number + 1, RescaleIntercept=-1024 - 3 * number) for number, place in enumerate(places)
    ]
    return joined(slices, np.random.default_rng(0).permutation(len(places)))


@pytest.mark.parametrize("compressed", [False, True])
def test_frames_in_any_order_lie_where_their_own_groups_say(enhanced, tmp_path, same_as_field, compressed):
    if compressed:
        size = enhanced.Rows * enhanced.Columns * 2
        frames = [enhanced.PixelData[at : at + size] for at in range(0, len(enhanced.PixelData), size)]
        one = Dataset()
        one.update(enhanced)
        del one.NumberOfFrames
        one.file_meta = enhanced.file_meta
        streams = []
        for frame in frames:
            one.PixelData = frame
            one.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
            one.compress(RLELossless, generate_instance_uid=False)
            streams.append(next(pydicom.encaps.generate_frames(one.PixelData, number_of_frames=1)))
        enhanced.PixelData = encapsulate(streams)
        enhanced["PixelData"].VR = "OB"
        enhanced["PixelData"].is_undefined_length = True
        enhanced.file_meta.TransferSyntaxUID = RLELossless
    pydicom.dcmwrite(tmp_path / "scan.dcm", enhanced, enforce_file_format=True)
    for path in (tmp_path / "scan.dcm", tmp_path):
        volume = read_scan(path)
        assert volume.voxels_hu.shape == (20, 45, 56)
        assert volume.frame.origin_xyz_mm.tolist() == [-20, 30, -50]
        assert volume.told == ()
        same_as_field(volume)
    assert list_series(tmp_path)[0].slices == 20


def test_frames_without_descriptions_are_refused(enhanced, tmp_path):
    del enhanced.PerFrameFunctionalGroupsSequence
    pydicom.dcmwrite(tmp_path / "scan.dcm", enhanced, enforce_file_format=True)
    with pytest.raises(BadInput, match="20 frames and describes 0"):
        read_scan(tmp_path)


def test_fewer_pixels_than_frames_are_refused(enhanced, tmp_path):
    enhanced.PixelData = enhanced.PixelData[:-2000]
    pydicom.dcmwrite(tmp_path / "scan.dcm", enhanced, enforce_file_format=True)
    with pytest.raises(BadInput, match=r"scan\.dcm has fewer pixels than its 20 frames"):
        read_scan(tmp_path)


def test_a_frame_is_named_where_it_is_at_fault(enhanced, tmp_path):
    groups = enhanced.PerFrameFunctionalGroupsSequence
    groups[4].PlanePositionSequence = groups[5].PlanePositionSequence
    pydicom.dcmwrite(tmp_path / "scan.dcm", enhanced, enforce_file_format=True)
    with pytest.raises(BadInput, match=r"scan\.dcm, frame 5 and scan\.dcm, frame 6|missing"):
        read_scan(tmp_path)
