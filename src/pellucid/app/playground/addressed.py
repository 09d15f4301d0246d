"""What an address asks of the playground; and all that is wrong with it, told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pellucid.app.browser import Browser
from pellucid.app.playground.desk import Desk
from pellucid.app.playground.experiment import Experiment, experiment_of, mistakes
from pellucid.app.playground.hiding import hidden_of, shown_of
from pellucid.errors import BadInput


def desk_of(asked: Mapping[str, str], browser: Browser) -> tuple[Desk, list[str]]:
    """The desk that an address names.

    Args:
        asked: names and values, as decoded from the address.
        browser: it belongs to.
    Returns:
        The desk, and what is wrong with the address, a sentence each; where anything is, the usual experiment's desk.
    """
    weights, hide, show = (asked.get(name, "") for name in ("weights", "hide", "show"))
    wrong = [*mistakes(asked), *_wrong_with(lambda: hidden_of(hide)), *_wrong_with(lambda: shown_of(show))]
    try:
        if not wrong:
            return Desk(experiment_of(asked), browser, weights, hide, show), []
    except BadInput as problem:
        wrong = [str(problem)]
    return Desk(Experiment(), browser), wrong


def _wrong_with(check: Callable[[], object]) -> list[str]:
    try:
        check()
    except BadInput as problem:
        return [str(problem)]
    return []
