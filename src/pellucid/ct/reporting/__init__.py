"""What `pellucid ct find` writes and prints: figures for programs, a page for people, and single pictures of a scan.

Names are looked up on first use, so that the command's help waits for nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pellucid.ct.reporting.joining import join_marks
    from pellucid.ct.reporting.planes import plane
    from pellucid.ct.reporting.saving import check_folder, save_study
    from pellucid.ct.reporting.sheets import Sheet
    from pellucid.ct.reporting.telling import as_csv, as_dict, lines
    from pellucid.ct.reporting.windows import BONE, LUNG, MEDIASTINUM, Window

_HOME = {
    "BONE": "windows",
    "LUNG": "windows",
    "MEDIASTINUM": "windows",
    "Sheet": "sheets",
    "Window": "windows",
    "as_csv": "telling",
    "as_dict": "telling",
    "check_folder": "saving",
    "join_marks": "joining",
    "lines": "telling",
    "plane": "planes",
    "save_study": "saving",
}

__all__ = [
    "BONE", "LUNG", "MEDIASTINUM", "Sheet", "Window", "as_csv", "as_dict", "check_folder", "join_marks", "lines",
    "plane", "save_study",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"pellucid.ct.reporting has no {name!r}")
    found = globals()[name] = getattr(import_module(f"pellucid.ct.reporting.{_HOME[name]}"), name)
    return found
