"""What one browser sees of its lesson, and what it may ask for: run, step, replay, another image, the arithmetic."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pellucid.app.browser import Browser
from pellucid.app.live.answering import lines_of_class, lines_of_pixel
from pellucid.app.live.lesson import Lesson
from pellucid.app.live.link import query_of
from pellucid.app.live.moment import Moment
from pellucid.app.live.recording import MOST_PARAMETERS, Recording, load_recording
from pellucid.app.live.shelf import name_for, recording_at
from pellucid.app.live.subject import Subject
from pellucid.app.live.view import View, picture_of
from pellucid.errors import PellucidError
from pellucid.learn import Settings

PATIENCE_SECONDS = 2.0
"""After so long a frame that the browser did not draw is taken as lost. Chosen by us."""


class LiveDesk:
    """A lesson, and the recording that is looked at: the lesson's own, or one from a file.

    Attributes:
        lesson: what learns.
        drawn: whether the browser has drawn the last frame.
        refresh: called when something that buttons show has changed.
    """

    def __init__(self, subject: Subject, told: Settings, browser: Browser, folder: Path) -> None:
        """Begin at rest.

        Args:
            subject: what is learned from.
            told: settings that were asked for.
            browser: whose desk it is.
            folder: where recordings are kept.
        Raises:
            BadInput: the settings do not fit the images.
        """
        self.lesson = Lesson(subject, told)
        self.told, self.browser, self.folder = told, browser, folder
        self.drawn = True
        self.refresh: list[Callable[[], None]] = []
        self.view = View(self.lesson.recording)
        self.row = int(subject.probes[0])
        self._at: int | None = None  # None: the newest
        self._shown: object = None
        self._said: object = None
        self._sent = 0.0
        self._pictured: set[int] = set()

    @property
    def is_own(self) -> bool:
        """Whether the lesson's own recording is looked at."""
        return self.view.recording is self.lesson.recording

    def begin(self, **changes: Any) -> None:
        """Start anew with changed settings; what cannot be is told, and nothing changes."""

        def start() -> None:
            told = Settings.of(replace(self.told, **changes).told(), "settings")
            pace, lesson = self.lesson.pace, Lesson(self.lesson.subject, told)
            self.lesson.end()
            lesson.pace = pace
            self.lesson, self.told = lesson, told
            self._look_at(lesson.recording)
            query = query_of(told)
            path = f"/images?{query}" if query else "/images"
            self.browser.run(f"history.replaceState(null, '', {json.dumps(path)})")

        self._guarded(start)

    def open(self, name: str) -> None:
        """Look at a recording of the folder, or with an empty name at the lesson's own."""

        def look() -> None:
            self.lesson.pause()
            if name:
                self._look_at(load_recording(recording_at(self.folder, name)), at=0)
            else:
                self._look_at(self.lesson.recording)

        self._guarded(look)

    def save(self) -> str:
        """Write the lesson's recording into the folder; its name, or empty where it could not be."""
        saved: list[str] = []

        def write() -> None:
            path = name_for(self.folder, self.lesson.recording.about)
            self.lesson.recording.save(path)
            saved.append(path.name)
            self.browser.tell(f"Saved as {path}.")

        self._guarded(write)
        return saved[0] if saved else ""

    def _look_at(self, recording: Recording, at: int | None = None) -> None:
        self.view, self._at = View(recording), at
        self.row = recording.about.probes[0]
        self.show_all()

    def show_all(self) -> None:
        """Everything anew."""
        about, self._pictured = self.view.recording.about, set()
        still = {
            "source": about.source,
            "model": about.settings["model"],
            "parameters": about.parameters,
            "recorded": about.parameters <= MOST_PARAMETERS,
            "most_parameters": MOST_PARAMETERS,
            "own": self.is_own,
            "steps": self.lesson.steps if self.is_own else self.view.recording.moments[-1].step,
            "probes": list(about.probes),
        }
        self._call("still", still)
        self._shown = self._said = None
        self._picture(*about.probes)
        self.show_frame()
        self.show_state()

    def show_frame(self) -> None:
        """The moment that is looked at."""
        moments = self.view.recording.moments
        at = len(moments) - 1 if self._at is None else min(self._at, len(moments) - 1)
        moment = moments[at]
        self._picture(*map(int, moment.worst_rows), self.row)
        self.drawn, self._sent = False, time.monotonic()
        self._shown = (moment.step, self.row, len(moments))
        self._call("frame", self.view.frame(moments, at, self.row) | {"newest": self._at is None})

    def show_state(self) -> None:
        """What buttons and notes say."""
        lesson = self.lesson
        findings = [{"kind": one.kind, "told": one.told, "mend": one.mend, "step": one.step} for one in lesson.findings]
        said = {
            "running": lesson.running, "finished": lesson.finished, "problem": lesson.problem, "looks": lesson.looks,
            "findings": findings, "own": self.is_own,
        }  # fmt: skip
        if said != self._said:
            self._said = said
            self._call("state", said)
            for refresh in self.refresh:
                refresh()

    def tick(self) -> None:
        """Show what is new, if the browser keeps up."""
        if not self.drawn and time.monotonic() - self._sent < PATIENCE_SECONDS:
            return
        moments = self.view.recording.moments
        if self.is_own and self._at is None and self._shown != (moments[-1].step, self.row, len(moments)):
            self.show_frame()
        self.show_state()

    def toggle(self) -> None:
        """Run, or pause."""
        if self.lesson.running:
            self.lesson.pause()
        else:
            self.newest()
            self.lesson.run()
        self.show_state()

    def step(self) -> None:
        """One mini-batch."""
        self.newest()
        self.lesson.step()

    def newest(self) -> None:
        """Look at what is learned now."""
        if not self.is_own:
            self._look_at(self.lesson.recording)
        self._at = None

    def go_to(self, at: int) -> None:
        """Look at a moment; the last one follows what is learned."""
        last = len(self.view.recording.moments) - 1
        self._at = None if at >= last else max(0, at)
        self.show_frame()

    def choose(self, row: int) -> None:
        """Look at another image that is in view."""

        def show() -> None:
            self.view.recording.cases.case(row)
            self.row = row
            self.show_frame()

        if row in self._pictured:  # no other image of the data set is handed out
            self._guarded(show)

    def work_out(self, told: dict[str, Any]) -> None:
        """Say what a pixel of a picture is, and for an activation the arithmetic that made it."""

        def say() -> None:
            pixel = (int(told["picture"]), int(told["row"]), int(told["column"]))
            lines = lines_of_pixel(self.view, self._moment(), self.row, str(told["kind"]), int(told["sheet"]), pixel)
            self._call("told", {"lines": lines, "step": self._moment().step})

        self._guarded(say)

    def work_out_class(self, number: int) -> None:
        """Say the arithmetic of a class's logit for the image that is shown."""

        def say() -> None:
            lines = lines_of_class(self.view, self._moment(), self.row, number)
            self._call("told", {"lines": lines, "step": self._moment().step})

        self._guarded(say)

    def _moment(self) -> Moment:
        moments = self.view.recording.moments
        return moments[-1 if self._at is None else min(self._at, len(moments) - 1)]

    def _picture(self, *rows: int) -> None:
        """Send images that the browser does not hold yet; what a recording did not keep has none."""
        for row in dict.fromkeys(rows):
            if row not in self._pictured:
                try:
                    self._call("picture", picture_of(self.view.recording.cases.case(row)))
                except PellucidError:  # the page says that it was not kept
                    self._call("picture", {"row": row, "name": "not kept in the recording", "label": "", "src": ""})
                self._pictured.add(row)

    def _call(self, what: str, told: Any) -> None:
        self.browser.run(f"live.{what}({json.dumps(told, allow_nan=False)})")

    def _guarded(self, what: Callable[[], None]) -> None:
        """Do what a browser asked for, or say why it cannot be."""
        try:
            what()
        except (PellucidError, KeyError, IndexError, TypeError, ValueError) as problem:
            self.browser.warn(str(problem))
