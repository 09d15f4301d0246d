"""Whether a folder may be written to: it is not there yet, is empty, or holds what an earlier run of ours left."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pellucid.errors import BadInput
from pellucid.run.writing import MAKING


def check_own(folder: Path, ours: str = "") -> None:
    """See that nothing of someone else's is there; nothing is changed.

    Args:
        folder: need not be there.
        ours: the names that may be there, as a regular expression; what a killed run left may be there, too.
    Raises:
        BadInput: it is a file, cannot be looked into, or holds something else.
    """
    try:
        names = sorted(path.name for path in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        if folder.exists():
            raise BadInput(f"{folder} is a file: name a folder.") from None
        check_makeable(folder)
        return
    except OSError as problem:
        raise BadInput(f"{folder} cannot be looked into ({problem.strerror}): choose another folder.") from None
    others = [name for name in names if not name.endswith(MAKING) and not re.fullmatch(ours, name)]
    if others:
        raise BadInput(f"{folder} holds other files ({others[0]}): choose another folder.")


def check_makeable(folder: Path) -> None:
    """See before long work that a folder which is not there can be made; nothing is changed.

    Raises:
        BadInput: what stands above it is a file, or may not be written to.
    """
    above = next(path for path in folder.absolute().parents if os.path.lexists(path))
    if not above.is_dir():
        raise BadInput(f"{folder} cannot be made ({above} is no folder): choose another folder.")
    if not os.access(above, os.W_OK | os.X_OK):
        raise BadInput(f"{folder} cannot be made ({above} may not be written to): choose another folder.")
