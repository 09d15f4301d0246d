"""Imports torch in a thread of its own, while images are read: a second that nobody has to wait for."""

from __future__ import annotations

import threading
from contextlib import suppress
from importlib import import_module


def import_torch_beforehand() -> None:
    """Begin to import torch; whoever imports it next waits for the rest.

    >>> import_torch_beforehand()
    """
    threading.Thread(target=_import_torch, daemon=True).start()


def _import_torch() -> None:
    with suppress(ImportError, OSError):  # whoever needs torch meets the same error, and tells it
        import_module("torch")
