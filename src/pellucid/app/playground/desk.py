"""One browser's experiment: what its controls do, and what is handed to the page's own script."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from pellucid.app.playground.arithmetic import unit_sum
from pellucid.app.playground.experiment import Experiment
from pellucid.app.playground.frame import frame_of, still_of
from pellucid.app.playground.link import numbers_of, text_of
from pellucid.app.playground.playing import Playing
from pellucid.blocks.toy_features import FEATURES
from pellucid.errors import BadInput

LEARN_SECONDS = 0.02
"""So long it learns for one frame at most, so that other browsers are not kept waiting. Chosen by us."""
PATIENCE_SECONDS = 1.0
"""After so long a frame that the browser did not draw is taken as lost. Chosen by us."""


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


class Desk:
    """What a browser sees of its experiment.

    Attributes:
        playing: the experiment under way.
        running: whether it learns by itself.
        drawn: whether the browser has drawn the last frame.
        refresh: called when the shape of the experiment has changed.
        on_running: called when it begins or ends to learn by itself.
    """

    def __init__(self, experiment: Experiment, browser: Browser, weights: str = "") -> None:
        """Begin with an experiment, at rest; with the weights of a link, if it holds any.

        Raises:
            BadInput: weights that are not those of this experiment's network.
        """
        self.playing = Playing(experiment)
        if weights:
            self.playing.set_all(numbers_of(weights))
        self.browser = browser
        self.running = False
        self.drawn = True
        self.refresh: list[Callable[[], None]] = []
        self.on_running: list[Callable[[], None]] = []
        self._sent = 0.0
        self._chosen: tuple[int, int] | None = None
        self._place = (0.4, 0.4)

    def begin(self, **changes: Any) -> None:
        """Start anew with changed settings; what cannot be is told, and nothing changes."""
        try:
            self.playing = Playing(self.playing.experiment.with_(**changes))
        except BadInput as problem:
            self.browser.warn(str(problem))
            return
        self._chosen = None
        self.show_all()

    def show_all(self) -> None:
        """Everything, and the URL that leads back to it."""
        still = still_of(self.playing)
        self._call("still", still | {"names": [FEATURES[name][0] for name in still["features"]]})
        self._put_link(self.playing.experiment.query())
        for refresh in self.refresh:
            refresh()
        self.show_frame()

    def link_weights(self) -> None:
        """A link that leads back to these very weights."""
        weights = f"weights={text_of(self.playing.all_numbers())}"
        query = self.playing.experiment.query()
        self._put_link(f"{query}&{weights}" if query else weights)
        self.browser.tell("The address holds these weights now: copy it to share them.")

    def _put_link(self, query: str) -> None:
        self.browser.run(f"history.replaceState(null, '', {json.dumps('?' + query if query else '/')})")

    def show_frame(self) -> None:
        """What moves."""
        self.drawn, self._sent = False, time.monotonic()
        self._call("frame", frame_of(self.playing))
        if self._chosen:
            self._show_panel()

    def tick(self) -> None:
        """Learn a little and show it, if the browser keeps up."""
        lost = time.monotonic() - self._sent > PATIENCE_SECONDS
        if self.running and (self.drawn or lost):
            self._learn()
            self._show_learned()

    def _learn(self) -> None:
        """One epoch, or as much of it as a frame has time for."""
        until, epoch = time.perf_counter() + LEARN_SECONDS, self.playing.epoch
        while self.playing.epoch < epoch + 1 and time.perf_counter() < until:
            self.playing.step()

    def step(self) -> None:
        """One mini-batch."""
        self.playing.step()
        self._show_learned()

    def _show_learned(self) -> None:
        """A frame; or, where the loss is no number any more, why it stops."""
        if math.isfinite(self.playing.losses().train):
            self.show_frame()
            return
        self.set_running(False)
        self.browser.warn("The loss is no longer a number: choose a smaller learning rate, or reset.")

    def set_running(self, running: bool) -> None:
        """Learn by itself from now on, or rest."""
        self.running = running
        for refresh in self.on_running:
            refresh()

    def choose(self, told: dict[str, Any]) -> None:
        """Open the arithmetic of a unit at a place."""

        def open_it() -> None:
            self._chosen = int(told["layer"]), int(told["unit"])
            self._place = float(told["place"][0]), float(told["place"][1])
            self._show_panel(fresh=True, feature=told.get("feature"))

        self._guarded(open_it)

    def edit(self, told: dict[str, Any]) -> None:
        """Set a weight or a bias by hand."""

        def change() -> None:
            feature = told.get("feature")
            at = int(told["layer"]), int(told["unit"]), None if feature is None else int(feature)
            self.playing.set_number(*at, float(told["value"]))
            self.show_frame()
            self._show_panel(fresh=True)

        self._guarded(change)

    def _show_panel(self, fresh: bool = False, feature: int | None = None) -> None:
        """The arithmetic of the chosen unit; `fresh` even while someone types in it."""
        if self._chosen is None:
            return
        found = unit_sum(self.playing, *self._chosen, *self._place)
        terms = [
            {"name": one.name, "value": one.value, "weight": one.weight, "product": one.product} for one in found.terms
        ]
        facts = {
            "name": found.name,
            "terms": terms,
            "bias": found.bias,
            "total": found.total,
            "bent": found.lines()[-1],
        }
        self._call("panel", facts | {"place": self._place, "fresh": fresh, "feature": feature})

    def _call(self, what: str, told: Any) -> None:
        self.browser.run(f"playground.{what}({json.dumps(told)})")

    def _guarded(self, what: Callable[[], None]) -> None:
        """Do what a browser asked for, or say why it cannot be."""
        try:
            what()
        except (BadInput, KeyError, TypeError, ValueError) as problem:
            self._chosen = None
            self.browser.warn(str(problem))
