"""The main job on one page: read, audit, split, learn, calibrate, measure, report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pellucid.beforehand import import_torch_beforehand
from pellucid.data import Dataset, read
from pellucid.errors import BadInput
from pellucid.evaluate.material import Material
from pellucid.learn.settings import Settings, faults, read_recipe
from pellucid.memory import watched_peak
from pellucid.predicting import TrainedRun
from pellucid.progress import Progress, bars
from pellucid.run import new_run_path, write_json, write_text
from pellucid.run.folder import make_private

if TYPE_CHECKING:
    from pellucid.learn.ladder import Ladder

Say = Callable[[str], None]

PATIENTS_UNKNOWN = (
    "Patients are not known: where one has several images, they may stand on both sides of the split, which flatters "
    "the figures."
)


def train(
    source: str | Path | None = None,
    *,
    model: str | None = None,
    group_by: str | None = None,
    image_size: int | None = None,
    epochs: int | None = None,
    learning_rate: float | None = None,
    batch_size: int | None = None,
    optimizer: str | None = None,
    split: str | None = None,
    seed: int | None = None,
    device: str | None = None,
    recipe: str | Path | None = None,
    out: str | Path | None = None,
    resume: str | Path | None = None,
    say: Say | None = None,
) -> TrainedRun:
    """Images in, a trained, calibrated, measured and reported classifier out.

    Args:
        source: folder, .zip, .csv, .npz, .h5, IDX files or the name of a data set; see `pellucid.data.read`.
        model: linear, mlp or cnn; auto tries them in turn, and keeps the simplest that is not shown to be worse.
        group_by: column:NAME, level:K, regex:PATTERN or dicom:PatientID; by default what the source shows.
        image_size: side in pixels to resize to.
        epochs, learning_rate, batch_size, optimizer, seed: see `pellucid.learn.Settings`; unset ones follow its rules.
        split: stratified; or clean: near-identical images never stand on both sides.
        device: cpu, cuda or mps; by default the fastest there is.
        recipe: a TOML file with settings; what is told here goes before it.
        out: the run folder to make; by default runs/NAME.
        resume: a run folder to go on with (then `source` may be left out).
        say: told what a user should know, a line at a time; by default printed to stderr.
    Returns:
        The finished run: its folder, its figures, and `predict`.
    Raises:
        PellucidError: what was found, what was needed, what to do, in one line.
    """
    told = {
        "model": model, "image_size": image_size, "epochs": epochs, "learning_rate": learning_rate,
        "batch_size": batch_size, "optimizer": optimizer, "split": split, "seed": seed,
    }  # fmt: skip
    say = say or _say_on_stderr
    if resume is not None and out is not None and Path(out) != Path(resume):
        raise BadInput(f"--resume {resume} goes on in its own folder, not in {out}: leave --out out.")
    if resume is not None and TrainedRun(Path(resume)).state != "none":
        if recipe:
            told = {
                **read_recipe(Path(recipe)).told(),
                **{name: value for name, value in told.items() if value is not None},
            }
        return _go_on(TrainedRun(Path(resume)), source, group_by, told, device, say)
    if source is None:
        raise BadInput(
            f"{resume} is no run folder: give a source to begin with, or the folder of a run."
            if resume
            else "A source is needed."
        )
    settings = (read_recipe(Path(recipe)) if recipe else Settings()).but(told)
    chosen = Path(out) if out else Path(resume) if resume else None
    job = _Job(str(source), group_by, settings, device, say)
    return job.do(TrainedRun(new_run_path(str(source), chosen)))


def _go_on(
    run: TrainedRun, source: str | Path | None, group_by: str | None, told: dict[str, Any], device: str | None, say: Say
) -> TrainedRun:
    if run.state == "finished":
        run.clear_unfinished()  # left where a kill came just after the last file
        say(f"{run.path} is finished: nothing is left to do, and nothing was changed.")
        return run
    from pellucid.recipe import Beginning

    began = Beginning.of(run)
    began.check(run, source, group_by, told, device)
    say(f"Going on with {run.path}.")
    return _Job(began.source, began.group_by, began.settings, began.device, say).do(run)


MOST_NAMED = 10
"""Unreadable files that are named while reading; the report names the rest."""


@dataclass(slots=True)
class _Job:
    """One run from its source to its report."""

    source: str
    group_by: str | None
    settings: Settings
    told_device: str | None
    say: Say
    seconds: dict[str, float] = field(default_factory=dict)

    def do(self, run: TrainedRun) -> TrainedRun:
        try:
            return self.do_all(run)
        except KeyboardInterrupt:
            begun = run.state == "unfinished"
            how = f"go on with: pellucid train --resume {run.path}" if begun else "nothing was begun yet."
            self.say(f"Interrupted; {how}")
            raise

    def do_all(self, run: TrainedRun) -> TrainedRun:
        started = time.monotonic()
        import_torch_beforehand()
        with watched_peak() as peak_mb, bars() as progress:
            dataset = self.timed("read", lambda: self.read(progress))
            how, seed = self.settings.split, self.settings.seed
            material = self.timed("audit", lambda: Material.of(dataset, how, seed, progress))
            report = self.learn_and_conclude(run, material, progress)
            self.seconds["total"] = time.monotonic() - started
            report |= {"seconds": self.seconds, "peak_memory_mb": round(peak_mb(), 1)}
            write_json(run.file("report.json"), report)
            run.seal()
        run.clear_unfinished()
        return TrainedRun(run.path)

    def timed(self, name: str, work: Callable[[], Any]) -> Any:
        started = time.monotonic()
        done = work()
        self.seconds[name] = time.monotonic() - started
        return done

    def read(self, progress: Progress) -> Dataset:
        dataset = read(self.source, group_by=self.group_by, image_size=self.settings.image_size, progress=progress)
        for note in dataset.said:
            self.say(note)
        for _, reason in dataset.unreadable[:MOST_NAMED]:
            self.say(f"Left out: {reason}")
        if len(dataset.unreadable) > MOST_NAMED:
            self.say(f"Left out: {len(dataset.unreadable) - MOST_NAMED} more files; the report names them.")
        return dataset

    def learn_and_conclude(self, run: TrainedRun, material: Material, progress: Progress) -> dict[str, Any]:
        from pellucid.doctor.of_a_run import DoctorsOfARun
        from pellucid.evaluate.conclude import conclude
        from pellucid.evaluate.rivals.ladder import choose_rung
        from pellucid.learn.ladder import climb, plan_ladder

        dataset, split = material.dataset, material.split
        ladder = plan_ladder(self.settings, dataset, split, self.told_device)
        known_faults = faults(ladder.rungs[-1], len(dataset.classes))
        warnings = [*known_faults.values(), *_doubts(dataset)]
        self.warn(warnings)
        doctors = DoctorsOfARun(run.path, len(dataset.classes))
        self.begin(run, material, ladder)
        climbed = self.timed(
            "learn", lambda: climb(ladder, dataset, split, run.path, choose_rung, progress, doctors.watch)
        )
        stopped = climbed.fitted.stopped
        if stopped:
            warnings.append(stopped)
            self.say(f"Warning: {stopped} The best weights so far, of step {climbed.fitted.best_step}, are kept.")
        kept = climbed.plan.settings.model
        seen = doctors.seen(kept, known_faults)
        self.say(seen.said(kept, faultless=not (known_faults or stopped)))
        said = [*climbed.said, *(told for _, told in seen.findings)]
        warnings += said
        self.warn(said)
        known = len(warnings)
        report = self.timed("evaluate", lambda: conclude(run, climbed, material, warnings, progress))
        self.warn(report["warnings"][known:])
        return dict(report)

    def warn(self, warnings: Iterable[str]) -> None:
        for warning in warnings:
            self.say(f"Warning: {warning}")

    def begin(self, run: TrainedRun, material: Material, ladder: Ladder) -> None:
        """Write recipe.json and split.csv; on going on, see that they are still the same."""
        from pellucid.recipe import Beginning, check_unchanged, recipe_facts

        beginning = Beginning(self.source, self.group_by, self.settings, self.told_device)
        facts = recipe_facts(beginning, material.dataset, material.split, material.cases, ladder)
        if run.state == "unfinished":
            check_unchanged(run, facts)
        else:
            make_private(run.path)
            write_json(run.file("recipe.json"), facts)  # first, since it is what a killed run is gone on with by
        if not run.file("split.csv").is_file():
            write_text(run.file("split.csv"), material.cases.as_csv())


def _doubts(dataset: Dataset) -> list[str]:
    doubts = []
    if dataset.groups is None:
        can_be_told = dataset.source.is_dir() or dataset.source.suffix.lower() in (".zip", ".csv", ".tsv")
        doubts.append(f"{PATIENTS_UNKNOWN} {'--group-by tells them.' if can_be_told else ''}".strip())
    alike: dict[str, list[str]] = {}
    for name in dataset.classes:
        alike.setdefault(name.strip().casefold(), []).append(name)
    doubts += [
        f"The classes {names} differ only in capitals: are they one?" for names in alike.values() if len(names) > 1
    ]
    return doubts


def _say_on_stderr(line: str) -> None:
    import sys

    print(line, file=sys.stderr)  # noqa: T201
