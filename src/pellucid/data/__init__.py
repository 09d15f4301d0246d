"""Anything -> Dataset: folders, zips, tables, MedMNIST, IDX, HDF5, DICOM, named sets; packed, split, scaled.

Names are looked up on first use, so that a process that only decodes images starts in a moment.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pellucid.data.catalog import known
    from pellucid.data.dataset import Dataset
    from pellucid.data.reading import read
    from pellucid.data.scaling import Scaling, measure_scaling
    from pellucid.data.split import Split, draw_split
    from pellucid.data.store import cache_folder

_HOME = {
    "Dataset": "dataset",
    "Scaling": "scaling",
    "Split": "split",
    "cache_folder": "store",
    "draw_split": "split",
    "known": "catalog",
    "measure_scaling": "scaling",
    "read": "reading",
}

__all__ = ["Dataset", "Scaling", "Split", "cache_folder", "draw_split", "known", "measure_scaling", "read"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"pellucid.data has no {name!r}")
    found = globals()[name] = getattr(import_module(f"pellucid.data.{_HOME[name]}"), name)
    return found
