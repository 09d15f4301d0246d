"""Images that a trained model is asked about: files, all below folders, and those in zips, in the model's form."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from pellucid.data.archives import Member, ZipBytes, members
from pellucid.data.form import Form
from pellucid.data.listing import Listing, images_among, is_hidden
from pellucid.data.processes import decode_all
from pellucid.data.scan import scan_folder
from pellucid.data.store import Unfinished, cache_folder
from pellucid.errors import BadInput
from pellucid.progress import Progress, silent
from pellucid.shapes import Shaped

Decoded = tuple[list[str], Shaped[np.ndarray, "image channel row column"], tuple[tuple[str, str], ...]]


MOST_TO_LOOK_INTO = 2**24
"""Bytes of a file without an ending, inside a zip, that is unfolded to see whether it is DICOM. Chosen by us: a single
slice or radiograph is smaller."""


@contextmanager
def decoded(paths: Sequence[str | Path], form: Form, progress: Progress = silent) -> Iterator[Decoded]:
    """Decode all images that the paths name, into a temporary array that is there within the `with`.

    Args:
        paths: files, folders or zips; single files are read first, then the others in their order.
        form: of the trained model; what does not fit it is unreadable. RGB of equal channels fits a gray model.
        progress: told how far it is.
    Yields:
        names of the images that were read, their pixels, and (name, reason) of each that cannot be read.
    Raises:
        BadInput: a path is not there, holds no images, or no image can be read.

    >>> import tempfile
    >>> from PIL import Image
    >>> path = Path(tempfile.mkdtemp()) / "scan.png"
    >>> Image.fromarray(np.full((4, 4), 7, np.uint8)).save(path)
    >>> with decoded([path], Form(channels=1, dtype="uint8", size=2, resized=True)) as (names, pixels, unreadable):
    ...     names == [str(path)], pixels.tolist(), unreadable
    (True, [[[[7, 7], [7, 7]]]], ())
    """
    listings = _listings([Path(path) for path in paths])
    names: list[str] = []
    arrays: list[np.ndarray] = []
    unreadable: list[tuple[str, str]] = []
    with Unfinished(cache_folder() / "packs") as making:
        for listing in listings:
            making.make_room(len(listing.items), form)
            outcome = decode_all(listing, making.folder, form, form.size, "PatientID", progress, strict=True)
            kept = [row for row in range(len(listing.items)) if row not in outcome.unreadable]
            stored = np.memmap(making.folder / "images.bin", form.dtype, "r", shape=(len(listing.items), *form.shape))
            arrays.append(stored if len(listings) == 1 and len(kept) == len(stored) else np.array(stored[kept]))
            del stored  # the next listing's images go into the same file
            names += [listing.names[row] for row in kept]
            unreadable += [(listing.names[row], reason) for row, reason in sorted(outcome.unreadable.items())]
        if not names:
            found = f"None of {len(unreadable)} images can be read. " if len(unreadable) > 1 else ""
            raise BadInput(found + unreadable[0][1])
        yield names, arrays[0] if len(arrays) == 1 else np.concatenate(arrays), tuple(unreadable)


def _listings(paths: Sequence[Path]) -> list[Listing]:
    files = [path for path in paths if path.is_file() and path.suffix.lower() != ".zip"]
    found = [_files(files)] if files else []
    for path in paths:
        if path.is_dir():
            found.append(_folder(path))
        elif path.suffix.lower() == ".zip" and path.is_file():
            found.append(_zip(path))
        elif not path.is_file():
            raise BadInput(f"{path} is not there: give image files, folders or zips.")
    if not found:
        raise BadInput("No images were named: give image files, folders or zips.")
    return found


def _listing(source: Path, zipped: bool, items: list[object], names: list[str]) -> Listing:
    return Listing(source, zipped, items, names, (), np.zeros(len(items), np.int64))


def _files(files: Sequence[Path]) -> Listing:
    root = os.path.commonpath([file.absolute().parent for file in files])
    return _listing(
        Path(root), False, [os.path.relpath(file.absolute(), root) for file in files], [str(file) for file in files]
    )


def _folder(folder: Path) -> Listing:
    def starts_as_dicom(path: str) -> bool:
        try:
            with (folder / path).open("rb") as file:
                return file.read(132)[128:] == b"DICM"
        except OSError:
            return False

    images, _ = images_among(scan_folder(folder).paths, starts_as_dicom)
    if not images:
        raise BadInput(f"{folder} holds no images: JPEG, PNG, TIFF or DICOM files are needed.")
    return _listing(folder, False, list(images), [f"{folder}/{name}" for name in images])


def _zip(path: Path) -> Listing:
    found: dict[str, Member] = {member.name: member for member in members(path) if not is_hidden(member.name)}
    with ZipBytes(path) as read:

        def starts_as_dicom(name: str) -> bool:
            try:
                return 132 < found[name].size < MOST_TO_LOOK_INTO and read(found[name])[128:132] == b"DICM"
            except BadInput:
                return False

        images, _ = images_among(found, starts_as_dicom)
    if not images:
        raise BadInput(f"{path} holds no images: JPEG, PNG, TIFF or DICOM files are needed.")
    return _listing(path, True, [found[name] for name in images], [f"{path}/{name}" for name in images])
