"""A run in a few sentences that a clinician can read: what it is, how good, compared with what, where it fails."""

from __future__ import annotations

from typing import Any

from pellucid.evaluate.reporting.in_words import figure, has_groups, listed, model_name, percent, quoted, signed
from pellucid.evaluate.reporting.promises import how_sure
from pellucid.evaluate.rivals.survival import HARDLY, MOST, THUMBNAIL

MUST_NOT = (
    "It is not a medical device: no decision about a patient may rest on it.",
    "It was measured on images like those that it learned from. Another hospital, scanner, protocol or population may "
    "look the same to a person and be called wrongly: measure it there first.",
    "It knows its own classes only, and calls an image of anything else one of them. Some such images are flagged as "
    "unlike the training images; not all.",
    "Its probabilities hold where the classes are as frequent as they were here.",
    "Whether it does as well for women and men, for all ages and on all devices was not measured.",
)
"""What no run may be used for. Chosen by us."""

MOST_CLASSES = 8
"""Classes that are named one by one. Chosen by us, as what one reads in a line."""

ALWAYS = "majority class"
"""The rival that always answers the same."""

KINDS = {
    "linear": "A linear model",
    "mlp": "A multi-layer perceptron (mlp)",
    "cnn": "A convolutional neural network (cnn)",
}


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
    image, counts, patients = report["image"], report["cases"], report["held_out"]["groups"]
    whose = f" of {patients:,} {'patient or exam' if patients == 1 else 'patients or exams'}" if patients else ""
    kind = KINDS.get(report["model"], f"A {report['model']}")
    return (
        f"{kind} with {report['parameters']:,} weights that {_task(report)} "
        f"{image['rows']} x {image['columns']} pixels. It learned from {counts['train']:,} images, and was then asked "
        f"about {counts['held_out']:,} others{whose}, the held-out part, from which these figures come."
    )


def _task(report: dict[str, Any]) -> str:
    classes = report["classes"]
    few = len(classes) <= MOST_CLASSES
    if report["task"] == "multi-label":
        return f"says which of {listed(quoted(classes)) if few else f'{len(classes)} labels'} are there in images of"
    if len(classes) == 2:
        return f"tells {' from '.join(quoted(classes))} in images of"
    return f"tells {listed(quoted(classes)) if few else f'{len(classes)} classes'} apart in images of"


def how_good(report: dict[str, Any]) -> str:
    """Accuracy beside that of always answering the same, and AUROC."""
    held_out = report["held_out"]
    what = "labels of the held-out images" if report["task"] == "multi-label" else "held-out images"
    said = f"It calls {percent(held_out['accuracy'])} of the {what} rightly"
    if ALWAYS in report["rivals"]:
        same = "giving the same answer" if report["task"] == "multi-label" else "answering the commonest class"
        said += f"; always {same} would call {percent(report['rivals'][ALWAYS]['accuracy'], short=True)} rightly"
    if held_out["auroc"]["value"] is not None:
        said += f". AUROC {figure(held_out['auroc'])}, where 0.5 is guessing and 1 perfect"
    return f"{said}. In brackets are 95% intervals, the range that {held_out['cases']:,} images leave open."


def without_leaks(report: dict[str, Any]) -> str:
    """The second score: without held-out cases that have a twin in training."""
    twins, held_out, without = report["twins"], report["held_out"], report["held_out_without_twins"]
    known = has_groups(report)
    if not twins["held_out"]:
        kinds = "identical, near-identical or of the same patient" if known else "identical or near-identical"
        said = f"No held-out image has a twin ({kinds}) among those learned from"
        return f"{said}." if known else f"{said}. Whether a patient stands on both sides is not known."
    kinds = listed([f"{twins[kind]:,} {kind}" for kind in ("identical", "near-identical", "same group") if twins[kind]])
    has = "has" if twins["held_out"] == 1 else "have"
    said = (
        f"{twins['held_out']:,} of {twins['cases']:,} held-out images {has} a twin among those learned from ({kinds})"
    )
    if without is None:
        return f"{said}: nothing is left to measure without them."
    said += f". Without them accuracy is {percent(without['accuracy'])} instead of {percent(held_out['accuracy'])}"
    if without["auroc"]["value"] is not None and held_out["auroc"]["value"] is not None:
        said += f", and AUROC {figure(without['auroc'])} instead of {figure(held_out['auroc'])}"
    return f"{said}."


