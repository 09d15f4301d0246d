"""What `pellucid ct find` writes and prints: figures for programs, a page for people, and single pictures of a scan."""

from pellucid.ct.reporting.planes import plane
from pellucid.ct.reporting.saving import check_folder, join_marks, save_study
from pellucid.ct.reporting.sheets import Sheet
from pellucid.ct.reporting.telling import as_csv, as_dict, lines
from pellucid.ct.reporting.windows import BONE, LUNG, MEDIASTINUM, Window

__all__ = [
    "BONE", "LUNG", "MEDIASTINUM", "Sheet", "Window", "as_csv", "as_dict", "check_folder", "join_marks", "lines",
    "plane", "save_study",
]  # fmt: skip
