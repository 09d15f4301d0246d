"""Pages that were made for one browser: kept for a while under names that nobody guesses."""

from __future__ import annotations

import secrets

KEPT = 60
"""Pages that can still be opened, of all browsers. Chosen by us."""


class OpenedPages:
    """The last pages that opened an answer; who has not been given a page's link cannot find it."""

    def __init__(self) -> None:
        """None yet."""
        self._pages: dict[str, str] = {}

    def add(self, page: str) -> str:
        """Keep one, forget the oldest, and return the path that leads to it."""
        name = secrets.token_urlsafe(16)
        self._pages[name] = page
        for oldest in list(self._pages)[:-KEPT]:
            del self._pages[oldest]
        return f"/opened/{name}"

    def __getitem__(self, name: str) -> str:
        """The page.

        Raises:
            KeyError: it is not kept any more.
        """
        return self._pages[name]
