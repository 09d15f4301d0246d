"""Downloads one file, going on where an earlier try was cut off.

While a file is on its way it lies in FILE.part, beside FILE.part.json, which says what it is a part of. An earlier part
is gone on with (HTTP Range, RFC 9110 section 14) only if the server still has the same file: the same ETag, date and
length. Otherwise, or where a server knows no ranges, it starts anew.
"""

import json
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

CHUNK_BYTES = 64 * 2**10  # chosen by us, because it loses little in a cut and is large enough to be fast
CONNECT_S, READ_S = 10, 60  # chosen by us, because a busy server may think for a minute; an absent one never answers
TRIES = 4  # chosen by us: a bad line gets the file in the end, and a hopeless one does not keep anyone waiting


@runtime_checkable
class Progress(Protocol):
    """Is told how far the download of a file has come; a progress bar, for instance."""

    def __call__(self, done_bytes: int, total_bytes: int | None) -> None:
        """Called after each chunk; `total_bytes` is None where the server does not say."""


class Refused(Exception):
    """One address could not give the file; says why in a few words."""


class _Changed(Exception):
    """The server has another file now than the one that FILE.part is a part of."""


@dataclass(frozen=True, slots=True)
class _Origin:
    """What FILE.part is a part of, as the server told it."""

    address: str
    etag: str | None
    last_modified: str | None
    total_bytes: int | None

    def agrees(self, told: "_Origin") -> bool:
        """Whether this is the same file, by all that both tell (an answer with a part may leave some of it out)."""
        pairs = zip(asdict(self).values(), asdict(told).values(), strict=True)
        return all(ours == theirs for ours, theirs in pairs if ours is not None and theirs is not None)


def download(address: str, part: Path, progress: Progress | None, limit_bytes: int) -> None:
    """Bring the whole file into `part`; what came stays there when the connection is cut.

    Args:
        address: http or https.
        part: where to; its folder is there.
        progress: is told how far it has come, or None.
        limit_bytes: never write more.
    Raises:
        Refused: the file cannot be had whole from this address now.
        OSError: `part` cannot be written.
    """
    for _ in range(TRIES):
        before = _length(part)
        try:
            return _go_on(address, part, progress, limit_bytes)
        except _Changed:
            discard(part)
        except (requests.RequestException, HTTPError) as error:
            if _length(part) <= before:  # another try would bring no more
                raise Refused(_why(error)) from error
    raise Refused(f"was cut off {TRIES} times")


def discard(part: Path) -> None:
    """Forget the part and what it was a part of."""
    _origin_path(part).unlink(missing_ok=True)
    part.unlink(missing_ok=True)


def without_password(address: str) -> str:
    """The address without a user's name and password, fit to be shown and kept.

    >>> without_password("http://anna:secret@localhost:8000/sets")
    'http://localhost:8000/sets'
    """
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _go_on(address: str, part: Path, progress: Progress | None, limit_bytes: int) -> None:
    """One request: for all of the file, or for what `part` lacks."""
    origin = _origin(part, address)
    start = _length(part) if origin is not None else 0
    if origin is not None and 0 < start == origin.total_bytes:
        return
    with closing(_ask(address, origin, start)) as answer:
        now = _told(address, answer)
        if origin is not None and start > 0 and answer.status_code in (206, 416):
            begins = answer.headers.get("Content-Range", "").startswith(f"bytes {start}-")
            if answer.status_code == 416 or not begins or not origin.agrees(now):
                raise _Changed
        elif answer.status_code == 200:
            start = 0
            discard(part)
            _origin_path(part).write_text(json.dumps(asdict(now)), encoding="utf-8")
        else:
            raise Refused(f"answered {answer.status_code} {answer.reason}")
        _receive(answer, part, start, now.total_bytes, progress, limit_bytes)


def _ask(address: str, origin: _Origin | None, start: int) -> requests.Response:
    headers = {"Accept-Encoding": "identity"}  # the file's own bytes, not compressed on the way
    if origin is not None and start > 0:
        headers["Range"] = f"bytes={start}-"
        strong = origin.etag is not None and not origin.etag.startswith("W/")  # If-Range takes no weak ones: 13.1.5
        validator = origin.etag if strong else origin.last_modified
        if validator:
            headers["If-Range"] = validator
    return requests.get(address, headers=headers, stream=True, timeout=(CONNECT_S, READ_S))


def _receive(
    answer: requests.Response, part: Path, done: int, total: int | None, progress: Progress | None, limit_bytes: int
) -> None:
    if total is not None and total > limit_bytes:
        discard(part)
        raise Refused(f"offers {total} bytes, more than the limit of {limit_bytes}")
    with part.open("ab") as stream:
        for chunk in answer.raw.stream(CHUNK_BYTES, decode_content=False):
            done += len(chunk)
            if done > (limit_bytes if total is None else total):
                break
            stream.write(chunk)
            if progress is not None:
                progress(done, total)
    if done > (limit_bytes if total is None else total):
        discard(part)
        raise Refused(f"sent more than the {total or limit_bytes} bytes that were announced or allowed")
    if total is not None and done < total:
        raise HTTPError(f"{total - done} bytes are missing")


def _told(address: str, answer: requests.Response) -> _Origin:
    """What the server says of the whole file."""
    headers = answer.headers
    length = headers.get("Content-Length", "")
    if answer.status_code == 206:  # there Content-Length is the part's
        length = headers.get("Content-Range", "").rpartition("/")[2]
    total = int(length) if length.isascii() and length.isdigit() else None
    return _Origin(without_password(address), headers.get("ETag"), headers.get("Last-Modified"), total)


def _origin(part: Path, address: str) -> _Origin | None:
    """What an earlier try left there, if it is known to be of this address."""
    try:
        origin = _Origin(**json.loads(_origin_path(part).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return origin if origin.address == without_password(address) else None


def _origin_path(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _length(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _why(error: Exception) -> str:
    if isinstance(error, requests.Timeout | ReadTimeoutError):
        return "did not answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "has a certificate that cannot be trusted"
    if isinstance(error, requests.ConnectionError):
        return "cannot be reached"
    return "was cut off" if isinstance(error, HTTPError) else f"failed ({type(error).__name__})"
