"""A recording from its file: every name, type and size is looked at before anything is made of it."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from pellucid.app.live.cases import Case
from pellucid.app.live.moment import Moment
from pellucid.app.live.recording import (
    EACH,
    FORMAT,
    KEY,
    MOST_BYTES,
    MOST_OF_PICTURES,
    MOST_PARAMETERS,
    NAMED,
    WORST,
    About,
    Recording,
)
from pellucid.errors import BadInput
from pellucid.run.folder import read_header

WHOLE = "step", "epoch", "worst_rows"
TASKS = "binary", "multi-class", "multi-label", "ordinal"
APART = "images", "curve"
"""Tensors that have no row a moment."""

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class KeptCases:
    """The images that a recording holds."""

    kept: dict[int, Case]

    def case(self, row: int) -> Case:
        """One of them.

        Raises:
            BadInput: it was not kept.
        """
        if row not in self.kept:
            raise BadInput(f"The recording does not hold image {row}: choose one of the probes.")
        return self.kept[row]


def load_recording(path: Path) -> Recording:
    """A recording from its file; nothing in it is run.

    Raises:
        BadInput: it is none, or damaged, or of another version.
    """
    try:
        _need(path.stat().st_size <= 4 * (MOST_BYTES + MOST_OF_PICTURES), "it is too large")
        told, arrays = json.loads(read_header(path)["__metadata__"][KEY]), load_file(path)
        _need(told["format"] == FORMAT, f"its format is {told['format']!r}, not {FORMAT}")
        about = _about(told["about"])
        _check_arrays(arrays, about)
        named = zip(told["cases"], arrays["images"], strict=True)
        cases = {_whole(one["row"]): _case(one, image) for one, image in named}
        _need(set(about.probes) <= set(cases), "images of its probes are missing")
        moments = [_moment(arrays, told["names"], about, at) for at in range(len(arrays["step"]))]
        curve = [(int(step), float(train), float(valid)) for step, train, valid in arrays["curve"]]
        return Recording(about, KeptCases(cases), moments, curve)
    except (
        OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError,
        SafetensorError, struct.error,
    ) as problem:  # fmt: skip
        said = " ".join(str(problem).split())
        raise BadInput(f"{path.name} is no whole recording of pellucid's ({said}): record it again.") from None


def _case(told: dict[str, Any], image: np.ndarray) -> Case:
    return Case(_whole(told["row"]), image, _word(told["name"]), tuple(map(_word, told["labels"])))


def _about(told: dict[str, Any]) -> About:
    """What the file says of itself, each part of the type that it should have."""
    scaling, channels = told["scaling"], _whole(told["channels"])
    mean, deviation = ([float(one) for one in scaling[name]] for name in ("mean", "deviation"))
    sound = len(mean) == len(deviation) == channels and all(map(math.isfinite, (*mean, *deviation)))
    _need(sound and min(deviation) > 0, "its scaling does not fit its channels")
    classes, probes = tuple(map(_word, told["classes"])), tuple(map(_whole, told["probes"]))
    _need(bool(classes) and bool(probes), "it names no classes or no probes")
    _need(told["task"] in TASKS, f"its task is {told['task']!r}")
    settings, parameters = told["settings"], _whole(told["parameters"])
    _need(parameters <= MOST_PARAMETERS, "its model is too large")
    _need(_whole(settings["outputs"]) >= len(classes), "its model has fewer outputs than classes")
    kept = {"kind": _word(scaling["kind"]), "mean": mean, "deviation": deviation}
    return About(
        _word(told["source"]), dict(settings), parameters, classes, told["task"], channels, _whole(told["size"]), kept,
        probes,
    )  # fmt: skip


def _check_arrays(arrays: Arrays, about: About) -> None:
    """One row a moment in each, whole numbers where rows and steps are meant, and images of the size that is told."""
    count = len(arrays["step"])
    lengths = {len(array) for name, array in arrays.items() if name not in APART}
    _need(count > 0 and lengths == {count}, "its tensors are of several lengths, or empty")
    for name in WHOLE:
        _need(arrays[name].dtype.kind in "iu" and bool((arrays[name] >= 0).all()), f"{name} holds no whole numbers")
    _need(bool((np.diff(arrays["step"]) > 0).all()), "its steps do not rise")
    for name in ("train_loss", "valid_loss", "valid_accuracy", "worst_losses", "worst_p"):
        _need(arrays[name].dtype.kind == "f", f"{name} holds no numbers with fractions")
    worst = arrays["worst_rows"].shape
    _need(len(worst) == 2 and arrays["worst_losses"].shape == worst, "its worst cases do not fit each other")
    _need(arrays["worst_p"].shape == (*worst, about.settings["outputs"]), "its probabilities do not fit its model")
    _need(arrays["images"].shape[1:] == (about.channels, about.size, about.size), "its images are of another size")
    _need(arrays["curve"].ndim == 2 and arrays["curve"].shape[1] == 3, "its curve has no three columns")


def _moment(arrays: Arrays, names: dict[str, list[str]], about: About, at: int) -> Moment:
    named: dict[str, dict[str, Any]]
    named = {kind: {name: np.asarray(arrays[f"{kind}.{name}"][at]) for name in names[kind]} for kind in NAMED}
    for name, gave in named["activations"].items():
        _need(gave.ndim in (2, 4) and len(gave) == len(about.probes), f"activations of {name} do not fit its probes")
    named["gradient_norms"] = {name: float(size) for name, size in named["gradient_norms"].items()}
    numbers = {name: arrays[name][at].item() for name in EACH}
    worst = {name: arrays[name][at] for name in WORST}
    facts: dict[str, Any] = {**numbers, **worst, **named}
    return Moment(**facts)


def _need(true: bool, otherwise: str) -> None:
    if not true:
        raise ValueError(otherwise)


def _whole(value: object) -> int:
    _need(type(value) is int and 0 <= value < 2**40, f"{value!r} is no whole number")
    return int(str(value))


def _word(value: object) -> str:
    _need(isinstance(value, str), f"{value!r} is no text")
    return str(value)
