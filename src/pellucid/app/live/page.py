"""One's own images as a page: a model that learns from them before one's eyes, and a slider back through its run."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from nicegui import Client, app, run, ui
from starlette.requests import Request
from starlette.responses import HTMLResponse

from pellucid.app.browser import OneBrowser
from pellucid.app.live.desk import LiveDesk
from pellucid.app.live.link import settings_of
from pellucid.app.live.shelf import recordings_in
from pellucid.app.live.subject import Subject
from pellucid.app.shell import part, script, shell
from pellucid.auditing import page_of
from pellucid.errors import BadInput
from pellucid.learn import Settings
from pellucid.learn.settings import CHOICES

TICK_SECONDS = 0.05
"""So often it is looked whether there is something new. Chosen by us."""
BY_RULE = "by rule"
MODELS = {"linear": "linear", "mlp": "mlp", "cnn": "cnn"}
WIDTHS = {None: BY_RULE, (8,): "8", (32,): "32", (128,): "128", (32, 16): "32, 16"}
RATES = (0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
BATCHES = (1, 8, 32, 64, 128, 256)
EPOCHS = (1, 2, 5, 10, 20, 40, 100)
PACES = {0.0: "as fast as it can", 0.05: "20 steps a second", 0.2: "5 steps a second", 1.0: "1 step a second"}


def add_pages(subject: Subject, folder: Path, said: str = "") -> None:
    """Put a source into the app.

    Args:
        subject: what is learned from.
        folder: where recordings are kept.
        said: a line above the page; empty for none.
    """
    desks: dict[str, LiveDesk] = {}

    @app.get("/images/audit")
    def audit() -> HTMLResponse:
        return HTMLResponse(audited())

    @cache
    def audited() -> str:
        return page_of(subject.dataset)

    @ui.page("/images")
    def images(request: Request) -> None:
        shell("Your images")
        ui.page_title(f"pellucid: {subject.name}")
        ui.add_css(part("live/live.css"))
        client = ui.context.client
        browser = OneBrowser(client)
        try:
            desk = LiveDesk(subject, settings_of(dict(request.query_params)), browser, folder)
        except BadInput as problem:
            ui.notify(f"{problem} The usual settings are taken.", type="warning")
            desk = LiveDesk(subject, Settings(model="linear"), browser, folder)
        desks[client.id] = desk
        _head(subject, said)
        _controls(desk)
        ui.html(part("live/live.html"), sanitize=False).classes("w-full")
        ui.add_body_html(script("palette.js", "live/live.js"))
        _listen(desk)
        browser.run("live.ready()")
        desk.show_all()

    def leave(client: Client) -> None:
        if client.id in desks:
            desks.pop(client.id).lesson.end()

    def close() -> None:
        for desk in desks.values():
            desk.lesson.end()

    app.on_delete(leave)
    app.on_shutdown(close)


def _listen(desk: LiveDesk) -> None:
    """What the page's own script asks for."""
    ui.on("live-drawn", lambda: setattr(desk, "drawn", True))
    ui.on("live-at", lambda event: desk.go_to(int(event.args)))
    ui.on("live-choose", lambda event: desk.choose(int(event.args)))
    ui.on("live-cell", lambda event: desk.work_out(event.args))
    ui.on("live-class", lambda event: desk.work_out_class(int(event.args)))
    ui.timer(TICK_SECONDS, desk.tick)


def _head(subject: Subject, said: str) -> None:
    """What is learned from."""
    dataset, counts = subject.dataset, subject.split.counts()
    channels, high, wide = dataset.images.shape[1:]
    colours = "grey" if channels == 1 else "colour"
    ui.label(
        f"{subject.name}: {len(dataset):,} {colours} images of {high} x {wide} pixels, {len(dataset.classes)} classes. "
        f"It learns from {counts['train']:,}; losses and worst cases are of {len(subject.looked_at):,} of "
        f"{counts['valid']:,} validation images. The {counts['held_out']:,} held out are not looked at: "
        "pellucid train measures on them."
    ).classes("text-sm").props("data-name=source")
    if said:
        ui.label(said).classes("text-sm")
    audit = ui.link(
        "Audit of these images: leaks, twins, blanks and shortcuts, as pictures", "/images/audit", new_tab=True
    )
    audit.classes("way text-sm").props("data-name=audit")


