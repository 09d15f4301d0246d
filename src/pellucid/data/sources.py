"""What a source is (folder, zip, table, array file, named set), its fingerprint, and how it is opened."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pellucid.data.archives import central_directory_sha256
from pellucid.data.arrays import ArraySource
from pellucid.data.catalog import look_up
from pellucid.data.cifar10 import read_cifar10
from pellucid.data.digits import read_digits
from pellucid.data.fetch import fetch
from pellucid.data.hdf5 import read_hdf5
from pellucid.data.idx import idx_files, read_idx
from pellucid.data.listing import Listing, list_folder, list_zip
from pellucid.data.npz import read_npz
from pellucid.data.processes import FEW
from pellucid.data.scan import scan_folder
from pellucid.data.tables import list_table
from pellucid.errors import BadInput
from pellucid.progress import Progress

LARGE_ZIP = 2**22
"""Bytes of a zip that most likely holds more than a thousand images. Chosen by us."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source before it is opened."""

    path: Path
    fingerprint: str
    """Changes whenever its contents do; found without reading them."""
    open: Callable[[], Listing | ArraySource]
    many_files: bool = False
    """Whether decoding its files is worth several processes, as far as can be told before listing them."""


def recognise(source: str | Path, home: Path, image_size: int | None, progress: Progress) -> Source:
    """What `source` is; a named set is fetched where it is not in the cache.

    Args:
        source: a path, or a name of the catalog.
        home: the cache, for downloads.
        image_size: of several files of one named set, the one of this size is taken.
        progress: told how far a download is.
    Raises:
        BadInput: nothing of that name, or nothing that holds images.
        CannotFetch: a named set cannot be downloaded.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        return _folder(path)
    if path.is_file():
        return _file(path)
    if "/" in str(source) or path.suffix:
        raise BadInput(f"{source} is not there: give a folder, a .zip, .csv, .npz, .h5 or IDX file, or a known name.")
    return _named(str(source), home, image_size, progress)


def _folder(path: Path) -> Source:
    pairs = idx_files(path)
    if pairs:
        return Source(path, _facts(*(file for _, *pair in pairs for file in pair)), lambda: read_idx(path))
    scan = scan_folder(path)
    if not scan.paths:
        raise BadInput(f"{path} is an empty folder: a folder of class folders with images is needed.")
    return Source(path, f"folder {path.resolve()} {scan.key}", lambda: list_folder(scan), len(scan.paths) >= FEW)


def _file(path: Path) -> Source:
    name = path.name.lower()
    if name.endswith(".zip"):
        return Source(
            path, f"zip {central_directory_sha256(path)}", lambda: list_zip(path), path.stat().st_size > LARGE_ZIP
        )
    if name.endswith((".csv", ".tsv")):
        return _table(path)
    if name.endswith(".npz"):
        return Source(path, _facts(path), lambda: read_npz(path))
    if name.endswith((".h5", ".hdf5", ".hdf")):
        return Source(path, _facts(path), lambda: read_hdf5(path))
    if "-ubyte" in name or "idx1" in name or "idx3" in name:
        files = (file for _, *pair in idx_files(path) for file in pair)
        return Source(path, _facts(*files), lambda: read_idx(path))
    raise BadInput(f"{path} is no source of images: a folder, .zip, .csv, .npz, .h5 or IDX file is needed.")


def _table(path: Path) -> Source:
    listing = list_table(path)  # at once: the files that it names are part of the fingerprint
    digest = hashlib.sha256(path.read_bytes())
    for item in listing.items:
        facts = (path.parent / item).stat()
        digest.update(f"{item}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    return Source(path, f"table {path.resolve()} {digest.hexdigest()}", lambda: listing)


def _named(name: str, home: Path, image_size: int | None, progress: Progress) -> Source:
    entry = look_up(name)  # an unknown name is refused here, and the nearest one suggested
    if name == "digits":
        return Source(Path("digits"), "digits", read_digits)
    if entry.volumetric:
        raise BadInput(f"{name} holds volumes: 3-D sets are not supported yet; 2-D ones are.")
    size = image_size if image_size in entry.sizes else entry.sizes[0]
    files = fetch(name, home / "downloads", size, lambda done, total: progress(f"fetching {name}", done, total))
    first = files[0]
    if name == "medical_mnist":
        return Source(first, f"{name} {central_directory_sha256(first)}", lambda: list_zip(first, "resized"), True)
    fingerprint = f"{name} {_facts(*files)}"
    if name == "cifar10":
        return Source(first, fingerprint, lambda: read_cifar10(first))
    if entry.medmnist:
        return Source(first, fingerprint, lambda: read_npz(first))
    return Source(first.parent, fingerprint, lambda: read_idx(first.parent))


def _facts(*paths: Path) -> str:
    return " ".join(f"{path.resolve()} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in paths)
