"""Whether a folder may be written to: it is not there yet, is empty, or holds what an earlier run of ours left."""

from __future__ import annotations

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
        return  # whoever makes it says why it cannot be made
    except OSError as problem:
        raise BadInput(f"{folder} cannot be looked into ({problem.strerror}): choose another folder.") from None
    others = [name for name in names if not name.endswith(MAKING) and not re.fullmatch(ours, name)]
    if others:
        raise BadInput(f"{folder} holds other files ({others[0]}): choose another folder.")
