"""Which data sets have a name: what is in them, under which licence, and where their files live."""

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any, Literal

from pellucid.errors import BadInput

Task = Literal["binary", "multi-class", "multi-label", "ordinal"]


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of a named data set, as it is offered for download.

    `checksum` is "md5:..." or "sha256:...", of the file's bytes; with a `manifest_folder`, of the manifest of that
    folder inside the zip (see `pellucid.data.fetch.manifest_sha256`).
    """

    name: str
    addresses: tuple[str, ...]  # tried in this order
    checksum: str
    size: int  # an image's edge, pixels
    bytes: int | None = None  # the file's length, where it is known
    manifest_folder: str | None = None

    def place(self, cache: Path, entry_name: str) -> Path:
        """Where this file lies in the cache, once it is there: CACHE/NAME/FILE."""
        return cache / entry_name / self.name


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a named data set before anything is downloaded."""

    name: str
    task: Task
    classes: tuple[str, ...]  # in the order of the labels: class 0 first
    channels: int
    sizes: tuple[int, ...]  # edges that it comes in, pixels; the first is the usual one
    samples: Mapping[str, int]  # cases in each part: train, valid, test; "all" where it has no parts
    licence: str
    files: tuple[RemoteFile, ...]  # none for digits, which come with scikit-learn
    note: str = ""
    volumetric: bool = False  # cubes of voxels rather than images
    medmnist: bool = False

    def files_of(self, size: int) -> tuple[RemoteFile, ...]:
        """The files that hold the images of this edge (pixels).

        Raises:
            BadInput: the set does not come in this size.

        >>> [file.name for file in look_up("pathmnist").files_of(64)]
        ['pathmnist_64.npz']
        """
        if size not in self.sizes:
            offered = " or ".join(map(str, self.sizes))
            raise BadInput(f"{self.name} has no images of {size} pixels: it comes in {offered}. Ask for one of these.")
        return tuple(file for file in self.files if file.size == size)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of `pellucid data list`."""

    name: str
    task: Task
    classes: int
    samples: int
    bytes: int | None  # to download, in the usual size; of the files in the cache if they are there; None: not known
    licence: str
    in_cache: bool


def known() -> dict[str, Entry]:
    """Every named data set, by name.

    >>> known()["breastmnist"].classes
    ('malignant', 'normal, benign')
    """
    text = (package_files("pellucid.data") / "catalog.json").read_text(encoding="utf-8")
    return {name: _entry(name, facts) for name, facts in json.loads(text)["sets"].items()}


def look_up(name: str) -> Entry:
    """The data set of this name.

    Raises:
        BadInput: there is none; the message suggests the nearest.

    >>> look_up("mnist").samples
    {'train': 60000, 'test': 10000}
    """
    entries = known()
    if name not in entries:
        nearest = difflib.get_close_matches(name.lower(), entries, n=1)
        hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(entries)}."
        raise BadInput(
            f"{name} is no file or folder here, and no data set is named so: {hint} See `pellucid data list`."
        )
    return entries[name]


def describe_medmnist(stem: str) -> Entry | None:
    """The MedMNIST set that a file came from, told by its name without the suffix, so that its classes get their names.

    Args:
        stem: such as "pathmnist", "pathmnist_64" or "pneumoniamnist_trainval".
    Returns:
        The entry; None where the first word is no MedMNIST set's name.

    >>> describe_medmnist("pneumoniamnist_trainval").classes
    ('normal', 'pneumonia')
    >>> describe_medmnist("mnist") is None
    True
    """
    first_word = re.split(r"[^a-z0-9]", stem.lower(), maxsplit=1)[0]
    entry = known().get(first_word)
    return entry if entry is not None and entry.medmnist else None


def list_rows(cache: Path) -> list[Row]:
    """What `pellucid data list` shows, one row for each named set.

    Args:
        cache: the folder that `fetch` keeps files in; it need not exist.
    Returns:
        Rows in the catalog's order. `in_cache` looks only whether the files are there; `fetch` checks them.

    >>> [row.name for row in list_rows(Path("nowhere")) if row.in_cache]
    ['digits']
    """
    return [_row(entry, cache) for entry in known().values()]


def _entry(name: str, facts: dict[str, Any]) -> Entry:
    files = tuple(RemoteFile(**{**file, "addresses": tuple(file["addresses"])}) for file in facts["files"])
    sizes = facts.get("sizes") or dict.fromkeys(file.size for file in files)
    return Entry(**{**facts, "name": name, "classes": tuple(facts["classes"]), "sizes": tuple(sizes), "files": files})


def _row(entry: Entry, cache: Path) -> Row:
    files = entry.files_of(entry.sizes[0])
    places = [file.place(cache, entry.name) for file in files]
    in_cache = all(place.is_file() for place in places)
    lengths = [place.stat().st_size for place in places] if in_cache else [file.bytes for file in files]
    total = None if None in lengths else sum(length for length in lengths if length is not None)
    cases = sum(entry.samples.values())
    return Row(entry.name, entry.task, len(entry.classes), cases, total, entry.licence, in_cache)
