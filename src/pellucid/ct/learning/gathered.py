"""The folder of what was gathered: of one set of settings alone, kept until the weights are written."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from pellucid import __version__
from pellucid.ct.learning.sources import Source
from pellucid.errors import BadInput
from pellucid.run.folder import make_private
from pellucid.run.writing import MAKING, check_replaceable, write_json

SETTINGS = "settings.json"
NETWORK_MARK = b'{"__metadata__":{"pellucid":"{\\"format\\":1,\\"intercept\\":'
"""How the header of a network's file begins (`ct.network.weights`); those of classifiers begin otherwise."""


def settings_of(sources: Sequence[Source], trained_on: str, seed: int) -> dict[str, object]:
    """All that decides what is gathered; cases of other settings are never mixed in.

    Args:
        sources: the scans.
        trained_on: what they are, in words.
        seed: of what is drawn from each.
    """
    scans = hashlib.sha256("\n".join(map(repr, sources)).encode()).hexdigest()
    return {
        "pellucid": __version__,
        "learns from": trained_on,
        "seed": seed,
        "scans": f"{len(sources)}, of checksum {scans[:16]}",
    }


def check_weights_path(out: Path) -> None:
    """See that weights may be written there, before hours of work: nothing is there, or earlier weights.

    Raises:
        BadInput: a folder, some other file, or no folder for it.
    """
    check_replaceable(out, NETWORK_MARK, "network of pellucid ct train", within=100)
    if not out.absolute().parent.is_dir():
        raise BadInput(f"{out.parent} is not there: make that folder, or choose another --out.")


def begin(out: Path, settings: dict[str, object]) -> Path:
    """The folder beside the weights, made, or gone on with if it is of the same settings.

    Args:
        out: the weights.
        settings: as `settings_of` gives them.
    Raises:
        BadInput: it holds something else, or what was gathered with other settings, or cannot be made.
    """
    folder = out.with_name(f"{out.name}.gathered")
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is a file, where a folder for what is gathered is needed: choose another --out.")
    if folder.is_dir() and any(folder.iterdir()):
        before = _earlier(folder)
        if other := [name for name in settings if before.get(name) != settings[name]]:
            told = "; ".join(f"{name}: {before.get(name)} there, {settings[name]} now" for name in other)
            raise BadInput(
                f"{folder} holds what was gathered with other settings ({told}): give those again, delete it, or "
                "choose another --out."
            )
    make_private(folder)
    write_json(folder / SETTINGS, settings)
    return folder


def _earlier(folder: Path) -> dict[str, object]:
    try:
        held = json.loads((folder / SETTINGS).read_text("utf-8"))
        return dict(held)
    except (OSError, ValueError, TypeError):
        raise BadInput(
            f"{folder} holds files, and no {SETTINGS} that says with what settings they were gathered: delete it, or "
            "choose another --out."
        ) from None


def remove(folder: Path, sources: Sequence[Source]) -> None:
    """Delete what was gathered; files of others stay, and the folder with them."""
    for name in (*(f"{source.name}.npz" for source in sources), SETTINGS):
        (folder / name).unlink(missing_ok=True)
    for left in folder.glob(f".*{MAKING}"):
        left.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()
