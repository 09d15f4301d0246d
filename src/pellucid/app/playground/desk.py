"""One browser's experiment: what its controls do, and what is handed to the page's own script."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from pellucid.app.browser import Browser
from pellucid.app.playground.experiment import Experiment
from pellucid.app.playground.frame import frame_of, still_of
from pellucid.app.playground.hiding import HIDEABLE, hidden_of, shown_of
from pellucid.app.playground.link import numbers_of, text_of
from pellucid.app.playground.panel import panel_of
from pellucid.app.playground.playing import Playing
from pellucid.blocks.toy_features import FEATURES
from pellucid.errors import BadInput

LEARN_SECONDS = 0.02
"""So long it learns for one frame at most, so that other browsers are not kept waiting. Chosen by us."""
PATIENCE_SECONDS = 1.0
"""After so long a frame that the browser did not draw is taken as lost. Chosen by us."""


class Desk:
    """What a browser sees of its experiment.

    Attributes:
        playing: the experiment under way.
        running: whether it learns by itself.
        drawn: whether the browser has drawn the last frame.
        hidden: names of HIDEABLE that the browser does not show.
        shown: names of SHOWABLE that it does.
        refresh: called when another experiment has begun.
        on_running: called when it begins or ends to learn by itself.
    """

    def __init__(
        self, experiment: Experiment, browser: Browser, weights: str = "", hide: str = "", show: str = ""
    ) -> None:
        """Begin with an experiment, at rest; with the weights of a link, and what it hides and shows, if it says so.

        Raises:
            BadInput: weights that are not those of this experiment's network, or names that are not known.
        """
        self.playing = Playing(experiment)
        if weights:
            self.playing.set_all(numbers_of(weights))
        self._linked = bool(weights)
        self.hidden, self.shown = hidden_of(hide), shown_of(show)
        self.browser = browser
        self.running = False
        self.drawn = True
        self.refresh: list[Callable[[], None]] = []
        self.on_running: list[Callable[[], None]] = []
        self._sent = 0.0
        self._asked: Mapping[str, Any] | None = None

    def begin(self, **changes: Any) -> None:
        """Start anew with changed settings; what cannot be is told, and nothing changes."""
        try:
            self.playing = Playing(self.playing.experiment.with_(**changes))
        except BadInput as problem:
            self.browser.warn(str(problem))
            return
        self._asked, self._linked = None, False
        self.show_all()

    def tune(self, **changes: Any) -> None:
        """Go on with other settings of learning; what cannot be is told, and nothing changes."""
        try:
            self.playing.tune(**changes)
        except BadInput as problem:
            self.browser.warn(str(problem))
            return
        self._put_link()

    def hide(self, name: str, hidden: bool) -> None:
        """Hide a part of the page, or show it again; the link says so from now on."""
        self.hidden = tuple(one for one in HIDEABLE if (hidden if one == name else one in self.hidden))
        self._call("hide", self.hidden)
        self._put_link()

    def show(self, told: Any) -> None:
        """The link says from now on what the browser shows besides."""

        def keep() -> None:
            self.shown = shown_of("-".join(told))
            self._put_link()

        self._guarded(keep)

    def build(self, told: Any) -> None:
        """Give the network other hidden layers."""
        self._guarded(lambda: self.begin(hidden=tuple(int(units) for units in told)))

    def show_all(self) -> None:
        """Everything, and the URL that leads back to it."""
        still = still_of(self.playing)
        self._call("still", still | {"names": [FEATURES[name][0] for name in still["features"]]})
        self._call("hide", self.hidden)
        self._call("show", self.shown)
        self._put_link()
        for refresh in self.refresh:
            refresh()
        self.show_frame()

    def link_weights(self) -> None:
        """A link that leads back to these very weights, for as long as they stay as they are."""
        self._linked = True
        self._put_link()
        self.browser.tell("The address holds these weights now: copy it to share them.")

    def _weights_changed(self) -> None:
        """The link leads back to others: they are taken out of it."""
        if self._linked:
            self._linked = False
            self._put_link()

    def _put_link(self) -> None:
        weights = text_of(self.playing.all_numbers()) if self._linked else ""
        also = {"hide": "-".join(self.hidden), "show": "-".join(self.shown), "weights": weights}
        parts = (self.playing.experiment.query(), *(f"{name}={text}" for name, text in also.items() if text))
        query = "&".join(part for part in parts if part)
        self.browser.run(f"history.replaceState(null, '', {json.dumps('?' + query if query else '/')})")

    def show_frame(self, frame: dict[str, Any] | None = None) -> None:
        """What moves, as it stands; or a frame that is made already."""
        self.drawn, self._sent = False, time.monotonic()
        self._call("frame", frame or frame_of(self.playing))
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
        self._weights_changed()

    def step(self) -> None:
        """One mini-batch."""
        self.playing.step()
        self._weights_changed()
        self._show_learned()

    def _show_learned(self) -> None:
        """A frame; or, where the loss is no number any more, why it stops."""
        frame = frame_of(self.playing)
        if math.isfinite(frame["losses"][1]):
            self.show_frame(frame)
            return
        self.set_running(False)
        self.browser.warn("The loss is no longer a number: choose a smaller learning rate, or reset.")

    def set_running(self, running: bool) -> None:
        """Learn by itself from now on, or rest."""
        self.running = running
        for refresh in self.on_running:
            refresh()

    def choose(self, told: Any) -> None:
        """Open the arithmetic behind a value of the page."""

        def open_it() -> None:
            asked, self._asked = dict(told), None
            self._show(asked, fresh=True)
            self._asked = asked

        self._guarded(open_it)

    def edit(self, told: Any) -> None:
        """Set a weight or a bias by hand; where it cannot be, the panel shows the one that is there again."""

        def change() -> None:
            feature = dict(told).get("feature")
            at = int(told["layer"]), int(told["unit"]), None if feature is None else int(feature)
            self.playing.set_number(*at, _number_of(told["value"]))
            self._weights_changed()
            self.show_frame()

        self._guarded(change)
        self._show_panel(fresh=True)

    def _show_panel(self, fresh: bool = False) -> None:
        """What was asked for, if anything; `fresh` even where someone types."""
        if self._asked is not None:
            self._show({**self._asked, "feature": None}, fresh)

    def _show(self, told: Mapping[str, Any], fresh: bool) -> None:
        self._call("panel", panel_of(self.playing, told) | {"fresh": fresh, "feature": told.get("feature")})

    def _call(self, what: str, told: Any) -> None:
        self.browser.run(f"playground.{what}({json.dumps(told)})")

    def _guarded(self, what: Callable[[], None]) -> None:
        """Do what a browser asked for, or say why it cannot be."""
        try:
            what()
        except (BadInput, KeyError, TypeError, ValueError) as problem:
            self.browser.warn(str(problem))


def _number_of(value: Any) -> float:
    """What was typed; nothing, or no number, is as good as NaN, and refused like it."""
    try:
        return float(value)
    except ValueError:
        return math.nan
