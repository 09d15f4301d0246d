"""findings.json, findings.csv and findings.html in a private folder, each whole or not there; and a table of many."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pellucid.ct.own_folder import check_own
from pellucid.ct.reporting.page import PAGE_MARK, study_page
from pellucid.ct.reporting.telling import COLUMNS, MADE_BY, as_csv, as_dict
from pellucid.ct.study_facts import Study
from pellucid.run.folder import make_private
from pellucid.run.writing import check_replaceable, write_json, write_text

JSON_MARK = f'"made_by": "{MADE_BY}"'.encode()
HEADER = ",".join(COLUMNS) + "\n"
TABLE, FACTS, PAGE = "findings.csv", "findings.json", "findings.html"


def check_folder(folder: Path) -> None:
    """See that a study may be written there: nothing is there, an empty folder, or an earlier study.

    Raises:
        BadInput: something else is there; nothing has been changed.
    """
    if not (folder / FACTS).is_file():
        check_own(folder)
    check_replaceable(folder / FACTS, JSON_MARK, "study of pellucid ct find", within=1000)
    check_replaceable(folder / TABLE, HEADER.strip().encode(), "table of findings", within=1000)
    check_replaceable(folder / PAGE, PAGE_MARK.encode(), "page of pellucid ct find", within=1000)


def save_study(study: Study, folder: Path) -> list[Path]:
    """Write what was found: for programs (JSON), for scoring (CSV with LUNA16's columns) and for people (a page).

    The folder is made if need be, and made private (mode 0700): it names a patient's series. An earlier study in it is
    replaced, the file that tells it from other folders first.

    Args:
        study: what `find_nodules` returned.
        folder: where to.
    Returns:
        The files: findings.json, findings.csv, findings.html.
    Raises:
        BadInput: something else is there, or it cannot be written.
    """
    check_folder(folder)
    facts, table = as_dict(study), as_csv(study)
    page = study_page(study, facts["stages"])
    make_private(folder)
    write_json(folder / FACTS, facts)
    write_text(folder / TABLE, table)
    write_text(folder / PAGE, page)
    return [folder / FACTS, folder / TABLE, folder / PAGE]


def join_marks(folders: Sequence[Path], out: Path) -> Path:
    """The marks of all studies in one findings.csv, LUNA16's columns once.

    Args:
        folders: of studies, as `save_study` wrote them.
        out: the folder that the table is written to.
    Returns:
        The table.
    Raises:
        BadInput: another file of that name is there, or it cannot be written.
    """
    check_replaceable(out / TABLE, HEADER.strip().encode(), "table of findings", within=1000)
    rows = [line for folder in folders for line in (folder / TABLE).read_text("utf-8").splitlines(keepends=True)[1:]]
    write_text(out / TABLE, HEADER + "".join(rows))
    return out / TABLE
