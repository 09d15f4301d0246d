"""Images that a trained model is asked about: files, all below folders, and those in zips, in the model's form."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from pellucid.data.archives import members
from pellucid.data.decode import looks_like_an_image
from pellucid.data.form import Form
from pellucid.data.listing import Listing, images_among, is_hidden
from pellucid.data.processes import decode_all
from pellucid.data.scan import scan_folder
from pellucid.data.store import Unfinished, cache_folder
from pellucid.errors import BadInput
from pellucid.progress import Progress

Decoded = tuple[list[str], Shaped[np.ndarray, "image channel row column"], tuple[tuple[str, str], ...]]


@contextmanager
def decoded(paths: Sequence[str | Path], form: Form, progress: Progress) -> Iterator[Decoded]:
    """Decode all images that the paths name, into a temporary array that is there within the `with`.

    Args:
        paths: files, folders or zips.
        form: of the trained model; what does not fit it is unreadable.
        progress: told how far it is.
    Yields:
        their names, their pixels, and (name, reason) of each that cannot be read.
    Raises:
        BadInput: a path is not there, holds no images, or no image can be read.
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
            names += [listing.names[row] for row in kept]
            unreadable += [(listing.names[row], reason) for row, reason in sorted(outcome.unreadable.items())]
        if not names:
            raise BadInput(f"None of {len(unreadable)} images can be read. {unreadable[0][1]}")
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
        with (folder / path).open("rb") as file:
            return file.read(132)[128:] == b"DICM"

    images, _ = images_among(scan_folder(folder).paths, starts_as_dicom)
    if not images:
        raise BadInput(f"{folder} holds no images: JPEG, PNG, TIFF or DICOM files are needed.")
    return _listing(folder, False, list(images), [str(folder / name) for name in images])


def _zip(path: Path) -> Listing:
    found = [member for member in members(path) if looks_like_an_image(member.name) and not is_hidden(member.name)]
    if not found:
        raise BadInput(f"{path} holds no images: JPEG, PNG, TIFF or DICOM files are needed.")
    return _listing(path, True, list(found), [f"{path}/{member.name}" for member in found])
