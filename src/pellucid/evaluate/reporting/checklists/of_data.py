"""What a run knows of its images, labels and parts, a sentence each; None where it does not know."""

from __future__ import annotations

import re
from typing import Any

Facts = dict[str, Any]

MOST_NAMED = 20
"""Classes that a sentence lists. Chosen by us: with more, nobody would read it; report.json has them all."""


def quoted(names: list[str]) -> str:
    """Class names in quotes, since they may hold commas.

    >>> quoted(["normal, benign", "malignant"])
    '"normal, benign", "malignant"'
    """
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(f'"{name}"' for name in names[:MOST_NAMED]) + more


def in_words(estimate: dict[str, Any]) -> str:
    """A figure as papers give it.

    >>> in_words({"value": 0.8333, "low": 0.7354, "high": 0.8999})
    '0.833 (95% interval 0.735 to 0.900)'
    """
    if estimate["value"] is None:
        return f"not defined ({estimate.get('reason') or 'no reason known'})"
    limits = f" (95% interval {estimate['low']:.3f} to {estimate['high']:.3f})" if estimate["low"] is not None else ""
    return f"{estimate['value']:.3f}{limits}"


def without_names(note: str) -> str:
    """A note of reading without the file that it names, which may tell of a patient.

    >>> without_names("3 files are no images and were left out, exam-7/notes, old.txt first.")
    '3 files are no images and were left out.'
    """
    return re.sub(r", .* first\.$", ".", note, flags=re.DOTALL)


def source(report: Facts, recipe: Facts) -> str | None:
    """Where the images come from."""
    told = recipe["source"]
    return (
        f"The source is {told['name']}, {told['images']:,} images; hashes of all pixels and labels are in recipe.json."
    )


def classes(report: Facts, recipe: Facts) -> str | None:
    """What is told apart."""
    names, task = report["classes"], report["task"]
    if task == "multi-label":
        return f"An image may show any of {len(names)} labels: {quoted(names)}."
    ordered = ", in this order" if task == "ordinal" else ""
    return f"Each image is of one of {len(names)} classes{ordered}: {quoted(names)}."


def image(report: Facts, recipe: Facts) -> str | None:
    """What the model is given."""
    form = report["image"]
    colour = "gray" if form["channels"] == 1 else f"{form['channels']} channels"
    return (
        f"The model is given all pixels of an image of {form['rows']} x {form['columns']} pixels "
        f"({colour}, {form['dtype']}) and nothing else; no pixel was selected beforehand."
    )


def reading(report: Facts, recipe: Facts) -> str | None:
    """What was changed or left out on the way in."""
    notes, unreadable = report["reading"]["said"], len(report["reading"]["unreadable"])
    lost = {0: "No image was left out as unreadable.", 1: "1 file could not be read and was left out."}
    return " ".join(
        [*map(without_names, notes), lost.get(unreadable, f"{unreadable:,} files could not be read and were left out.")]
    )


def scaling(report: Facts, recipe: Facts) -> str | None:
    """How pixels become inputs."""
    told = recipe["scaling"]
    mean, deviation = (", ".join(f"{number:.4g}" for number in told[key]) for key in ("mean", "deviation"))
    whence = ", measured on the training part," if told["kind"] == "standardise" else ""
    return f"From each pixel {mean} is subtracted, and the rest divided by {deviation}{whence} for every image alike."


def parts(report: Facts, recipe: Facts) -> str | None:
    """Which images were used for what."""
    cases, split = report["cases"], recipe["split"]
    return (
        f"Of the images {cases['train']:,} are to learn from, {cases['valid']:,} to choose the weights by, "
        f"{cases['calibrate']:,} to calibrate by, and {cases['held_out']:,} are held out and only measured: "
        f"{split['how']} (seed {split['seed']})."
    )


def used(report: Facts, recipe: Facts) -> str | None:
    """How many of the images were used."""
    used, found = sum(report["cases"].values()), recipe["source"]["images"]
    share = f"All {found:,}" if used == found else f"{used:,} of the {found:,}"
    return f"{share} images that were read stand in one of the four parts."


def unplanned(report: Facts, recipe: Facts) -> str | None:
    """Where the sample's size comes from."""
    return "The numbers are those of the source: the software calculated no sample size beforehand."


def level(report: Facts, recipe: Facts) -> str | None:
    """What never stands in two parts."""
    groups, how = recipe["source"]["groups"], recipe["split"]["how"]
    if not groups:
        return (
            "The parts are disjoint by image only: which images belong to one patient was not known to the software, "
            f"so a patient may stand in two parts.{' Twins stand in one part.' if 'twins kept together' in how else ''}"
        )
    if how.startswith("drawn") and "kept together" in how:
        return f"The parts are disjoint by group: {groups}, none of which stands in two parts."
    return (
        f"What was drawn was drawn by whole groups ({groups}); the held-out part is the source's own, and may share "
        "groups with the others."
    )


def twins(report: Facts, recipe: Facts) -> str | None:
    """How many held-out images are not new."""
    told = report["twins"]
    kinds = [f"{told[kind]:,} {kind}" for kind in ("identical", "near-identical", "same group") if told.get(kind)]
    listed = f": {', '.join(kinds)}" if kinds else ""
    again = (
        "; the figures are given without these as well" if told["held_out"] and report["held_out_without_twins"] else ""
    )
    return (
        f"{told['held_out']:,} of {told['cases']:,} held-out images have a twin in the training part (column twin of "
        f"split.csv{listed}){again}."
    )


def counts(report: Facts, recipe: Facts) -> str | None:
    """Images of each class in each part."""
    if len(report["classes"]) > MOST_NAMED:
        return f"Images of each of the {len(report['classes'])} classes in each part: class_counts in report.json."
    told = {"train": "to learn from", "valid": "to choose by", "calibrate": "to calibrate by", "held_out": "held out"}
    rows = [
        f"{words}: " + ", ".join(f'"{name}" {count:,}' for name, count in report["class_counts"][part].items())
        for part, words in told.items()
    ]
    return f"Images of each class: {'; '.join(rows)}."


def same_source(report: Facts, recipe: Facts) -> str | None:
    """Whether the held-out images differ from the others by design."""
    if recipe["split"]["how"].startswith("drawn"):
        return "The held-out images were drawn at random from the same source as those for training."
    return "The held-out images are the part that the source itself sets aside; the software knows no more of them."


def imbalance(report: Facts, recipe: Facts) -> str | None:
    """What was done about rare classes."""
    return (
        "No method against class imbalance was used: in the loss each image has the same weight, and none is shown "
        "more often than another."
    )


def fairness(report: Facts, recipe: Facts) -> str | None:
    """What was done for groups of persons."""
    return (
        "The software was told of no sex, age, origin or other trait of persons: nothing was done for fairness, and no "
        "figure is given for such subgroups."
    )


def identified(report: Facts, recipe: Facts) -> str | None:
    """What in the run folder may tell of a patient."""
    return (
        "In the run folder groups stand as salted hashes; split.csv, predictions.csv and rivals.csv hold file names as "
        "the source has them, and report.html holds images."
    )


OF_DATA = {
    "source": source, "classes": classes, "image": image, "reading": reading, "scaling": scaling, "parts": parts,
    "used": used, "unplanned": unplanned, "level": level, "twins": twins, "counts": counts, "same_source": same_source,
    "imbalance": imbalance, "fairness": fairness, "identified": identified,
}  # fmt: skip
