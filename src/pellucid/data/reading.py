"""The door of the room: any source (folder, zip, table, array file, named set) becomes a Dataset."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pellucid.data import arrays
from pellucid.data.archives import central_directory_sha256
from pellucid.data.catalog import known, look_up
from pellucid.data.dataset import Dataset
from pellucid.data.fetch import fetch
from pellucid.data.groups import find_groups, tag_of
from pellucid.data.listing import Listing, list_folder, list_zip, scan_folder
from pellucid.data.pack import pack_arrays, pack_files
from pellucid.data.store import FORMAT, Pack, cache_folder, open_pack
from pellucid.data.tables import list_table
from pellucid.errors import BadInput
from pellucid.progress import Progress, silent


@dataclass(frozen=True, slots=True)
class _Source:
    """A source before it is opened: its fingerprint, and how to list or read it if the cache does not know it."""

    path: Path
    fingerprint: str
    listing: Callable[[], Listing] | None = None
    array: Callable[[], arrays.ArraySource] | None = None


def read(
    source: str | Path,
    *,
    group_by: str | None = None,
    image_size: int | None = None,
    cache: Path | None = None,
    progress: Progress = silent,
    rehash: bool = False,
) -> Dataset:
    """All images of a source, packed into one array; from the cache where they were read before.

    Args:
        source: a folder of class folders, the same in a .zip, a .csv (path,label[,group][,part]), a MedMNIST .npz, IDX
            files, an .h5, or a name that `known()` lists.
        group_by: column:NAME, level:K, regex:PATTERN or dicom:PatientID; by default what the source shows.
        image_size: side in pixels to resize to; by default images that are all one square of at most 64 keep theirs.
        cache: folder of packs and downloads; by default `cache_folder()`.
        progress: told how far reading is.
        rehash: decode again even if the cache has a pack; the Dataset says whether the contents had changed.
    Raises:
        BadInput: the source cannot be read; one line says what was found, what was needed and what to do.
        CannotFetch: a named set is not in the cache and cannot be downloaded.

    >>> read("digits").classes[:3]
    ('0', '1', '2')
    """
    if image_size is not None and not 4 <= image_size <= 1024:
        raise BadInput(f"--image-size {image_size}: a side from 4 to 1024 pixels is needed.")
    home = cache or cache_folder()
    opened = _recognise(source, home, image_size, progress)
    tag = tag_of(group_by)
    recipe = f"{opened.fingerprint} {image_size} {tag} {FORMAT}"
    key = hashlib.sha256(recipe.encode()).hexdigest()[:32]
    cached = open_pack(home / "packs", key)
    if cached is not None and not rehash:
        return _dataset(cached, opened.path, group_by, from_cache=True)
    before = hashlib.sha256(cached.sha256()).digest() if cached else None
    pack = _pack(opened, key, home / "packs", image_size, tag, progress)
    dataset = _dataset(pack, opened.path, group_by, from_cache=False)
    if before is not None and hashlib.sha256(pack.sha256()).digest() != before:
        note = "The cached pack differed from the source's pixels, and was made anew."
        return _with_note(dataset, note)
    return dataset


def _pack(opened: _Source, key: str, packs: Path, image_size: int | None, tag: str, progress: Progress) -> Pack:
    if opened.listing is not None:
        return pack_files(opened.listing(), key, packs, image_size, tag, progress)
    assert opened.array is not None
    return pack_arrays(opened.array(), key, packs, image_size, progress)


def _recognise(source: str | Path, home: Path, image_size: int | None, progress: Progress) -> _Source:
    path = Path(source).expanduser()
    if path.is_dir():
        return _folder(path)
    if path.is_file():
        return _file(path)
    if str(source) in known():
        return _named(str(source), home, image_size, progress)
    if "/" in str(source) or path.suffix:
        raise BadInput(f"{source} is not there: give a folder, a .zip, .csv, .npz, .h5 or IDX file, or a known name.")
    look_up(str(source))  # raises, suggesting the nearest name
    raise AssertionError


def _folder(path: Path) -> _Source:
    if arrays.idx_files(path):
        files = [file for _, *pair in arrays.idx_files(path) for file in pair]
        return _Source(path, _file_facts(*files), array=lambda: arrays.read_idx(path))
    scan = scan_folder(path)
    if not scan.paths:
        raise BadInput(f"{path} is an empty folder: a folder of class folders with images is needed.")
    return _Source(path, f"folder {path.resolve()} {scan.key}", listing=lambda: list_folder(scan))


def _file(path: Path) -> _Source:
    name = path.name.lower()
    if name.endswith(".zip"):
        return _Source(path, f"zip {central_directory_sha256(path)}", listing=lambda: list_zip(path))
    if name.endswith((".csv", ".tsv")):
        listing = list_table(path)
        digest = hashlib.sha256(path.read_bytes())
        for item in listing.items:
            facts = (path.parent / item).stat()
            digest.update(f"{item}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
        return _Source(path, f"table {path.resolve()} {digest.hexdigest()}", listing=lambda: listing)
    if name.endswith(".npz"):
        return _Source(path, _file_facts(path), array=lambda: arrays.read_npz(path))
    if name.endswith((".h5", ".hdf5", ".hdf")):
        return _Source(path, _file_facts(path), array=lambda: arrays.read_hdf5(path))
    if "-ubyte" in name or "idx1" in name or "idx3" in name:
        return _Source(path, _file_facts(path), array=lambda: arrays.read_idx(path))
    raise BadInput(f"{path} is no source of images: a folder, .zip, .csv, .npz, .h5 or IDX file is needed.")


def _named(name: str, home: Path, image_size: int | None, progress: Progress) -> _Source:
    if name == "digits":
        return _Source(Path("digits"), "digits", array=arrays.read_digits)
    entry = look_up(name)
    if entry.volumetric:
        raise BadInput(f"{name} holds volumes: 3-D sets are not supported yet; 2-D ones are.")
    size = image_size if image_size in entry.sizes else entry.sizes[0]
    files = fetch(name, home / "downloads", size, lambda done, total: progress(f"fetching {name}", done, total))
    if name == "cifar10":
        return _Source(files[0], f"{name} {_file_facts(*files)}", array=lambda: arrays.read_cifar10(files[0]))
    if name == "medical_mnist":
        return _Source(files[0], f"{name} {central_directory_sha256(files[0])}", listing=lambda: list_zip(files[0], "resized"))
    if entry.medmnist:
        return _Source(files[0], f"{name} {_file_facts(*files)}", array=lambda: arrays.read_npz(files[0]))
    return _Source(files[0].parent, f"{name} {_file_facts(*files)}", array=lambda: arrays.read_idx(files[0].parent))


def _file_facts(*paths: Path) -> str:
    return " ".join(f"{path.resolve()} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in paths)


def _dataset(pack: Pack, source: Path, group_by: str | None, from_cache: bool) -> Dataset:
    facts = pack.facts
    groups = find_groups(facts, group_by)
    return Dataset(
        images=pack.images(),
        labels=np.array(facts.labels, np.int64),
        classes=tuple(facts.classes),
        task=facts.task,
        names=facts.names,
        sha256=pack.sha256(),
        groups=groups.numbers if groups else None,
        group_names=groups.names if groups else (),
        groups_from=groups.how if groups else "",
        parts=np.array(facts.parts) if facts.parts else None,
        source=source,
        key=facts.key,
        said=tuple(facts.said),
        unreadable=tuple((name, reason) for name, reason in facts.unreadable),
        pack=pack.folder,
        from_cache=from_cache,
    )


def _with_note(dataset: Dataset, note: str) -> Dataset:
    from dataclasses import replace

    return replace(dataset, said=(*dataset.said, note))
