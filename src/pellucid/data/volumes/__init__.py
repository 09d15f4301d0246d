"""A scan of slices -> Volume: DICOM series, MetaImage, NIfTI, NRRD; voxels in HU, places in patient millimetres."""

from pellucid.data.volumes.choosing import Series
from pellucid.data.volumes.frame import Frame
from pellucid.data.volumes.reading import list_series, read_scan
from pellucid.data.volumes.volume import Volume

__all__ = ["Frame", "Series", "Volume", "list_series", "read_scan"]