def compared(report: dict[str, Any]) -> str:
    """The best rival, and by how much the model is better."""
    rivals, ours = report["rivals"], f"the {model_name(report['model'])}"
    known = [name for name in rivals if rivals[name]["balanced_accuracy"]["value"] is not None]
    if not known:
        return "No rival was measured."
    name = max(known, key=lambda rival: float(rivals[rival]["balanced_accuracy"]["value"]))
    gap = rivals[name]["difference"]["balanced_accuracy"]
    best = f"The best of {len(known)} rivals, {name}," if len(known) > 1 else f"The rival, {name},"
    mean = "the mean of sensitivities and specificities" if report["task"] == "multi-label" else "the mean over classes"
    said = (
        f"{best} has a balanced accuracy ({mean}) of {figure(rivals[name]['balanced_accuracy'])}, "
        f"{ours} {figure(report['held_out']['balanced_accuracy'])}"
    )
    if gap["value"] is None or gap["low"] is None:
        return f"{said}."
    told = f"{said}. The {model_name(report['model'])} less the rival, image by image: {signed(gap)}"
    if gap["low"] <= 0 <= gap["high"]:
        return f"{told}, so these images do not show which of the two is better."
    return f"{told}, so {ours if gap['low'] > 0 else 'the rival'} is better on images like these."


def shortcuts(report: dict[str, Any]) -> str:
    """What the probe that comes nearest says; of a thumbnail less, since it need be no shortcut."""
    probes = {name: one for name, one in report["probes"].items() if one["survives"] is not None}
    blind = {name: one for name, one in probes.items() if name != THUMBNAIL}
    if not probes:
        told = [one["says"] for one in report["probes"].values()]
        return str(told[0]) if told else "No probe could be fitted."
    said = str(max((blind or probes).values(), key=lambda one: float(one["survives"]))["says"])
    if blind and THUMBNAIL in probes and probes[THUMBNAIL]["survives"] >= MOST:
        reached = f"{probes[THUMBNAIL]['survives']:.2f}"
        said += f" From a thumbnail of at most 8 x 8 pixels it is {reached}: fine detail is hardly needed."
    elif not any(one["survives"] > HARDLY for one in blind.values()) and len(blind) > 1:
        said += " The same holds for the other probes that do not see the anatomy."
    return said


def where_it_fails(report: dict[str, Any]) -> str:
    """The worst class, and the commonest mistake."""
    classes, per_class, accuracy = report["classes"], report["held_out"]["per_class"], report["held_out"]["accuracy"]
    if accuracy["value"] == 1:
        return _no_mistake(report)
    said = []
    known = [name for name in classes if per_class[name]["sensitivity"]["value"] is not None]
    if known:
        worst = min(known, key=lambda name: float(per_class[name]["sensitivity"]["value"]))
        found = percent(per_class[worst]["sensitivity"])
        said.append(
            f"It misses {quoted([worst])[0]} most often: of its {per_class[worst]['cases']:,} images it finds {found}."
        )
    if report["task"] != "multi-label":
        table = report["held_out"]["confusion"]
        pairs = [(row, column) for row in range(len(classes)) for column in range(len(classes)) if row != column]
        row, column = max(pairs, key=lambda pair: int(table[pair[0]][pair[1]]))
        truth, called = quoted([classes[row], classes[column]])
        times = "once" if table[row][column] == 1 else f"{table[row][column]:,} times"
        said.append(f"Its commonest mistake: {truth} called {called}, {times}.")
    return " ".join(said)


def _no_mistake(report: dict[str, Any]) -> str:
    """That all was right, and what that leaves open."""
    what = "no label of the" if report["task"] == "multi-label" else "none of the"
    said = f"It called {what} {report['cases']['held_out']:,} held-out images wrongly"
    low = report["held_out"]["accuracy"]["low"]
    return f"{said}." if low is None else f"{said}, which still leaves up to {100 * (1 - low):.2g}% mistakes open."
