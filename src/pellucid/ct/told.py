"""A result in both forms in which a command shows it: facts for programs, lines for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Told:
    """What a command has to say.

    Attributes:
        facts: for JSON.
        said: for the terminal, a line each.
    """

    facts: dict[str, Any]
    said: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return self.facts

    def lines(self) -> list[str]:
        """For the terminal."""
        return list(self.said)
