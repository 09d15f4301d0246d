"""The row of controls above the network: run, step, begin anew, and how it learns; and what a lecture hides of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui
from nicegui.element import Element

from pellucid.app.playground.desk import Desk
from pellucid.app.playground.experiment import ACTIVATIONS, REGULARISATIONS
from pellucid.app.playground.hiding import HIDEABLE
from pellucid.app.playground.playing import TUNED

RATES = (0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
PENALTIES = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
MOMENTA = (0.0, 0.5, 0.9, 0.95, 0.99)
CHOICES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "learning_rate": ("Learning rate", RATES),
    "momentum": ("Momentum", MOMENTA),
    "activation": ("Activation", ACTIVATIONS),
    "regularisation": ("Regularisation", REGULARISATIONS),
    "penalty": ("Penalty", PENALTIES),
}
WRITTEN = {"relu": "ReLU", "identity": "linear", "l1": "L1", "l2": "L2"}
"""How some choices are written; all others as they are called."""


def control(name: str) -> Element:
    """What stands within can be hidden by this name."""
    return ui.element("div").classes("control").props(f"data-control={name}")


def changed(desk: Desk, name: str, value: Any) -> None:
    """Go on with another setting of learning, or begin anew with another experiment."""
    if name in TUNED:
        desk.tune(**{name: value})
    else:
        desk.begin(**{name: value})


def add_controls(desk: Desk) -> None:
    """Run, step, reset; and how it learns."""
    with ui.element("section").classes("controls").props('aria-label="Controls"'):
        with control("run"):
            button = ui.button("Run", icon="play_arrow", on_click=lambda: desk.set_running(not desk.running))
            button.props("no-caps data-name=run")
            _tip(button, "Learn, step after step; the space bar does it, too")
        desk.on_running.append(lambda: _relabel(button, desk.running))
        _button("step", "Step", "One mini-batch", desk.step)
        _button("reset", "Reset", "Forget what was learned: the same points, the same first weights", desk.begin)
        _button(
            "new_points", "New points", "Draw other points; the first weights stay",
            lambda: desk.begin(seed=desk.playing.experiment.seed + 1),
        )  # fmt: skip
        _button(
            "new_weights", "New weights", "Draw other first weights; the points stay",
            lambda: desk.begin(weight_seed=desk.playing.experiment.weight_seed + 1),
        )  # fmt: skip
        for name, (label, choices) in CHOICES.items():
            with control(name):
                _select(desk, label, name, choices)
        _button("link", "Link with weights", "Puts the weights, as they are now, into the address", desk.link_weights)
        _add_hiding(desk)


def _relabel(button: ui.button, running: bool) -> None:
    button.set_text("Pause" if running else "Run")
    button.set_icon("pause" if running else "play_arrow")


def _button(name: str, label: str, what: str, pressed: Callable[[], None]) -> None:
    with control(name):
        button = ui.button(label, on_click=lambda: pressed()).props(f"no-caps outline data-name={name}")
    _tip(button, what)


def _tip(button: ui.button, what: str) -> None:
    """A word on a button: above it, and only where one waits, so that it does not cover what one goes to next."""
    with button:
        ui.tooltip(what).props('anchor="top middle" self="bottom middle" :offset="[0, 6]" :delay="700"')


def _select(desk: Desk, label: str, name: str, choices: tuple[Any, ...]) -> None:
    value = getattr(desk.playing.experiment, name)
    options = list(choices) if value in choices else sorted({*choices, value})  # a link may name any number
    said = {one: WRITTEN.get(one, f"{one:g}" if isinstance(one, float) else one) for one in options}
    chosen = ui.select(said, value=value, label=label, on_change=lambda event: changed(desk, name, event.value))
    chosen.classes("w-24" if len(label) < 12 else "w-28").props(f"dense options-dense data-name={name}")


def _add_hiding(desk: Desk) -> None:
    """A menu of everything that can be hidden; the link keeps it."""
    with control("hide"), ui.button("Hide", icon="visibility_off").props("no-caps flat data-name=hide") as button:
        button.props('aria-label="Hide parts of the page"')
        with ui.menu().props("auto-close=false"), ui.element("div").classes("hiding"):
            ui.label("Tick what to hide, for a lecture; the address keeps it.")
            for name, label in HIDEABLE.items():
                if name == "hide":  # whoever hid the menu here would find no way back; an address may
                    continue
                box = ui.checkbox(label, value=name in desk.hidden, on_change=_hidden(desk, name))
                box.props(f"dense data-name=hide-{name}")


def _hidden(desk: Desk, name: str) -> Callable[[Any], None]:
    return lambda event: desk.hide(name, event.value)
