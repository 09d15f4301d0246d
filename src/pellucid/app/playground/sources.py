"""The left side of the playground: which points are learned, how many, how noisy; and what is told of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui
from nicegui.element import Element

from pellucid.app.playground.controls import changed, control
from pellucid.app.playground.desk import Desk
from pellucid.app.playground.thumbnail import thumbnail
from pellucid.blocks.toy_features import FEATURES
from pellucid.blocks.toys import CLASS_TOYS, HEIGHT_TOYS

SLIDERS = {
    "points": ("Points", 20, 1000, 20),
    "noise": ("Noise", 0.0, 0.5, 0.05),
    "train_share": ("Share for training", 0.1, 0.9, 0.1),
    "batch_size": ("Batch size", 1, 30, 1),
}
TOLD = "(event) => emit(Number(event.target.value))"
"""What the browser's own slider hands over: it can be used by keys and screen readers as it is."""
SAID = {
    "xor": "XOR", "corners": "corners", "circles": "circles", "moons": "moons", "spirals": "spirals",
    "gaussians": "clouds", "plane": "plane", "hills": "hills",
}  # fmt: skip


def add_sources(desk: Desk) -> None:
    """Data and features."""
    with ui.element("section").classes("card").props('aria-label="Data and features"'):
        with control("toy"):
            ui.html("<h2>Data</h2>", sanitize=False)
            _words("Blue circles or orange squares: the network has to tell which.")
            _toys(desk, CLASS_TOYS)
            _words("Or a height, blue above 0 and orange below: it has to tell how high.")
            _toys(desk, HEIGHT_TOYS)
        for name, (label, low, high, step) in SLIDERS.items():
            value = getattr(desk.playing.experiment, name)
            with control(name):
                said = ui.label(f"{label}: {value:g}").classes("text-sm")
                slider = ui.element("input").props(f"type=range min={low} max={high} step={step} value={value}")
                slider.props(f'data-name={name} aria-label="{label}"')
                slider.on("input", _slid(desk, said, label, name), js_handler=TOLD, throttle=0.1)
        with control("features"):
            ui.html("<h2>Features</h2>", sanitize=False)
            _words("What the network is told of each point.")
            for name, (written, _) in FEATURES.items():
                box = ui.checkbox(
                    written, value=name in desk.playing.experiment.features, on_change=_ticked(desk, name)
                )
                box.classes("feature").props(f"dense data-name=feature-{name}")


def _words(said: str) -> None:
    ui.html(f"<p>{said}</p>", sanitize=False).classes("words").props("data-control=words")


def _toys(desk: Desk, names: tuple[str, ...]) -> None:
    """A picture of each problem, to be clicked."""
    with ui.element("div").classes("toys"):
        for name in names:
            button = ui.element("button").classes("toy").on("click", _toy(desk, name))
            button.props(f'type=button data-name=toy-{name} aria-label="Problem: {SAID[name]}"')
            with button:
                ui.html(f"{thumbnail(name)}<span>{SAID[name]}</span>", sanitize=False)

            def mark(button: Element = button, name: str = name) -> None:
                button.props(f"aria-pressed={'true' if desk.playing.experiment.toy == name else 'false'}")

            mark()
            desk.refresh.append(mark)


def _toy(desk: Desk, name: str) -> Callable[[], None]:
    return lambda: desk.begin(toy=name)


def _slid(desk: Desk, said: ui.label, label: str, name: str) -> Callable[[Any], None]:
    def change(event: Any) -> None:
        value = type(getattr(desk.playing.experiment, name))(event.args)
        said.set_text(f"{label}: {value:g}")
        changed(desk, name, value)

    return change


def _ticked(desk: Desk, name: str) -> Callable[[Any], None]:
    def change(event: Any) -> None:
        held = desk.playing.experiment.features
        wanted = tuple(one for one in FEATURES if (event.value if one == name else one in held))
        if wanted == held:
            return
        if wanted:
            desk.begin(features=wanted)
        else:
            desk.browser.warn("A network needs a feature.")
            event.sender.set_value(True)

    return change
