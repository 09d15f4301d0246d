"""Whether a run's settings and its history are told alike by all the files that tell them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.special import log_softmax

from pellucid.evaluate.checking.comparing import differences
from pellucid.evaluate.checking.told import Told
from pellucid.learn.schedule import learning_rate
from pellucid.run import HistoryRow
from pellucid.run.folder import read_header

PRINTED = 1e-8
"""Relative difference of two numbers of which one was printed to nine digits."""

LOSS_APART = {"float32": 1e-3, "bfloat16": 0.05}
"""How far the validation loss in history.csv may lie from that of the logits in predictions.csv. Chosen by us: it was
computed in batches of another size, and bfloat16 has 3 digits."""


ACCURACY_APART = 0.01
"""The same of the accuracy. Chosen by us: a case whose two largest logits are all but equal may be called otherwise."""


def settings(told: Told) -> Iterator[str]:
    """Settings and facts that two files tell differently."""
    run, facts, recipe, report = told.run, told.run.facts, told.run.recipe, told.run.report
    chosen = recipe["settings"]
    same = ("model", "task", "classes", "best_step", "parameters")
    known: dict[str, Any] = {name: facts[name] for name in same} | {
        "source_name": recipe["source"]["name"],
        "image": {
            "channels": facts["channels"],
            "rows": facts["image_size"],
            "columns": facts["image_size"],
            "dtype": facts["dtype"],
        },
    }
    yield from differences(known, {name: report[name] for name in known if name in report}, "report.json")
    yield from _learning(recipe, report)
    yield from _times(report)
    learned = ("model", "hidden", "outputs", "precision", "image_size")
    yield from differences(
        {name: facts[name] for name in learned}, {name: chosen[name] for name in learned}, "recipe.json.settings"
    )
    yield from differences(chosen, recipe["ladder"][chosen["model"]], f"recipe.json.ladder.{chosen['model']}")
    yield from differences(facts["scaling"], recipe["scaling"], "recipe.json.scaling")
    yield from differences(dict.fromkeys(recipe["seeds"], chosen["seed"]), recipe["seeds"], "recipe.json.seeds")
    yield from differences(chosen["seed"], recipe["split"]["seed"], "recipe.json.split.seed")
    yield from _asked(recipe["told"], chosen)
    shapes = {
        name: one["shape"]
        for name, one in read_header(run.file("weights.safetensors")).items()
        if name in facts["learned"]
    }
    weights = sum(math.prod(shape) for shape in shapes.values())
    yield from differences(weights, facts["parameters"], "weights.safetensors: parameters")


def _asked(told: dict[str, Any], chosen: dict[str, Any]) -> Iterator[str]:
    """What was asked for was done, but that `auto` is no model, and that batches may not be larger than they can be."""
    for name, value in told.items():
        smaller = name == "batch_size" and chosen[name] < value
        if not smaller and (name, value) != ("model", "auto"):
            yield from differences(chosen[name], value, f"recipe.json.told.{name}")


def _learning(recipe: dict[str, Any], report: dict[str, Any]) -> Iterator[str]:
    """What learning each rung of the ladder took; a rung that stopped early took less than was planned."""
    for at, took in enumerate(report["learning"]):
        name, chosen = f"report.json.learning[{at}]", recipe["ladder"][took["model"]]
        steps, seen = planned(chosen, report["cases"]["train"]), report["cases"]["train"] * chosen["epochs"]
        if not 0 < took["best_step"] <= took["steps"] <= steps or not 0 <= took["seconds"] < math.inf:
            yield f"{name} tells of {took['steps']} steps, of which {took['best_step']} is the best, of {steps}"
        if took["steps"] == steps or not 0 < took["images_seen"] <= seen:
            yield from differences(seen, took["images_seen"], f"{name}.images_seen")
        if took["model"] == report["model"]:
            kept = {"steps": report["steps"], "best_step": report["best_step"]}
            yield from differences(kept, {key: took[key] for key in kept}, name)


def planned(chosen: dict[str, Any], cases: int) -> int:
    """Steps that settings ask for.

    >>> planned({"batch_size": 4, "epochs": 3}, cases=9)
    9
    """
    return int(-(-cases // chosen["batch_size"]) * chosen["epochs"])


def _times(report: dict[str, Any]) -> Iterator[str]:
    """Times and memory cannot be computed again; they can be absurd."""
    seconds = dict(report["seconds"])
    total = seconds.pop("total")
    if not all(0 <= part < math.inf for part in seconds.values()) or not sum(seconds.values()) <= total < math.inf:
        yield f"report.json.seconds: {total} in all is less than its parts, or no time at all"
    if not 0 < report["peak_memory_mb"] < math.inf:
        yield f"report.json.peak_memory_mb is {report['peak_memory_mb']}"
    resumed = report["resumed_at_step"]
    taken = sum(rung["steps"] for rung in report["learning"]) or report["steps"]  # with auto: of all rungs together
    if resumed is not None and not (isinstance(resumed, int) and 0 <= resumed <= taken):
        yield f"report.json.resumed_at_step is {resumed}, of {taken} steps"


def history(told: Told) -> Iterator[str]:
    """Rows of history.csv that the settings, or the answers of the kept weights, contradict."""
    facts, chosen, rows = told.run.facts, told.run.recipe["settings"], told.run.history
    steps, done = planned(chosen, len(told.cases.rows("train"))), told.run.report["steps"]
    an_epoch = steps // chosen["epochs"]
    if not rows[-1].step <= done <= steps:
        yield f"report.json.steps is {done}, and history.csv ends with step {rows[-1].step} of {steps}"
    for before, row in zip([0, *(row.step for row in rows)], rows, strict=False):
        rate = learning_rate(row.step, steps, chosen["learning_rate"], chosen["schedule"])
        if not before < row.step <= steps or row.epoch != -(-row.step // an_epoch):
            yield f"history.csv: step {row.step} of epoch {row.epoch} is not where the settings would have it"
        elif not math.isclose(row.learning_rate, rate, rel_tol=PRINTED):
            yield f"history.csv: learning_rate of step {row.step} is {row.learning_rate}, and comes out as {rate:.9g}"
    looks = {row.step: row for row in rows if row.valid_loss is not None and math.isfinite(row.valid_loss)}
    best = min(looks, key=lambda step: looks[step].valid_loss or 0.0)
    yield from differences(facts["best_step"], best, "history.csv: the step of the least valid_loss")
    yield from _at_best(told, looks[best])


def _at_best(told: Told, row: HistoryRow) -> Iterator[str]:
    """What was seen of the validation part at the kept step, against what predictions.csv says of it."""
    loss, accuracy = _on_valid(told)
    apart = LOSS_APART[told.run.facts["precision"]]
    told_alike = told.run.recipe["settings"]["loss"] == "cross-entropy"  # the faulty loss of recipe R1 is none
    if told_alike and not math.isclose(row.valid_loss or 0.0, loss, rel_tol=apart, abs_tol=1e-6):
        yield f"history.csv: valid_loss of step {row.step} is {row.valid_loss}, and comes out as {loss:.6g}"
    if not abs((row.valid_accuracy or 0.0) - accuracy) <= ACCURACY_APART:
        yield f"history.csv: valid_accuracy of step {row.step} is {row.valid_accuracy}, and comes out as {accuracy:.6g}"


def _on_valid(told: Told) -> tuple[float, float]:
    """Loss and accuracy as learning sees them: before any temperature, and over all outputs."""
    cases, logits = told.cases, told.answers.logits[told.answers.of("valid")]
    labels = cases.labels[cases.rows("valid")]
    exact = logits.astype(np.float64)
    if labels.ndim == 2:
        wide = np.pad(labels, ((0, 0), (0, exact.shape[1] - labels.shape[1])))
        loss = float((np.logaddexp(0, exact) - wide * exact).mean())
    else:
        loss = -float(log_softmax(exact, axis=1)[np.arange(len(labels)), labels].mean())
    right = (logits > 0) == (labels == 1) if labels.ndim == 2 else logits.argmax(1) == labels
    return loss, float(np.mean(right))
