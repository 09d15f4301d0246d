"""What one browser has been sent, and what it still has to draw."""

from __future__ import annotations

import json
import time
from typing import Any

from pellucid.app.browser import Browser
from pellucid.app.live.cases import Cases
from pellucid.app.live.view import picture_of
from pellucid.errors import BadInput

PATIENCE_SECONDS = 2.0
"""After so long a frame that the browser did not draw is taken as lost. Chosen by us."""


class Window:
    """The browser's side of a desk.

    Attributes:
        browser: that it is.
        drawn: whether it has drawn the last frame.
        pictured: rows of the images that it holds.
    """

    def __init__(self, browser: Browser) -> None:
        """Nothing was sent yet."""
        self.browser = browser
        self.drawn = True
        self.pictured: set[int] = set()
        self._sent = 0.0
        self._said: object = None

    @property
    def is_ready(self) -> bool:
        """Whether another frame may be sent."""
        return self.drawn or time.monotonic() - self._sent > PATIENCE_SECONDS

    def call(self, what: str, told: Any) -> None:
        """Call a function of the page's script."""
        self.browser.run(f"live.{what}({json.dumps(told, allow_nan=False)})")

    def begin(self, still: dict[str, Any]) -> None:
        """Another recording is looked at."""
        self.pictured, self._said = set(), None
        self.call("still", still)

    def frame(self, frame: dict[str, Any]) -> None:
        """Send a frame, to be drawn."""
        self.drawn, self._sent = False, time.monotonic()
        self.call("frame", frame)

    def state(self, said: dict[str, Any]) -> bool:
        """Send what notes say, if it is not as before; whether it was sent."""
        if said == self._said:
            return False
        self._said = said
        self.call("state", said)
        return True

    def picture(self, cases: Cases, *rows: int) -> None:
        """Send images that it does not hold yet; what a recording did not keep has none."""
        for row in dict.fromkeys(rows):
            if row not in self.pictured:
                try:
                    told = picture_of(cases.case(row))
                except BadInput:
                    told = {"row": row, "name": "image not kept in the recording", "labels": [], "src": ""}
                self.call("picture", told)
                self.pictured.add(row)

    def go(self, path: str) -> None:
        """Put an address into its address bar."""
        self.browser.run(f"history.replaceState(null, '', {json.dumps(path)})")
