"""The door of the room: any source (folder, zip, table, array file, named set) becomes a Dataset."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.data.groups import check_group_by, find_groups, tag_of
from pellucid.data.listing import Listing
from pellucid.data.pack import pack_files
from pellucid.data.pack_arrays import pack_arrays
from pellucid.data.processes import called_early
from pellucid.data.sources import recognise
from pellucid.data.store import FORMAT, Pack, cache_folder, open_pack
from pellucid.errors import BadInput
from pellucid.progress import Progress, silent


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
        BadInput: the source or a setting cannot be used; one line says what was found, what was needed and what to do.
        CannotFetch: a named set is not in the cache and cannot be downloaded.

    >>> read("digits").classes[:3]
    ('0', '1', '2')
    """
    if image_size is not None and not 4 <= image_size <= 1024:
        raise BadInput(f"--image-size {image_size}: a side from 4 to 1024 pixels is needed.")
    home = cache or cache_folder()
    check_group_by(group_by)
    source_found = recognise(source, home, image_size, progress)
    tag = tag_of(group_by)
    recipe = f"{source_found.fingerprint} {image_size} {tag} {FORMAT}"
    key = hashlib.sha256(recipe.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    cached = open_pack(home / "packs", key)
    if cached is not None and not rehash:
        return _dataset(cached, source_found.path, group_by, from_cache=True)
    before = cached.sha256().tobytes() if cached else None
    with called_early(source_found.many_files) as ready:
        opened = source_found.open()
        if isinstance(opened, Listing):
            pack = pack_files(opened, key, home / "packs", image_size, tag, progress, ready)
        else:
            pack = pack_arrays(opened, key, home / "packs", image_size, progress)
    dataset = _dataset(pack, source_found.path, group_by, from_cache=False)
    if before is None or pack.sha256().tobytes() == before:
        return dataset
    return replace(
        dataset, said=(*dataset.said, "The cached pack differed from the source's pixels, and was made anew.")
    )


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
