"""The controls of a lesson: run, step, reset; what learns and how; what is kept. Lists show what really is set."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from pellucid.app.live.desk import LiveDesk
from pellucid.app.live.shelf import recordings_in
from pellucid.learn.settings import CHOICES

BY_RULE = "by rule"
MODELS = {"linear": "linear", "mlp": "mlp", "cnn": "cnn"}
WIDTHS = {None: BY_RULE, (8,): "8", (32,): "32", (128,): "128", (32, 16): "32, 16"}
RATES = (0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
BATCHES = (1, 8, 32, 64, 128, 256)
EPOCHS = (1, 2, 5, 10, 20, 40, 100)
PACES = {0.0: "as fast as it can", 0.05: "20 steps a second", 0.2: "5 steps a second", 1.0: "1 step a second"}


def add_controls(desk: LiveDesk) -> None:
    """Put them on the page."""
    with ui.row().classes("items-center w-full"):
        button = ui.button("Run", on_click=desk.toggle).props("no-caps data-name=live-run")
        _hint(button, "Learn, step after step; the space bar does it, too")
        step = ui.button("Step", on_click=desk.step).props("outline no-caps data-name=live-step")
        _hint(step, "One mini-batch")
        reset = ui.button("Reset", on_click=lambda: desk.begin()).props("outline no-caps data-name=live-reset")
        _hint(reset, "The same first weights")
        anew = ui.button("New weights", on_click=lambda: desk.begin(seed=desk.told.seed + 1))
        anew.props("outline no-caps data-name=live-new")
        _hint(anew, "Other first weights, and another order of the images")
        _setting(desk, "Model", "model", MODELS)
        widths = _setting(desk, "Hidden units", "hidden", WIDTHS)
        _setting(desk, "Learning rate", "learning_rate", _or_by_rule(RATES))
        _setting(desk, "Batch size", "batch_size", _or_by_rule(BATCHES))
        _setting(desk, "Optimizer", "optimizer", {name: name for name in CHOICES["optimizer"]})
        _setting(desk, "Epochs", "epochs", _or_by_rule(EPOCHS))
        pace = ui.select(PACES, value=0.0, label="Pace").classes("w-40").props("dense data-name=live-pace")
        pace.on_value_change(lambda event: setattr(desk.lesson, "pace", float(event.value)))
        _recordings(desk)

    def relabel() -> None:
        lesson = desk.lesson
        over = bool(lesson.finished or lesson.problem)
        button.set_text("Pause" if lesson.running else "Run")
        button.set_enabled(not over)
        step.set_enabled(not over)
        widths.set_visibility(desk.told.model == "mlp")

    desk.refresh.append(relabel)


def _recordings(desk: LiveDesk) -> None:
    """Keep the run, and open those that were kept."""

    def names() -> dict[str, str]:
        return {"": "this run", **{name: name for name in recordings_in(desk.folder)}}

    async def chosen() -> None:
        if shown.value != desk.opened:
            await desk.open(str(shown.value))

    shown = ui.select(names(), value="", label="Recording", on_change=chosen)
    shown.classes("w-56").props("dense data-name=live-recording")
    shown.on("popup-show", lambda: shown.set_options(names()))
    button = ui.button("Save recording", on_click=desk.save).props("outline no-caps data-name=live-save")
    _hint(button, "Every moment of this run in one file, to be replayed")

    def relist() -> None:
        shown.set_options(names(), value=desk.opened)
        button.set_enabled(desk.lesson.recording.is_kept)

    desk.refresh.append(relist)


def _setting(desk: LiveDesk, label: str, name: str, options: dict[Any, str]) -> ui.select:
    """A list of values for a setting; a link may have named any other, which then stands in it, too."""
    values = list(options)
    value = getattr(desk.told, name)
    if value not in values:
        values.append(value)
    texts = [options.get(one) or _text(one) for one in values]

    async def change() -> None:
        wanted = values[texts.index(str(chosen.value))]
        if wanted == getattr(desk.told, name):  # the list was only put right
            return
        changes: dict[str, Any] = {name: wanted}
        if name == "model" and wanted != "mlp":
            changes["hidden"] = None
        await desk.begin(**changes)

    chosen = ui.select(texts, value=texts[values.index(value)], label=label, on_change=change)

    def put_right() -> None:
        now = getattr(desk.told, name)
        if now in values:
            chosen.set_value(texts[values.index(now)])

    desk.refresh.append(put_right)
    return chosen.classes("w-32").props(f"dense data-name=live-{name.replace('_', '-')}")


def _hint(button: ui.button, said: str) -> None:
    """What a button does, for who rests on it."""
    with button:
        ui.tooltip(said).props("delay=700")


def _or_by_rule(values: tuple[Any, ...]) -> dict[Any, str]:
    return {None: BY_RULE, **{value: _text(value) for value in values}}


def _text(value: Any) -> str:
    """A setting in a list.

    >>> _text((32, 16)), _text(12345), _text(0.001)
    ('32, 16', '12,345', '0.001')
    """
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)
