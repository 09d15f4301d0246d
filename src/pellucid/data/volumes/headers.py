"""What a DICOM file says of each slice in it, before its pixels are read: its series, its place, its scale.

An enhanced file (PS3.3 C.7.6.16) holds many slices; what differs from one to the next stands in its per-frame
functional groups, what all share in its shared ones, and the rest at the top. It is looked up in that order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pellucid.data.dicom_opening import opened
from pellucid.errors import BadInput

if TYPE_CHECKING:
    from pydicom import Dataset

GROUPS = {  # keyword -> the functional group that holds it: PS3.3 C.7.6.16.2 and C.8.15.3
    "PixelSpacing": "PixelMeasuresSequence",
    "SliceThickness": "PixelMeasuresSequence",
    "ImagePositionPatient": "PlanePositionSequence",
    "ImageOrientationPatient": "PlaneOrientationSequence",
    "RescaleSlope": "PixelValueTransformationSequence",
    "RescaleIntercept": "PixelValueTransformationSequence",
    "RescaleType": "PixelValueTransformationSequence",
    "FrameType": "CTImageFrameTypeSequence",
    "FrameAcquisitionNumber": "FrameContentSequence",
}
TOP = (
    *("SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID", "SeriesDescription", "StudyDescription"),
    *("Modality", "ImageType", "Rows", "Columns", "NumberOfFrames", "GantryDetectorTilt", "AcquisitionNumber"),
    *("InstanceNumber", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
)
# CT Image, Enhanced CT Image and Legacy Converted Enhanced CT Image Storage: PS3.6 table A-1.
CT_CLASSES = tuple(f"1.2.840.10008.5.1.4.1.1.2{last}" for last in ("", ".1", ".2"))
READ = [*TOP, *(keyword for keyword in GROUPS if keyword != "FrameType")]


@dataclass(frozen=True, slots=True)
class Header:
    """One slice, as its file describes it; what is absent or no number is None.

    Attributes:
        file: name of its file.
        frame: its number in an enhanced file, from 0; 0 in a file of one slice.
        position_xyz_mm: centre of its first pixel (0020,0032), mm.
        orientation: along the columns' index, then along the rows' (0020,0037).
        spacing_rc_mm: between rows, then between columns (0028,0030), mm.
        slope, intercept: HU = slope * stored + intercept.
        number: of the image in its series, as viewers show it (0020,0013); in an enhanced file, of the frame, from 1.
    """

    file: str
    frame: int
    series: str
    study: str
    reference: str
    description: str
    modality: str
    kind: tuple[str, ...]
    rows: int
    columns: int
    acquisition: str
    position_xyz_mm: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    spacing_rc_mm: tuple[float, ...] | None
    thickness_mm: float | None
    tilt_deg: float | None
    slope: float | None
    intercept: float | None
    unit: str
    number: int | None

    def __str__(self) -> str:
        return f"{self.file}, frame {self.frame + 1}" if self.frame else self.file


def headers_of(contents: bytes, name: str) -> list[Header]:
    """What the file says of its slices; an empty list where it holds no picture (a report, a DICOMDIR).

    Args:
        contents: the file, or as much of it as stands before its pixels.
        name: how messages call the file.
    Raises:
        BadInput: broken, or cut off before the pixels begin.
    """
    with opened(contents, name, only=READ) as dataset:
        if not isinstance(dataset.get("Rows"), int) or not isinstance(dataset.get("Columns"), int):
            if dataset.file_meta.get("MediaStorageSOPClassUID") in CT_CLASSES:
                raise BadInput(f"{name} says that it is a CT slice and has no size: it was cut short; copy it again.")
            return []
        frames = int(dataset.get("NumberOfFrames") or 1)
        described = len(dataset.get("PerFrameFunctionalGroupsSequence") or ())
        if described != frames and (described or (frames > 1 and dataset.get("Modality") == "CT")):
            raise BadInput(f"{name} announces {frames} frames and describes {described}; export it again.")
        return [_header(dataset, frame, name) for frame in range(described or 1)]


def _header(dataset: Dataset, frame: int, name: str) -> Header:
    def text(keyword: str) -> str:
        return " ".join(str(_said(dataset, frame, keyword) or "").split())[:100]

    kind = _said(dataset, frame, "FrameType") or dataset.get("ImageType") or ()
    return Header(
        name, frame, text("SeriesInstanceUID"), text("StudyInstanceUID"), text("FrameOfReferenceUID"),
        text("SeriesDescription") or text("StudyDescription"), text("Modality"),
        tuple(str(part).strip().upper() for part in ([kind] if isinstance(kind, str) else kind)),
        int(dataset.Rows), int(dataset.Columns),
        text("FrameAcquisitionNumber") or text("AcquisitionNumber"),
        _numbers(_said(dataset, frame, "ImagePositionPatient"), 3),
        _numbers(_said(dataset, frame, "ImageOrientationPatient"), 6),
        _numbers(_said(dataset, frame, "PixelSpacing"), 2),
        _number(_said(dataset, frame, "SliceThickness")), _number(dataset.get("GantryDetectorTilt")),
        _number(_said(dataset, frame, "RescaleSlope")), _number(_said(dataset, frame, "RescaleIntercept")),
        text("RescaleType").upper(), frame + 1 if dataset.get("PerFrameFunctionalGroupsSequence") else _whole(dataset),
    )  # fmt: skip


def _whole(dataset: Dataset) -> int | None:
    found = _number(dataset.get("InstanceNumber"))
    return None if found is None else int(found)


def _said(dataset: Dataset, frame: int, keyword: str) -> Any:
    """The value for one frame: its own group's, else the shared group's, else the file's."""
    if group := GROUPS.get(keyword):
        own, shared = dataset.get("PerFrameFunctionalGroupsSequence"), dataset.get("SharedFunctionalGroupsSequence")
        for holder in (own[frame] if own else None, shared[0] if shared else None):
            if holder is not None and (items := holder.get(group)) and items[0].get(keyword) is not None:
                return items[0].get(keyword)
    return dataset.get(keyword)


def _number(value: Any) -> float | None:
    found = _numbers(value, 1)
    return None if found is None else found[0]


def _numbers(value: Any, count: int) -> tuple[float, ...] | None:
    """`count` finite numbers, or None."""
    parts = [value] if isinstance(value, int | float | str) else list(value or ())
    try:
        found = tuple(float(part) for part in parts)
    except (TypeError, ValueError):
        return None
    return found if len(found) == count and all(abs(part) < float("inf") for part in found) else None
