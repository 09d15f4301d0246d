"""Recordings in a folder: their names, the way back from a name to a file, and names for new ones."""

from __future__ import annotations

from pathlib import Path

from pellucid.app.live.recording import About
from pellucid.errors import BadInput
from pellucid.run.folder import make_private, stem_of, unused_path

ENDING = ".recording.safetensors"


def recordings_in(folder: Path) -> list[str]:
    """Names of the recordings there, the newest first."""
    found = sorted(folder.glob(f"*{ENDING}"), key=lambda path: -path.stat().st_mtime) if folder.is_dir() else []
    return [path.name for path in found]


def recording_at(folder: Path, name: str) -> Path:
    """The file of a name that `recordings_in` gives; no other file can be asked for.

    Raises:
        BadInput: there is none of that name.
    """
    if name not in recordings_in(folder):
        raise BadInput(f"There is no recording {name} any more: load the page again.")
    return folder / name


def name_for(folder: Path, about: About) -> Path:
    """Where a new recording goes: NAME-MODEL, NAME-MODEL-2 ... beside those that are there; the folder is made.

    Raises:
        BadInput: the folder cannot be made.
    """
    make_private(folder)
    return unused_path(folder, f"{stem_of(about.source) or 'images'}-{about.settings['model']}", ENDING)
