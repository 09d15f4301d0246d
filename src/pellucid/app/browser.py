"""One open page of one browser: what the server may run in it, and how it tells it something."""

from __future__ import annotations

from typing import Literal, Protocol, runtime_checkable

from nicegui import Client, ui


@runtime_checkable
class Browser(Protocol):
    """What a desk asks of the browser it belongs to."""

    def run(self, code: str) -> None:
        """Run JavaScript in it."""
        ...

    def warn(self, said: str) -> None:
        """Show a note of what cannot be."""
        ...

    def tell(self, said: str) -> None:
        """Show a note."""
        ...


class OneBrowser:
    """A NiceGUI client, as a desk asks for it."""

    def __init__(self, client: Client) -> None:
        """The client whose page is being built."""
        self.client = client

    def run(self, code: str) -> None:
        """Run JavaScript in it."""
        self.client.run_javascript(code)

    def warn(self, said: str) -> None:
        """Show a note of what cannot be."""
        self.tell(said, "warning")

    def tell(self, said: str, kind: Literal["info", "warning"] = "info") -> None:
        """Show a note."""
        with self.client:
            ui.notify(said, type=kind)
