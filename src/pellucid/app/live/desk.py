"""What one browser sees of its lesson, and what it may ask for: run, step, replay, another image, the arithmetic."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pellucid.app.browser import Browser
from pellucid.app.live.answering import lines_of_class, lines_of_pixel, whole
from pellucid.app.live.lesson import Lesson, like
from pellucid.app.live.link import query_of
from pellucid.app.live.moment import Moment
from pellucid.app.live.replaying import load_recording
from pellucid.app.live.shelf import name_for, recording_at
from pellucid.app.live.subject import Subject
from pellucid.app.live.view import View
from pellucid.app.live.window import Window
from pellucid.errors import BadInput, PellucidError
from pellucid.learn import Settings

LONG_SECONDS = 10.0
"""A run of so long is asked about before it is left unsaved. Chosen by us."""


class LiveDesk:
    """A lesson, and the recording that is looked at: the lesson's own, or one from a file.

    Attributes:
        lesson: what learns.
        told: settings that were asked for.
        opened: the name of the recording that is looked at; empty: the lesson's own.
        window: what the browser was sent.
        refresh: called when something that buttons and lists show has changed.
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
        self.told, self.folder, self.opened = told, folder, ""
        self._learning = told  # of the lesson; `told` may be ahead of it
        self.window = Window(browser)
        self.refresh: list[Callable[[], None]] = []
        self.view, self.row = View(self.lesson.recording), int(subject.probes[0])
        self._pinned: Moment | None = None  # None: the newest
        self._shown: tuple[Moment, int, int] | None = None
        self._question: Callable[[], None] | None = None
        self._begun, self._saved = 0, 0

    async def begin(self, **changes: Any) -> None:
        """Start anew with changed settings; what cannot be is told, and nothing changes."""
        self._begun += 1
        number = self._begun
        try:
            self.told = like(self.told, changes)  # at once, so that what is changed next goes on from there
            lesson = await asyncio.to_thread(Lesson, self.lesson.subject, self.told)
        except PellucidError as problem:
            if number == self._begun:
                self.told = self._learning
            self.window.browser.warn(str(problem))
            self._refresh()
            return
        if number != self._begun:  # something else was asked for since
            return
        lesson.pace = self.lesson.pace
        self.lesson.end()
        self.lesson, self._learning, self._saved = lesson, self.told, 0
        self._look_at(View(lesson.recording), "")
        query = query_of(self.told)
        self.window.go(f"/images?{query}" if query else "/images")

    async def open(self, name: str) -> None:
        """Look at a recording of the folder, or with an empty name at the lesson's own."""
        if not name:
            self._look_at(View(self.lesson.recording), "")
            return

        def prepared() -> View:
            recording = load_recording(recording_at(self.folder, name))
            view = View(recording)
            view.frame(recording.moments[0], recording.about.probes[0])  # what cannot be drawn is found here
            return view

        try:
            view = await asyncio.to_thread(prepared)
        except PellucidError as problem:
            self.window.browser.warn(str(problem))
            self._refresh()
            return
        self.lesson.pause()
        self._look_at(view, name)

    async def save(self) -> str:
        """Write the lesson's recording into the folder; its name, or empty where it could not be."""
        recording, number = self.lesson.recording, self._begun

        def written() -> Path:
            path = name_for(self.folder, recording.about)
            recording.save(path)
            return path

        step = self.lesson.moment.step
        try:
            path = await asyncio.to_thread(written)
        except PellucidError as problem:
            self.window.browser.warn(str(problem))
            return ""
        if number != self._begun:  # it was left, or begun anew
            return path.name
        self._saved = step
        self.window.browser.tell(f"Saved as {path}.")
        self._refresh()
        return path.name

    def close(self) -> None:
        """The browser has left: nothing large stays."""
        self._begun += 1
        self.lesson.end()
        self.refresh.clear()
        del self.lesson, self.view
        self._pinned = self._shown = self._question = None

    def _look_at(self, view: View, name: str) -> None:
        self.view, self.opened, self.row = view, name, view.recording.about.probes[0]
        self._pinned, self._question = view.recording.moments[0] if name else None, None
        self.show_all()
        self._refresh()

    def show_all(self) -> None:
        """Everything anew."""
        recording = self.view.recording
        steps = recording.moments[-1].step if self.opened else self.lesson.steps
        self.window.begin(self.view.still() | {"own": not self.opened, "steps": steps})
        self._shown = None
        self.window.picture(recording.cases, *recording.about.probes)
        self.show_frame()
        self.show_state()

    def show_frame(self) -> None:
        """The moment that is looked at."""
        recording = self.view.recording
        moments = recording.moments
        moment = self._pinned or moments[-1]
        at = sum(one.step <= moment.step for one in moments) - 1  # it may have been thinned away meanwhile
        self.window.picture(recording.cases, *map(int, moment.worst_rows), self.row)
        self._shown = (moment, self.row, len(moments))
        frame = self.view.frame(moment, self.row)
        self.window.frame(frame | {"at": max(0, at), "count": len(moments), "newest": self._pinned is None})
        if self._question is not None and not self._guarded(self._question):  # what is open follows the moment
            self._question = None

    def show_state(self) -> None:
        """What buttons and notes say."""
        lesson = self.lesson
        findings = [{"kind": one.kind, "told": one.told, "mend": one.mend, "step": one.step} for one in lesson.findings]
        unsaved = lesson.seconds > LONG_SECONDS and lesson.recording.is_kept and lesson.moment.step > self._saved
        said = {
            "running": lesson.running, "finished": lesson.finished, "problem": lesson.problem, "looks": lesson.looks,
            "begun": lesson.moment.step > 0, "findings": findings, "unsaved": unsaved,
        }  # fmt: skip
        if self.window.state(said):
            self._refresh()

    def tick(self) -> None:
        """Show what is new, if the browser keeps up."""
        if not self.window.is_ready:
            return
        moments = self.view.recording.moments
        if self._pinned is None and self._shown != (moments[-1], self.row, len(moments)):
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
        if self.opened:
            self._look_at(View(self.lesson.recording), "")
        self._pinned = None

    def go_to(self, at: object) -> None:
        """Look at a moment; the last one follows what is learned."""

        def show() -> None:
            moments = self.view.recording.moments
            number = min(whole(at, 10**6), len(moments) - 1)  # some may have been thinned away since it was drawn
            self._pinned = None if number == len(moments) - 1 else moments[number]
            self.show_frame()

        self._guarded(show)

    def choose(self, row: object) -> None:
        """Look at another image that is in view; no other image of the data set is handed out."""

        def show() -> None:
            number = whole(row, 2**40)
            if number not in self.window.pictured:
                raise BadInput("That image is not in view.")
            self.view.recording.cases.case(number)
            self.row = number
            self.show_frame()

        self._guarded(show)

    def work_out(self, told: object) -> None:
        """Say what a pixel of a picture is, and for an activation the arithmetic that made it."""
        self._ask(lambda moment, row: lines_of_pixel(self.view, moment, row, told))

    def work_out_class(self, number: object) -> None:
        """Say the arithmetic of a class's logit for the image that is shown."""
        self._ask(lambda moment, row: lines_of_class(self.view, moment, row, number))

    def _ask(self, question: Callable[[Moment, int], list[str]]) -> None:
        """Answer now, and at every frame that follows, of the moment and the image that the browser shows."""

        def say() -> None:
            shown = self._shown or (self.view.recording.moments[-1], self.row, 0)
            self.window.call("told", {"lines": question(*shown[:2]), "step": shown[0].step})

        self._question = say if self._guarded(say) else None

    def _guarded(self, what: Callable[[], None]) -> bool:
        """Do what a browser asked for, or say why it cannot be; whether it was done."""
        try:
            what()
        except PellucidError as problem:
            self.window.browser.warn(str(problem))
            return False
        return True

    def _refresh(self) -> None:
        for refresh in self.refresh:
            refresh()
