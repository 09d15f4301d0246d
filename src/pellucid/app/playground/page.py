"""The playground as a page: controls around a network that learns before one's eyes; each browser has its own."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Any, Literal

from nicegui import Client, ui
from starlette.requests import Request

from pellucid.app.playground.desk import Desk
from pellucid.app.playground.experiment import (
    ACTIVATIONS,
    MOST_LAYERS,
    MOST_UNITS,
    REGULARISATIONS,
    Experiment,
    experiment_of,
)
from pellucid.app.shell import shell
from pellucid.blocks.toy_features import FEATURES
from pellucid.blocks.toys import CLASS_TOYS, HEIGHT_TOYS
from pellucid.errors import BadInput

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
SLIDERS = {
    "noise": ("Noise", 0.0, 0.5, 0.05),
    "train_share": ("Share for training", 0.1, 0.9, 0.1),
    "batch_size": ("Batch size", 1, 30, 1),
}
FRAME_SECONDS = 0.04
"""A frame is at most so often begun. Chosen by us: 25 a second look smooth."""
SAID = {
    "xor": "XOR", "corners": "XOR, four clouds", "circles": "circles", "moons": "moons", "spirals": "spirals",
    "gaussians": "two clouds", "plane": "plane (a height)", "hills": "hills (a height)",
}  # fmt: skip


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


def part(name: str) -> str:
    """A file of the page."""
    return files("pellucid.app").joinpath("pages", "playground", name).read_text("utf-8")


def playground(request: Request) -> None:
    """Build the page for one browser."""
    shell("Playground")
    ui.page_title("pellucid: playground")
    ui.add_css(part("playground.css"))
    ui.add_body_html(f"<script>{part('playground.js')}</script>")
    browser = OneBrowser(ui.context.client)
    try:
        desk = Desk(experiment_of(dict(request.query_params)), browser, request.query_params.get("weights", ""))
    except BadInput as problem:
        desk = Desk(Experiment(), browser)
        ui.notify(f"{problem} The usual experiment is shown.", type="warning")
    _controls(desk)
    with ui.element("div").classes("play"):
        _sources(desk)
        with ui.element("section").classes("card network").props('aria-label="The network"'):
            _layers(desk)
            ui.html(part("network.html"), sanitize=False)
        ui.html(part("results.html"), sanitize=False)
    ui.on("choose", lambda event: desk.choose(event.args))
    ui.on("edit", lambda event: desk.edit(event.args))
    ui.on("drawn", lambda: setattr(desk, "drawn", True))
    ui.timer(FRAME_SECONDS, desk.tick)
    browser.run("playground.ready()")
    desk.show_all()


def _controls(desk: Desk) -> None:
    """Run, step, reset; and how it learns."""

    with ui.row().classes("items-center w-full"):
        button = ui.button("Run", on_click=lambda: desk.set_running(not desk.running)).props("data-name=run")

        def relabel() -> None:
            button.set_text("Pause" if desk.running else "Run")

        desk.on_running.append(relabel)
        ui.button("Step", on_click=desk.step).props("outline data-name=step").tooltip("One mini-batch")
        reset = ui.button("Reset", on_click=lambda: desk.begin()).props("outline data-name=reset")
        reset.tooltip("The same points and first weights")
        anew = ui.button("New draw", on_click=lambda: desk.begin(seed=desk.playing.experiment.seed + 1))
        anew.props("outline data-name=new").tooltip("Other points and other first weights")
        link = ui.button("Link with weights", on_click=desk.link_weights).props("flat data-name=link")
        link.tooltip("Puts the weights, as they are now, into the address")
        for name, (label, choices) in CHOICES.items():
            _select(desk, label, name, choices)


def _select(desk: Desk, label: str, name: str, choices: tuple[Any, ...]) -> None:
    value = getattr(desk.playing.experiment, name)
    options = list(choices) if value in choices else sorted({*choices, value})  # a link may name any number
    chosen = ui.select(options, value=value, label=label, on_change=lambda event: desk.begin(**{name: event.value}))
    chosen.classes("w-32").props(f"dense data-name={name}")


def _sources(desk: Desk) -> None:
    """Which points, how many, how noisy; and what the network is told of them."""
    experiment = desk.playing.experiment
    with ui.element("section").classes("card").props('aria-label="Data"'):
        ui.html("<h2>Data</h2>", sanitize=False)
        toys = {name: SAID[name] for name in (*CLASS_TOYS, *HEIGHT_TOYS)}
        problem = ui.select(
            toys, value=experiment.toy, label="Problem", on_change=lambda event: desk.begin(toy=event.value)
        )
        problem.props("dense data-name=toy")
        for name, (label, low, high, step) in SLIDERS.items():
            value = getattr(experiment, name)
            said = ui.label(f"{label}: {value:g}").classes("text-sm")
            slider = ui.slider(min=low, max=high, step=step, value=value, on_change=_slid(desk, said, label, name))
            slider.props(f'data-name={name} aria-label="{label}"')
        ui.html("<h2>Features</h2>", sanitize=False)
        for name, (written, _) in FEATURES.items():
            box = ui.checkbox(written, value=name in experiment.features, on_change=_ticked(desk, name))
            box.classes("feature").props(f"dense data-name=feature-{name}")


def _slid(desk: Desk, said: ui.label, label: str, name: str) -> Callable[[Any], None]:
    def change(event: Any) -> None:
        said.set_text(f"{label}: {event.value:g}")
        desk.begin(**{name: event.value})

    return change


def _ticked(desk: Desk, name: str) -> Callable[[Any], None]:
    def change(event: Any) -> None:
        held = desk.playing.experiment.features
        wanted = tuple(one for one in FEATURES if (event.value if one == name else one in held))
        if wanted:
            desk.begin(features=wanted)
        else:
            desk.browser.warn("A network needs a feature.")
            event.sender.set_value(True)

    return change


def _layers(desk: Desk) -> None:
    """Layers and units to add and to take away."""

    @ui.refreshable
    def shown() -> None:
        hidden = desk.playing.experiment.hidden
        with ui.element("div").classes("layers"):
            ui.label("1 hidden layer" if len(hidden) == 1 else f"{len(hidden)} hidden layers")
            if len(hidden) < MOST_LAYERS:
                _small(desk, "add", "add-layer", "Add a layer", (*hidden, 2))
            if hidden:
                _small(desk, "remove", "remove-layer", "Take the last layer away", hidden[:-1])
            for layer, units in enumerate(hidden):
                ui.label(f"h{layer + 1}: {units}").classes("q-ml-md")
                for way, icon, more in ((1, "add", "more"), (-1, "remove", "less")):
                    if 1 <= units + way <= MOST_UNITS:
                        wanted = (*hidden[:layer], units + way, *hidden[layer + 1 :])
                        _small(desk, icon, f"{icon}-unit-{layer + 1}", f"One unit {more} in layer {layer + 1}", wanted)

    shown()

    def again() -> None:
        shown.refresh()

    desk.refresh.append(again)


def _small(desk: Desk, icon: str, name: str, what: str, wanted: tuple[int, ...]) -> None:
    """A round button that gives the network other hidden layers."""
    button = ui.button(icon=icon, on_click=lambda: desk.begin(hidden=wanted))
    button.props(f'round dense size=xs data-name={name} aria-label="{what}"').tooltip(what)
