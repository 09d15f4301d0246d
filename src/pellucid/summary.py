"""What commands print: runs, predictions, packs and the catalog, as JSON or as lines for people."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pellucid import __version__
from pellucid.data.catalog import known, list_rows
from pellucid.data.store import cache_folder
from pellucid.errors import BadInput
from pellucid.evaluate.reporting.promises import dial_in_words
from pellucid.run import Run

if TYPE_CHECKING:
    from pellucid.predicting import Predictions

SHOWN = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "auroc": "AUROC",
    "mean_absolute_error": "mean error, classes",
}

LIBRARIES = (
    "numpy", "scipy", "scikit-learn", "simplejpeg", "pillow", "pydicom", "safetensors", "h5py", "python-gdcm",
)  # fmt: skip
SPENT = {"read": "reading", "audit": "looking", "learn": "learning", "evaluate": "measuring"}


def finished(run: Run) -> Run:
    """The run, if it is a finished one.

    Raises:
        BadInput: it is not, and how to finish it.
    """
    if run.state == "none":
        raise BadInput(f"{run.path} is no run folder: `pellucid runs` lists those there are.")
    if run.state == "unfinished":
        raise BadInput(f"{run.path} is not finished: go on with it by `pellucid train --resume {run.path}`.")
    return run


def train_json(run: Run) -> dict[str, Any]:
    """What `train --json` prints."""
    report = finished(run).report
    kept = (
        "model", "classes", "cases", "held_out", "held_out_without_twins", "twins", "rivals", "probes", "ladder",
        "probabilities", "sets", "dial", "unlike", "resumed_at_step", "warnings",
    )  # fmt: skip
    return {
        "run": str(run.path),
        **{name: report[name] for name in kept},
        "seconds": report["seconds"],
        "peak_memory_mb": report["peak_memory_mb"],
    }


def train_lines(run: Run) -> list[str]:
    """The figures of a run, for people."""
    report = finished(run).report
    held_out, without, twins = report["held_out"], report["held_out_without_twins"], report["twins"]
    groups = f" of {held_out['groups']} groups" if held_out["groups"] else ""
    lines = [f"{report['model']} on {held_out['cases']:,} held-out cases{groups} of {report['source_name']}"]
    beside = f"without {twins['held_out']:,} with a twin in training" if twins["held_out"] and without else ""
    lines += [f"  {'':<20} {'as split':<28} {beside}"] if beside else []
    for key, name in SHOWN.items():
        if key in held_out:
            second = _figure(without[key]) if beside and without else ""
            lines.append(f"  {name:<20} {_figure(held_out[key]):<28} {second}".rstrip())
    lines += report["ladder"].get("said", [])[1:]
    lines.append("rivals, by balanced accuracy, and how much more the model has")
    for name, rival in report["rivals"].items():
        gap = _figure(rival["difference"]["balanced_accuracy"], sign="+")
        lines.append(f"  {name:<32} {_figure(rival['balanced_accuracy']):<28} {gap}")
    lines.append("shortcuts, by balanced accuracy")
    lines += [f"  {name:<32} {_figure(probe['balanced_accuracy'])}" for name, probe in report["probes"].items()]
    lines.append(dial_in_words(report))
    seconds = report["seconds"]
    spent = ", ".join(f"{seconds[name]:.1f} {doing}" for name, doing in SPENT.items())
    rest = seconds["total"] - sum(seconds[name] for name in SPENT)
    spent += f", {max(rest, 0.0):.1f} starting up and writing"
    return [*lines, f"{seconds['total']:.1f} s in all: {spent}", f"report: {run.file('report.html')}"]


def _figure(estimate: dict[str, Any], sign: str = "") -> str:
    if estimate["value"] is None:
        return f"not defined: {estimate.get('reason', '')}"
    value = f"{estimate['value']:{sign}.4f}"
    return (
        value if estimate["low"] is None else f"{value}  ({estimate['low']:{sign}.4f} to {estimate['high']:{sign}.4f})"
    )


def runs_json(found: list[Run]) -> dict[str, Any]:
    """What `runs --json` prints."""
    return {"runs": [_run_facts(run) for run in found]}


def _run_facts(run: Run) -> dict[str, Any]:
    facts: dict[str, Any] = {"run": str(run.path), "state": run.state}
    if run.state != "finished":
        return facts
    try:
        report = run.report
        return {
            **facts,
            "model": report["model"],
            "source": report["source_name"],
            "accuracy": report["held_out"]["accuracy"],
        }
    except (BadInput, KeyError, TypeError):
        return {**facts, "state": "damaged"}


def runs_lines(found: list[Run], folder: Path) -> list[str]:
    """A line a run."""
    if not found:
        return [f"No runs in {folder}. Begin with: pellucid train digits"]
    width = max(len(str(run.path)) for run in found)
    lines = []
    for facts in map(_run_facts, found):
        told = f"{facts['state']}: pellucid train --resume {facts['run']}"
        if facts["state"] == "damaged":
            told = "damaged: its report.json cannot be read"
        elif facts["state"] == "finished":
            told = f"{facts['model']:<7} accuracy {_figure(facts['accuracy'])}"
        lines.append(f"{facts['run']:<{width}}  {told}")
    return lines


def predict_lines(predictions: Predictions, out: Path) -> list[str]:
    """How predicting went, for people."""
    predicted, certain = predictions.predicted, predictions.certain
    counts = {name: predicted.count(name) for name in sorted(set(predicted))}
    shown = ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda pair: -pair[1])[:12])
    unsure, unlike = int((~certain).sum()), int(predictions.unlike_training.sum())
    return [
        f"{len(predicted):,} images in {predictions.seconds:.1f} s: {shown}",
        f"{unsure:,} of them a person should look at ({unlike:,} unlike the training images)",
        _promise(predictions),
        f"table: {out}",
    ]


def _promise(predictions: Predictions) -> str:
    most = f"{100 * predictions.most_wrong:g}%"
    if predictions.answered is None:
        return f"an error of at most {most} cannot be promised, since the run's calibration part did not allow it"
    return f"of the answers called certain at most {most} should be wrong, for images like those of training"


def packed(source: str, image_size: int | None, rehash: bool) -> dict[str, Any]:
    """Pack a source; what `data pack --json` prints."""
    from pellucid.data.reading import read
    from pellucid.progress import bars

    started = time.monotonic()
    with bars() as progress:
        dataset = read(source, image_size=image_size, progress=progress, rehash=rehash)
    return {
        "cases": len(dataset),
        "pack": str(dataset.pack),
        "seconds": time.monotonic() - started,
        "from_cache": dataset.from_cache,
        "classes": dataset.counts(),
        "shape": list(dataset.images.shape[1:]),
        "dtype": dataset.images.dtype.name,
        "groups": len(dataset.group_names) or None,
        "said": list(dataset.said),
        "unreadable": [list(pair) for pair in dataset.unreadable],
    }


def pack_lines(facts: dict[str, Any]) -> list[str]:
    """The same for people."""
    shape = " x ".join(map(str, facts["shape"]))
    found = "found in the cache" if facts["from_cache"] else "decoded"
    groups = f", {facts['groups']} groups" if facts["groups"] else ""
    lines = [f"{facts['cases']:,} images of {shape} {facts['dtype']}{groups}, {found} in {facts['seconds']:.2f} s"]
    lines += [f"  {name:<24} {count:>9,}" for name, count in facts["classes"].items()]
    lines += [*facts["said"], *(f"Left out: {reason}" for _, reason in facts["unreadable"][:10])]
    return [*lines, f"pack: {facts['pack']}"]


def catalog_json() -> dict[str, Any]:
    """What `data list --json` prints."""
    rows = list_rows(cache_folder() / "downloads")
    return {"sets": [{name: getattr(row, name) for name in row.__slots__} for row in rows]}


def catalog_lines() -> list[str]:
    """A line a data set."""
    lines = [f"{'name':<16} {'task':<24} {'classes':>7} {'images':>8}  {'licence':<26} in cache"]
    for row in list_rows(cache_folder() / "downloads"):
        kind = f"{row.task}, 3-D: not yet" if known()[row.name].volumetric else row.task
        facts = f"{row.name:<16} {kind:<24} {row.classes:>7} {row.samples:>8,}  {row.licence:<26}"
        lines.append(f"{facts} yes" if row.in_cache else facts.rstrip())
    return lines


def info_facts() -> dict[str, Any]:
    """Versions and places; torch is asked, so this takes its second."""
    import torch

    from pellucid.learn.device import choose_device, choose_precision

    device = choose_device(None)
    facts: dict[str, Any] = {
        "pellucid": __version__,
        "python": platform.python_version(),
        "torch": f"{torch.__version__} in {Path(torch.__file__).parent}",
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "precision": f"{choose_precision('auto', 'cnn', device)} for the cnn",
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "cache": str(cache_folder()),
    }
    for name in LIBRARIES:
        try:
            facts[name] = version(name)
        except PackageNotFoundError:
            facts[name] = "not installed"
    return facts
