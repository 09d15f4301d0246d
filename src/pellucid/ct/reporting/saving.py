"""findings.json, findings.csv and findings.html in a folder of their own, private, each whole or not there at all."""

from __future__ import annotations

from pathlib import Path

from pellucid.ct.reporting.page import PAGE_MARK, study_page
from pellucid.ct.reporting.telling import MADE_BY, as_csv, as_dict
from pellucid.ct.study_facts import Study
from pellucid.errors import BadInput
from pellucid.run.folder import make_private
from pellucid.run.writing import MAKING, check_page, check_replaceable, write_json, write_text

JSON_MARK = f'"made_by": "{MADE_BY}"'.encode()
TABLE, FACTS, PAGE = "findings.csv", "findings.json", "findings.html"


def check_folder(folder: Path) -> None:
    """See that a study may be written there: nothing is there, an empty folder, or an earlier study.

    Raises:
        BadInput: something else is there; nothing has been changed.
    """
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is a file: name a folder for --out.")
    if not folder.is_dir():
        return
    facts = folder / FACTS
    if any(not path.name.endswith(MAKING) for path in folder.iterdir()) and not facts.is_file():
        raise BadInput(f"{folder} holds other files, and no study: choose another --out.")
    check_replaceable(facts, JSON_MARK, "study of pellucid ct find", within=1000)
    check_replaceable(folder / TABLE, b"seriesuid,coordX,coordY,coordZ,probability", "table of findings", within=1000)
    check_page(folder / PAGE, PAGE_MARK, "page of pellucid ct find")


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
