"""A run in a few sentences that a clinician can read: what it is, how good, how sure, compared with what, where it fails."""

from __future__ import annotations

from typing import Any

MUST_NOT = (
    "It is not a medical device: no decision about a patient may rest on it.",
    "It was measured on images like those that it learned from. Another hospital, scanner, protocol or population may "
    "look the same to a person and be called wrongly: measure it there first.",
    "It knows its own classes only, and calls an image of anything else one of them. Some such images are flagged as "
    "unlike the training images; not all.",
    "Its probabilities hold where the classes are as frequent as they were here.",
)
"""What no run may be used for. Chosen by us."""


def in_short(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Headings and sentences for the top of a report; every number in them stands in report.json.

    Args:
        report: as report.json holds it.
    """
    return [
        ("What it is", what(report)),
        ("How good", how_good(report)),
        ("Without leaks", without_leaks(report)),
        ("Compared with what", compared(report)),
        ("Shortcuts", shortcuts(report)),
        ("How sure", how_sure(report)),
        ("Where it fails", where_it_fails(report)),
    ]


def what(report: dict[str, Any]) -> str:
    """The model, its classes, its images."""
    kind = "labels" if report["task"] == "multi-label" else "classes"
    image, counts = report["image"], report["cases"]
    names = ", ".join(report["classes"]) if len(report["classes"]) <= 8 else f"{len(report['classes'])} {kind}"
    patients = report["held_out"]["groups"]
    whose = f" of {patients:,} patients or exams" if patients else ""
    return (
        f"A {report['model']} with {report['parameters']:,} weights that tells {names} apart in images of "
        f"{image['rows']} x {image['columns']} pixels. It learned from {counts['train']:,} images, and was then asked "
        f"about {counts['held_out']:,}{whose} that it had not seen."
    )


def how_good(report: dict[str, Any]) -> str:
    """Accuracy as a count of a hundred, and AUROC."""
    held_out = report["held_out"]
    what = "labels" if report["task"] == "multi-label" else "new images like these"
    said = [f"Of 100 {what} it calls {_percent(held_out['accuracy'])} rightly"]
    if held_out["auroc"]["value"] is not None:
        said.append(f"AUROC {figure(held_out['auroc'])}")
    return "; ".join(said) + ". In brackets is what these cases allow with 95% confidence."


def without_leaks(report: dict[str, Any]) -> str:
    """The second score: without held-out cases that have a twin in training."""
    twins, without = report["twins"], report["held_out_without_twins"]
    if not twins["held_out"]:
        return (
            "No held-out image has a twin (identical, near-identical or of the same patient) among those learned from."
        )
    kinds = [f"{twins[kind]:,} {kind}" for kind in ("identical", "near-identical", "same group") if twins[kind]]
    has = "image has a twin" if twins["held_out"] == 1 else "images have a twin"
    said = f"{twins['held_out']:,} of {twins['cases']:,} held-out {has} among those learned from ({', '.join(kinds)})"
    if without is None:
        return f"{said}: nothing is left to measure without them."
    return (
        f"{said}. Without them accuracy is {figure(without['accuracy'])} instead of "
        f"{figure(report['held_out']['accuracy'])}."
    )


def compared(report: dict[str, Any]) -> str:
    """The best rival, and by how much the model is better."""
    rivals = report["rivals"]
    if not rivals:
        return "No rival was fitted."
    name = max(rivals, key=lambda rival: rivals[rival]["balanced_accuracy"]["value"] or 0.0)
    gap = rivals[name]["difference"]["balanced_accuracy"]
    reached = f"The best of {len(rivals)} rivals, {name}, has a balanced accuracy of {figure(rivals[name]['balanced_accuracy'])}"
    if gap["value"] is None or gap["low"] is None:
        return f"{reached}."
    told = f"the {report['model']} has {_points(gap['value'])} (95% interval {_points(gap['low'])} to {_points(gap['high'])})"
    if gap["low"] > 0:
        return f"{reached}; {told} more."
    if gap["high"] < 0:
        return f"{reached}; it is better than the {report['model']}."
    return f"{reached}; {told}: these cases do not show which of the two is better."


def shortcuts(report: dict[str, Any]) -> str:
    """What the probe that comes nearest says."""
    probes = report["probes"]
    known = [name for name in probes if probes[name].get("survives") is not None]
    if not known:
        return "No probe could be fitted."
    return str(probes[max(known, key=lambda name: probes[name]["survives"])]["says"])


def how_sure(report: dict[str, Any]) -> str:
    """Whether probabilities mean something, what the sets promise, and what the dial costs."""
    error = report["probabilities"]["after"]["expected_calibration_error"]
    said = (
        [f"Confidence and accuracy lie {_points(error['value'])} apart on average"]
        if error["value"] is not None
        else []
    )
    promised = [level for level in report["dial"] if level["threshold"] is not None]
    if promised:
        return ". ".join([*said, promised[0]["told"]])
    return ". ".join([*said, "No error rate can be promised for the answers that it gives: too few calibration cases."])


def where_it_fails(report: dict[str, Any]) -> str:
    """The worst class, and the commonest mistake."""
    classes, per_class = report["classes"], report["held_out"]["per_class"]
    known = [name for name in classes if per_class[name]["sensitivity"]["value"] is not None]
    worst = min(known, key=lambda name: per_class[name]["sensitivity"]["value"])
    said = f"It misses {worst} most often: it finds {_percent(per_class[worst]['sensitivity'])} of 100."
    if report["task"] == "multi-label":
        return said
    table = report["held_out"]["confusion"]
    count, truth, called = max(
        (table[row][column], row, column)
        for row in range(len(classes))
        for column in range(len(classes))
        if row != column
    )
    if not count:
        return "It called none of the held-out images wrongly."
    times = "once" if count == 1 else f"{count:,} times"
    return f"{said} Its commonest mistake: {classes[truth]} called {classes[called]}, {times}."


def figure(estimate: dict[str, Any], digits: int = 3) -> str:
    """A figure with its interval, in running text.

    >>> figure({"value": 0.95, "low": 0.9, "high": 0.98})
    '0.950 (0.900 to 0.980)'
    """
    if estimate["value"] is None:
        return "not defined"
    value = f"{estimate['value']:.{digits}f}"
    return (
        value if estimate["low"] is None else f"{value} ({estimate['low']:.{digits}f} to {estimate['high']:.{digits}f})"
    )


def _percent(estimate: dict[str, Any]) -> str:
    digits = 2 if min(estimate["value"], 1 - estimate["value"]) < 0.01 else 1 if estimate["value"] > 0.9 else 0
    value, low, high = (100 * estimate[key] if estimate[key] is not None else 0.0 for key in ("value", "low", "high"))
    if estimate["low"] is None:
        return f"{value:.{digits}f}"
    return f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _points(share: float) -> str:
    return f"{100 * share:.1f} points"
