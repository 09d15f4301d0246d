"""Small CT series written with pydicom; their HU are a straight function of the place in the patient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
ROWS, COLUMNS, SLICES = 45, 56, 20
SPACING_RC_MM = (1.25, 0.875)
ORIGIN_MM = (-20.0, 30.0, -50.0)
AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))


class Field:
    """HU of places: from air to tissue; linear, so that linear interpolation cannot change it, and lopsided."""

    centre_xyz_mm = np.array(ORIGIN_MM)

    def __call__(self, places_xyz_mm: np.ndarray) -> np.ndarray:
        return -150 + (np.asarray(places_xyz_mm) - self.centre_xyz_mm) @ [13.0, 11.0, 8.0]


def slice_places(position: Sequence[float], directions: Sequence[Sequence[float]]) -> np.ndarray:
    """Place of each pixel, `[row, column, 3]`: PS3.3 equation C.7.6.2.1-1, written out."""
    along_columns, along_rows = np.array(directions)
    row, column = np.indices((ROWS, COLUMNS))
    return (
        np.array(position)
        + column[..., None] * SPACING_RC_MM[1] * along_columns
        + row[..., None] * SPACING_RC_MM[0] * along_rows
    )


@pytest.fixture
def field() -> Field:
    return Field()


@pytest.fixture
def steps() -> Callable[..., list[np.ndarray]]:
    """So many places, each a step from the one before; the first at -20, 30, -50 mm."""

    def make(step_mm: Sequence[float], count: int = SLICES) -> list[np.ndarray]:
        return [np.array(ORIGIN_MM) + number * np.array(step_mm) for number in range(count)]

    return make


@pytest.fixture
def slice_file(field) -> Callable[..., Dataset]:
    """One slice as a dataset; `header` sets elements, or removes those that are None."""

    def make(
        position: Sequence[float], directions: Sequence[Sequence[float]] = AXIAL, hu: np.ndarray | None = None,
        uid: str = "1.2.3.4", number: int = 1, **header: object,
    ) -> Dataset:  # fmt: skip
        dataset = Dataset()
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.file_meta.MediaStorageSOPClassUID = CT_IMAGE
        dataset.file_meta.MediaStorageSOPInstanceUID = f"{uid}.{number}"
        values = field(slice_places(position, directions)) if hu is None else hu
        slope, intercept = float(header.get("RescaleSlope", 1) or 1), float(header.get("RescaleIntercept", -1024) or 0)
        stored = np.floor((np.floor(values + 0.5) - intercept) / slope + 0.5)
        elements = {
            "SOPClassUID": CT_IMAGE, "SOPInstanceUID": f"{uid}.{number}", "SeriesInstanceUID": uid,
            "StudyInstanceUID": "1.2.3", "FrameOfReferenceUID": "1.2.9", "Modality": "CT",
            "SeriesDescription": "CHEST", "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"], "InstanceNumber": number,
            "ImagePositionPatient": [float(f"{part:.10g}") for part in position],
            "ImageOrientationPatient": [float(f"{part:.10g}") for part in np.ravel(directions)],
            "PixelSpacing": list(SPACING_RC_MM), "SliceThickness": 2.0, "Rows": values.shape[0],
            "Columns": values.shape[1], "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2",
            "BitsAllocated": 16, "BitsStored": 16, "HighBit": 15, "PixelRepresentation": 0,
            "RescaleSlope": 1, "RescaleIntercept": -1024,
        }  # fmt: skip
        for keyword, value in (elements | header).items():
            if value is not None:
                setattr(dataset, keyword, value)
        kind = np.int16 if dataset.PixelRepresentation else np.uint16
        assert stored.min() >= np.iinfo(kind).min
        assert stored.max() <= np.iinfo(kind).max
        dataset.PixelData = stored.astype(kind).tobytes()
        dataset["PixelData"].VR = "OW"
        return dataset

    return make


@pytest.fixture
def series_folder(tmp_path, slice_file, field) -> Callable[..., Path]:
    """A folder of slices whose file names and numbers say nothing of their order."""

    def make(
        positions: Sequence[Sequence[float]], directions: Sequence[Sequence[float]] = AXIAL, uid: str = "1.2.3.4",
        name: str = "study", change: Callable[[int, Dataset], None] = lambda number, dataset: None, **header: object,
    ) -> Path:  # fmt: skip
        middles = [slice_places(position, directions).mean(axis=(0, 1)) for position in positions]
        field.centre_xyz_mm = (np.min(middles, axis=0) + np.max(middles, axis=0)) / 2
        folder = tmp_path / name / "deep" / uid
        folder.mkdir(parents=True)
        order = np.random.default_rng(len(positions)).permutation(len(positions))
        for number, position in enumerate(positions):
            dataset = slice_file(position, directions, uid=uid, number=int(order[number]) + 1, **header)
            change(number, dataset)
            pydicom.dcmwrite(folder / f"{order[number]:03}.dcm", dataset, enforce_file_format=True)
        return tmp_path / name

    return make


@pytest.fixture
def same_as_field(field) -> Callable[..., None]:
    """Every voxel has the HU that the field has at the voxel's own place."""

    def check(volume: object, apart: float = 0.51, measured: np.ndarray | None = None) -> None:
        index = np.indices(volume.voxels_hu.shape).reshape(3, -1).T.astype(float)
        expected = field(volume.frame.to_xyz_mm(index)).reshape(volume.voxels_hu.shape)
        differs = np.abs(volume.voxels_hu - expected)
        assert (differs if measured is None else differs[measured]).max() <= apart

    return check
