"""Gets a named data set: from the cache, or downloaded whole and checked against its checksum.

Files are kept in CACHE/NAME/FILE. A file gets that name only when it is whole and its checksum holds; until then it is
FILE.part. A file put there by hand is taken as it is, if its checksum holds.

A school or a lab can host the files itself: where the environment variable PELLUCID_MIRROR holds a base address, a file
is looked for at PELLUCID_MIRROR/NAME/FILE (a copy of the cache) and at PELLUCID_MIRROR/FILE (all in one folder) before
its own addresses. Checksums hold as ever.
"""

import hashlib
import os
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import urlsplit

from pellucid.data.catalog import Entry, RemoteFile, look_up
from pellucid.data.download import Progress, Refused, discard, download, without_password
from pellucid.errors import BadInput, CannotFetch

LIMIT_BYTES = 8 * 2**30  # chosen by us, because 8 GiB is above the largest named file, and most laptops can spare it


def fetch(
    name: str,
    cache: Path,
    size: int = 28,
    progress: Progress | None = None,
    mirror: str | None = None,
    limit_bytes: int = LIMIT_BYTES,
) -> tuple[Path, ...]:
    """The files of a named data set, downloaded where they are not in the cache yet.

    Args:
        name: such as "pneumoniamnist"; `pellucid.data.catalog.known` has them all.
        cache: the folder to keep files in; made if it is not there.
        size: edge of the images, pixels; MedMNIST's sets come in 28 and 64. A set that comes in one size takes that,
            or the default.
        progress: is told how many bytes of the present file have come; by default nobody is.
        mirror: base address to look at first; by default what PELLUCID_MIRROR says.
        limit_bytes: no file may be longer.
    Returns:
        The paths, in the catalog's order, each with its checksum verified. None for digits, which need no file.
    Raises:
        BadInput: no set has this name, or not in this size; or the mirror is no http(s) address.
        CannotFetch: a file could not be had whole and right; the message says what was tried.

    >>> fetch("digits", Path("nowhere"))
    ()
    """
    entry = look_up(name)
    base = mirror or os.environ.get("PELLUCID_MIRROR") or None
    if base is not None and urlsplit(base).scheme not in ("http", "https"):
        raise BadInput(
            f"The mirror {without_password(base)!r} is no http(s) address. Give one such as http://localhost:8000/sets."
        )
    only_one = size == 28 and len(entry.sizes) == 1
    wanted = entry.files_of(entry.sizes[0] if only_one else size)
    return tuple(_obtain(entry, file, cache, base, progress, limit_bytes) for file in wanted)


def manifest_sha256(archive: Path, folder: str) -> str:
    """What the files in a zip's folder are, as one number that does not depend on how the zip was packed.

    It is the sha256 over one line for each file FOLDER/CLASS/FILE, sorted by CLASS/FILE: CLASS/FILE, a NUL byte, the
    sha256 of the file's bytes in hex, a newline. Nothing is unpacked.

    Args:
        archive: the zip.
        folder: the folder inside it that holds the class folders, such as "medical_mnist".
    Returns:
        64 hex digits.
    Raises:
        BadInput: not a zip, damaged, or no files there.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place, zipfile.ZipFile(Path(place) / "a.zip", "w") as packed:
    ...     packed.writestr("set/Hand/1.jpeg", b"a hand")
    ...     packed.close()
    ...     manifest_sha256(Path(place) / "a.zip", "set")[:8]
    'fd21afac'
    """
    lines = []
    try:
        with zipfile.ZipFile(archive) as opened:
            for info in opened.infolist():
                before, _, inner = info.filename.partition(f"{folder}/")
                if before == "" and inner.count("/") == 1 and not info.is_dir():
                    with opened.open(info) as stream:
                        digest = hashlib.file_digest(cast(BinaryIO, stream), "sha256")  # type: ignore[arg-type]
                    lines.append(f"{inner}\0{digest.hexdigest()}\n")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise BadInput(f"{archive} is not a whole zip ({error}). Fetch it again.") from error
    if not lines:
        raise BadInput(f"{archive} has no files at {folder}/CLASS/FILE, where they were needed. Is it another zip?")
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def _obtain(
    entry: Entry, file: RemoteFile, cache: Path, mirror: str | None, progress: Progress | None, limit_bytes: int
) -> Path:
    place = file.place(cache, entry.name)
    part = place.with_name(f"{place.name}.part")
    tried = []
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_file():
            if _vouched(place, file) or (found := _checksum(place, file)) == file.checksum:
                return place
            tried.append(f"the file at {place} has {found}, not {file.checksum}")
        for address in _addresses(entry, file, mirror):
            try:
                download(address, part, progress, limit_bytes)
                return _admit(part, place, file)
            except Refused as refusal:
                tried.append(f"{without_password(address)} {refusal}")
    except OSError as error:
        tried.append(f"{error.filename or place.parent} could not be written ({error.strerror})")
    kept = f" but {part.stat().st_size} bytes, kept for the next try" if part.is_file() else ""
    raise CannotFetch(
        f"{entry.name}: {file.name} could not be had: {'; '.join(tried)}. Nothing is changed{kept}. "
        f"Try again with a connection, or put the file with {file.checksum} by hand at {place}."
    )


def _addresses(entry: Entry, file: RemoteFile, mirror: str | None) -> tuple[str, ...]:
    if mirror is None:
        return file.addresses
    base = mirror.rstrip("/")
    return (f"{base}/{entry.name}/{file.name}", f"{base}/{file.name}", *file.addresses)


def _admit(part: Path, place: Path, file: RemoteFile) -> Path:
    """Give the part its own name; or remove it, if it is not the file that is needed."""
    found = _checksum(part, file)
    if found != file.checksum:
        discard(part)
        raise Refused(f"sent a file with {found} where {file.checksum} was needed, and it was removed")
    part.replace(place)
    discard(part)
    if file.manifest_folder is not None:
        _voucher_path(place).write_text(_voucher(place, file), encoding="utf-8")
    return place


def _checksum(path: Path, file: RemoteFile) -> str:
    """What the file has where `file.checksum` is what it needs."""
    kind = file.checksum.partition(":")[0]
    if file.manifest_folder is None:
        return f"{kind}:{_digest(path, kind)}"
    try:
        return f"{kind}:{manifest_sha256(path, file.manifest_folder)}"
    except BadInput:
        return f"{kind}:{_digest(path, kind)} (and is not the zip that was expected)"


def _digest(path: Path, kind: str) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.new(kind, usedforsecurity=False)).hexdigest()


# A manifest takes seconds to work out, the archive's own sum a moment; so once the first held, the second is noted.


def _vouched(place: Path, file: RemoteFile) -> bool:
    noted = _voucher_path(place)
    return noted.is_file() and noted.read_text(encoding="utf-8") == _voucher(place, file)


def _voucher(place: Path, file: RemoteFile) -> str:
    return f"sha256:{_digest(place, 'sha256')} is an archive with the manifest {file.checksum}\n"


def _voucher_path(place: Path) -> Path:
    return place.with_name(f"{place.name}.verified")
