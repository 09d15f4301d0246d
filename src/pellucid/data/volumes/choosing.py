"""Which series a study holds, which of them can be looked through, and which one is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from pellucid.data.volumes.evening import told_of_headers
from pellucid.data.volumes.headers import Header
from pellucid.data.volumes.stacking import Stack, stack
from pellucid.data.volumes.units import check_size
from pellucid.errors import BadInput

Plane = Literal["axial", "coronal", "sagittal", ""]
PLANES: tuple[Plane, ...] = ("sagittal", "coronal", "axial")
# Chosen by us: 16 slices of 6 mm reach through half a lung; a calcium score or a few extra views have fewer.
CHEST_SLICES = 16
LISTED = 8  # chosen by us: more in one line would not be read


@dataclass(frozen=True, slots=True)
class Series:
    """One series of a study.

    Attributes:
        uid: its name: DICOM's Series Instance UID, or a file's name without its suffix.
        description: in the words of whoever made it; may be empty.
        modality: CT, MR, ...; empty where the file does not say.
        slices: how many it holds, localisers left out.
        rows, columns: pixels of a slice.
        plane: how its slices lie, where it can be used.
        why_not: why it cannot be used; empty where it can.
        told: what its headers show that reading it will mend or leave: a tilted gantry, gaps between thin slices.
    """

    uid: str
    description: str
    modality: str
    slices: int
    rows: int
    columns: int
    plane: Plane
    why_not: str
    told: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether `read_scan` can read it (its pixels have not been looked at yet)."""
        return not self.why_not

    def as_dict(self) -> dict[str, Any]:
        """For JSON: every fact by its name."""
        return {**asdict(self), "usable": self.usable}

    def __str__(self) -> str:
        shown = f" '{self.description}'" if self.description else ""
        known = (
            f"{self.uid}{shown} ({self.modality or 'unknown modality'}, {self.slices} x {self.rows} x {self.columns}"
        )
        return f"{known}, {self.plane})" if self.usable else f"{known}; cannot be used: {self.why_not})"


def judged(headers: list[Header]) -> tuple[Series, Stack | None]:
    """The facts of one series, and how its slices lie where they can be used.

    Args:
        headers: of all its slices; at least one.
    """
    slices = [header for header in headers if "LOCALIZER" not in header.kind]
    found: Stack | None = None
    try:
        _check_kind(headers, slices)
        found = stack(slices)
        check_size(_extents_mm(found), _spacings_mm(found))
        why_not = ""
    except BadInput as refusal:
        found, why_not = None, str(refusal)
    first = (slices or headers)[0]
    plane = PLANES[int(np.abs(found.direction[:, 2]).argmax())] if found else ""
    name = first.series or "(no UID)"
    told = told_of_headers(found) if found else ()
    size = (len(slices), first.rows, first.columns)
    return Series(name, first.description, first.modality, *size, plane, why_not, told), found


def _check_kind(headers: list[Header], slices: list[Header]) -> None:
    """Refuse what is no CT with numbers in HU, and what has no slices."""
    if kinds := sorted({header.modality for header in headers} - {"CT"}):
        raise BadInput(f"it is {' and '.join(kind or 'of unknown modality' for kind in kinds)}, where CT is needed")
    if not slices:
        raise BadInput("it holds localisers only")
    if len(slices) == 1:
        raise BadInput("it has 1 slice; at least 2 are needed")
    # PS3.3 C.8.2.1.1.4: without a type a CT's numbers are HU; US is "unspecified", and is judged by its numbers.
    if units := sorted({header.unit for header in slices} - {"", "HU", "US"}):
        raise BadInput(f"its numbers are {' and '.join(units)}, where HU are needed")
    if lacking := sum(header.slope in (None, 0.0) or header.intercept is None for header in slices):
        raise BadInput(f"{lacking} of its {len(slices)} slices have no Rescale Slope and Intercept, so no HU")


def _extents_mm(found: Stack) -> tuple[float, float, float]:
    down, across = found.spacing_rc_mm
    header = found.headers[0]
    return across * header.columns, down * header.rows, float(found.heights_mm[-1])


def _spacings_mm(found: Stack) -> tuple[float, float, float]:
    gaps = np.diff(np.unique(found.heights_mm))
    return found.spacing_rc_mm[1], found.spacing_rc_mm[0], float(np.median(gaps))


def chosen(known: Sequence[Series], asked: str | None, where: str) -> tuple[int, tuple[str, ...]]:
    """The number of the series that is meant, and what is to be told of the choice.

    Args:
        known: at least one.
        asked: its UID or how that begins; None leaves the choice to what can be used.
        where: how messages call the study.
    Raises:
        BadInput: none can be used, several could be meant, or none is called so.
    """
    if asked is not None:
        return _asked(known, asked, where), ()
    usable = [number for number, series in enumerate(known) if series.usable]
    if not usable and len(known) == 1:
        raise BadInput(f"{where} cannot be used: {known[0].why_not}. Found: series {_named(known[0])}.")
    if not usable:
        raise BadInput(f"{where} holds no series that can be used: {_list(known)}.")
    chest = [n for n in usable if known[n].plane == "axial" and known[n].slices >= CHEST_SLICES]
    meant = usable if len(usable) == 1 else chest
    if len(meant) != 1:
        first = [known[number] for number in (*chest, *(n for n in usable if n not in chest))]
        raise BadInput(
            f"{where} holds {len(usable)} series that can be used: {_list(first)}. Choose one: --series UID (or how "
            "it begins)."
        )
    if len(known) == 1:
        return meant[0], ()
    why = "the only one that can be used" if len(usable) == 1 else "the only axial one of a chest's length"
    return meant[0], (f"Of {len(known)} series this one was read, {why}: {_named(known[meant[0]])}.",)


def _asked(known: Sequence[Series], asked: str, where: str) -> int:
    exact = [number for number, series in enumerate(known) if series.uid == asked]
    begun = exact or [number for number, series in enumerate(known) if asked and series.uid.startswith(asked)]
    if len(begun) != 1:
        said = f"{len(begun)} series" if begun else "no series"
        shown = _list([known[number] for number in begun] or known)
        raise BadInput(f"{where} holds {said} whose UID begins with {asked!r}: {shown}. Give more of it, or another.")
    if not known[begun[0]].usable:
        raise BadInput(f"{where}: this series cannot be used: {known[begun[0]].why_not}. Choose another: --series UID.")
    return begun[0]


def _named(series: Series) -> str:
    return f"{series.uid} '{series.description}'" if series.description else series.uid


def _list(known: Sequence[Series]) -> str:
    more = f"; and {len(known) - LISTED} more" if len(known) > LISTED else ""
    return "; ".join(str(series) for series in known[:LISTED]) + more
