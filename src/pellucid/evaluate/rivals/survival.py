"""How much of a model's accuracy is left to one that sees next to nothing, and what that means, in words."""

from __future__ import annotations

from typing import Any

BORDER, INTENSITY, THUMBNAIL = "border pixels only", "brightness and contrast only", "thumbnail only"

MOST, HARDLY = 0.8, 0.2
"""From which share on most of the accuracy survives, and up to which hardly any. Chosen by us."""

SEES = {
    BORDER: "From the outermost pixels alone",
    INTENSITY: "From the mean and the deviation of each image's intensity alone",
    THUMBNAIL: "From a thumbnail of at most 8 x 8 pixels",
}

MEANS = {
    BORDER: (
        "the classes can be told apart without what lies inside the frame. Framing, background, markings or the device "
        "may give them away, so the model's figures do not show that it looks at the anatomy.",
        "what stands at the margin gives part of the answer away, and the model may lean on it.",
        "what stands at the margin gives the answer away for hardly any image.",
    ),
    INTENSITY: (
        "the classes can be told apart by how bright and how rich in contrast an image is as a whole. That may be the "
        "device or its settings rather than the anatomy, and may be otherwise elsewhere.",
        "brightness and contrast give part of the answer away, and the model may lean on them.",
        "brightness and contrast give the answer away for hardly any image.",
    ),
    THUMBNAIL: (
        "the task is a coarse one, for which fine detail is hardly needed. That need be no shortcut, but these figures "
        "say little about how well the model sees detail.",
        "coarse shapes give part of the answer, and finer detail the rest.",
        "coarse shapes hardly help: the model owes its accuracy to finer detail.",
    ),
}
"""What it means where most survives, part of it, and hardly any."""


def survival(model: float, probe: float, chance: float) -> float | None:
    """The share of the model's accuracy above chance that the probe reaches too.

    Args:
        model: balanced accuracy of the model, 0 to 1.
        probe: balanced accuracy of the probe on the same cases.
        chance: what guessing reaches, see `chance_of`.
    Returns:
        0 (the probe does no better than guessing) to 1 (as well as the model), or more where it is better than the
        model; None where the model itself is no better than guessing, and there is nothing that could survive.

    >>> survival(model=0.9, probe=0.7, chance=0.5)
    0.5
    """
    if model <= chance:
        return None
    return round(max(0.0, (probe - chance) / (model - chance)), 12)


def chance_of(measured: dict[str, Any], task: str) -> float:
    """The balanced accuracy of guessing: one over the classes that have cases; for multi-label tasks one half.

    Args:
        measured: as `measure` gives it.
        task: of the data set.

    >>> chance_of({"per_class": {"a": {"cases": 3}, "b": {"cases": 9}, "c": {"cases": 0}}}, "multi-class")
    0.5
    """
    if task == "multi-label":
        return 0.5
    present = [name for name, told in measured["per_class"].items() if told["cases"] > 0]
    return 1 / max(1, len(present))


def sentence(name: str, share: float | None) -> str:
    """What a share that survives says about the data and the model, in plain words.

    Args:
        name: of the probe.
        share: as `survival` gives it.

    >>> sentence(THUMBNAIL, 0.1)
    'From a thumbnail of at most 8 x 8 pixels hardly any of the balanced accuracy above guessing survives (0.10):
    coarse shapes hardly help: the model owes its accuracy to finer detail.'
    """
    if share is None:
        return (
            "The model itself is not shown to be better than guessing: there is nothing that a shortcut could explain."
        )
    level = 0 if share >= MOST else 1 if share > HARDLY else 2
    much = "all" if share >= 1 else ("most", "part", "hardly any")[level]
    reached = f"{share:.2f}" if share < 1 else f"{share:.2f} times what the model has" if share >= 1.005 else "1.00"
    return f"{SEES[name]} {much} of the balanced accuracy above guessing survives ({reached}): {MEANS[name][level]}"


def describe_probe(name: str, model: dict[str, Any], probe: dict[str, Any], task: str) -> dict[str, Any]:
    """A probe's part of the report.

    Args:
        name: of the probe.
        model: the model's figures on the held-out cases, as `measure` gives them.
        probe: the probe's on the same.
        task: of the data set.
    Returns:
        `survives` (None where the model is no better than guessing), `chance`, `says`, and `alarming`: most survives,
        and a coarse task alone does not explain it.

    >>> figures = {"balanced_accuracy": {"value": 0.9}, "per_class": {"a": {"cases": 3}, "b": {"cases": 9}}}
    >>> told = describe_probe(BORDER, figures, figures, "binary")
    >>> told["survives"], told["alarming"]
    (1.0, True)
    """
    chance = chance_of(model, task)
    ours, its = (figures["balanced_accuracy"]["value"] for figures in (model, probe))
    surely = model["balanced_accuracy"].get("low", ours)
    guessing = surely is not None and surely <= chance
    share = None if ours is None or its is None or guessing else survival(ours, its, chance)
    alarming = share is not None and share >= MOST and name != THUMBNAIL
    return {"survives": share, "chance": chance, "says": sentence(name, share), "alarming": alarming}