def _controls(desk: LiveDesk) -> None:
    """Run, step, reset; what learns and how; what is kept."""
    with ui.row().classes("items-center w-full"):
        button = ui.button("Run", on_click=desk.toggle).props("no-caps data-name=live-run")
        ui.button("Step", on_click=desk.step).props("outline no-caps data-name=live-step").tooltip("One mini-batch")
        reset = ui.button("Reset", on_click=lambda: desk.begin()).props("outline no-caps data-name=live-reset")
        reset.tooltip("The same first weights")
        anew = ui.button("New draw", on_click=lambda: desk.begin(seed=desk.told.seed + 1))
        anew.props("outline no-caps data-name=live-new").tooltip("Other first weights, and another order of the images")
        _select(desk, "Model", "model", MODELS)
        widths = _select(desk, "Hidden units", "hidden", WIDTHS)
        _select(desk, "Learning rate", "learning_rate", _or_by_rule(RATES))
        _select(desk, "Batch size", "batch_size", _or_by_rule(BATCHES))
        _select(desk, "Optimizer", "optimizer", {name: name for name in CHOICES["optimizer"]})
        _select(desk, "Epochs", "epochs", _or_by_rule(EPOCHS))
        pace = ui.select(PACES, value=0.0, label="Pace").classes("w-40").props("dense data-name=live-pace")
        pace.on_value_change(lambda event: setattr(desk.lesson, "pace", float(event.value)))
        _recordings(desk)

    def relabel() -> None:
        button.set_text("Pause" if desk.lesson.running else "Run")
        widths.set_visibility(desk.told.model == "mlp")
        button.set_enabled(not (desk.lesson.finished or desk.lesson.problem))

    desk.refresh.append(relabel)


def _recordings(desk: LiveDesk) -> None:
    """Keep the run, and open those that were kept."""
    names: dict[str, str] = {"": "this run", **{name: name for name in recordings_in(desk.folder)}}
    shown = ui.select(names, value="", label="Recording", on_change=lambda event: desk.open(event.value))
    shown.classes("w-56").props("dense data-name=live-recording")

    async def save() -> None:
        desk.lesson.pause()
        await run.io_bound(desk.lesson.wait, 10.0)
        if name := desk.save():
            names[name] = name
            shown.set_options(names)

    button = ui.button("Save recording", on_click=save).props("outline no-caps data-name=live-save")
    button.tooltip("Every moment of this run in one file, to be replayed")


def _or_by_rule(values: tuple[Any, ...]) -> dict[Any, str]:
    return {None: BY_RULE, **{value: f"{value:g}" for value in values}}


def _select(desk: LiveDesk, label: str, name: str, options: dict[Any, str]) -> ui.select:
    """A list of values for a setting; a link may have named any other, which then stands in it too."""
    value = getattr(desk.told, name)
    if value not in options:
        options = {**options, value: ", ".join(map(str, value)) if isinstance(value, tuple) else f"{value:g}"}
    keys, texts = list(options), list(options.values())
    chosen = ui.select(texts, value=options[value], label=label, on_change=_chosen(desk, name, keys, texts))
    return chosen.classes("w-32").props(f"dense data-name=live-{name.replace('_', '-')}")


def _chosen(desk: LiveDesk, name: str, keys: list[Any], texts: list[str]) -> Callable[[Any], None]:
    def change(event: Any) -> None:
        changes = {name: keys[texts.index(event.value)]}
        if name == "model" and changes["model"] != "mlp":
            changes["hidden"] = None
        desk.begin(**changes)

    return change
