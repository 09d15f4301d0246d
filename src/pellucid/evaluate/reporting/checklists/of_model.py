"""What a run knows of its model, how that learned and what it answers, a sentence each; None where it does not know."""

from __future__ import annotations

from pellucid.evaluate.reporting.checklists.of_data import Facts, in_words, quoted

LAYERS = {
    "linear": "one linear layer from the pixels to the logits",
    "mlp": "linear layers to {hidden} units, ReLU after each, and a linear layer to the logits",
    "cnn": (
        "three convolutions of 32, 64 and 128 channels, each with batch normalisation and ReLU, the first two with max "
        "pooling; then maximum and mean of every channel over the whole image, and a linear layer to the logits"
    ),
}
MOVED = {
    "none": "Images were not augmented.",
    "shift": "Training images were shifted at random by up to a sixteenth of the side (at least 1 pixel).",
    "shift+flip": (
        "Training images were shifted at random by up to a sixteenth of the side (at least 1 pixel) and, half of the "
        "time, mirrored left to right."
    ),
}


def technology(report: Facts, recipe: Facts) -> str | None:
    """What kind of artificial intelligence this is."""
    kinds = {
        "linear": "a linear model of the pixels (logistic regression)",
        "mlp": "a fully connected neural network",
        "cnn": "deep learning, a convolutional neural network",
    }
    return f"The technology is supervised image classification by {kinds[report['model']]}."


def model(report: Facts, recipe: Facts) -> str | None:
    """What is computed, layer by layer."""
    hidden = " and ".join(map(str, recipe["settings"]["hidden"] or []))
    layers = LAYERS[report["model"]].format(hidden=hidden)
    return (
        f"The model is the {report['model']} of pellucid {recipe['versions']['pellucid']}, {report['parameters']:,} "
        f"weights: {layers}."
    )


def start(report: Facts, recipe: Facts) -> str | None:
    """What the weights were before learning."""
    ways = {
        "default": "random, as PyTorch draws them for each kind of layer",
        "zeros": "all zero",
        "normal": "drawn from a normal distribution of mean 0 and deviation 1",
    }
    if report["model"] not in LAYERS:
        return None
    way = ways[recipe["settings"]["start"]]
    return f"The first weights are {way} (seed {recipe['seeds']['weights']}); none come from another data set."


def learning(report: Facts, recipe: Facts) -> str | None:
    """Optimizer, rate, steps and all else that repeats the learning."""
    told = recipe["settings"]
    losses = {
        "cross-entropy": "binary cross-entropy of each label" if report["task"] == "multi-label" else "cross-entropy"
    }
    shuffled = {"every-epoch": "shuffled anew for every epoch", "once": "shuffled once", "never": "never shuffled"}
    momentum = f" with momentum {told['momentum']:g}" if told["momentum"] else ""
    return (
        f"The loss is {losses.get(told['loss'], told['loss'])}, lessened by {told['optimizer']}{momentum} "
        f"in {report['steps']:,} steps of {told['batch_size']} images ({told['epochs']} epochs planned, "
        f"{shuffled[told['shuffle']]}); {told['schedule']} schedule with a peak rate of {told['learning_rate']:g}, "
        f"weight decay {told['weight_decay']:g}, no dropout, {told['precision']}, seed {told['seed']}."
    )


def augmentation(report: Facts, recipe: Facts) -> str | None:
    """How training images were varied."""
    return MOVED[recipe["settings"]["augment"]]


def chosen(report: Facts, recipe: Facts) -> str | None:
    """Which weights were kept."""
    return (
        f"Of the weights at the ends of the epochs those with the smallest loss on the validation part were kept (step "
        f"{report['best_step']:,} of {report['steps']:,}). In this run the held-out part had no say in it."
    )


def ladder(report: Facts, recipe: Facts) -> str | None:
    """How `--model auto` chose among models."""
    return " ".join(report["ladder"]["said"]) or None


def software(report: Facts, recipe: Facts) -> str | None:
    """Versions and machine."""
    machine = recipe["machine"]
    listed = ", ".join(f"{name} {version}" for name, version in recipe["versions"].items())
    threads = f"{machine['threads']} thread{'s' if machine['threads'] != 1 else ''}"
    return f"Made with {listed}, on {machine['system']} ({machine['processor']}, {threads}, {machine['device']})."


def ensemble(report: Facts, recipe: Facts) -> str | None:
    """Whether several models answer together."""
    return "No ensemble: one model answers, once for each image."


def output(report: Facts, recipe: Facts) -> str | None:
    """What the model answers, and how that becomes a class."""
    kelvin = (
        f"after division by a temperature of {report['calibration']['temperature']:.3f}, fitted on the calibration part"
    )
    if report["task"] == "multi-label":
        return (
            f"The output is a probability for each label, a sigmoid of its logit {kelvin}. A label is called present "
            "from 0.5 on; that threshold was not tuned."
        )
    return (
        f"The output is a probability for each class, the softmax of the logits {kelvin}. The class of the greatest "
        "probability is called; no threshold was tuned for that."
    )


def sets(report: Facts, recipe: Facts) -> str | None:
    """Which classes an image may be of, with a promise, and how that fared."""
    found = report["sets"]
    none = [name for name, one in found["per_class"].items() if one["limit"] is None]
    unit = "groups" if found["groups"] else "images"
    limits = f" For {quoted(none)} there were too few calibration {unit} for any promise." if none else ""
    return (
        "The command pellucid predict also gives a set of classes, made so that for each class, on average, at most "
        f"{found['missed']:.0%} of its {unit}, if exchangeable with those of calibration, have a set without it."
        f"{limits} The truth was in the set in {in_words(found['coverage'])} of the held-out images, and the set held "
        f"one class in {in_words(found['one_answer'])}."
    )


def dial(report: Facts, recipe: Facts) -> str | None:
    """How many images go to a person at which error."""
    kept = [level["told"] for level in report["dial"] if level["threshold"] is not None]
    none = [f"{level['asked']:.1%}" for level in report["dial"] if level["threshold"] is None]
    if none:
        kept.append(f"At an error of {', '.join(none)} the calibration part allows no promise.")
    return " ".join(kept) or None


def predicting(report: Facts, recipe: Facts) -> str | None:
    """How predictions are computed."""
    return (
        "Predictions are computed by the command pellucid predict from weights.safetensors; those for every image of "
        "the validation, calibration and held-out parts stand in predictions.csv."
    )


def poor_input(report: Facts, recipe: Facts) -> str | None:
    """What becomes of images that cannot be read or are unlike those of training."""
    return (
        "The command pellucid predict names files that it cannot read and gives no answer for them, and marks images "
        "that look unlike those of calibration (column unlike_training); what merely resembles them is not noticed."
    )


def code(report: Facts, recipe: Facts) -> str | None:
    """What software repeats the run."""
    return (
        f"The analysis is that of pellucid {recipe['versions']['pellucid']}, which is open source (Apache-2.0); "
        "recipe.json holds all settings and seeds of the run."
    )


OF_MODEL = {
    "technology": technology, "model": model, "start": start, "learning": learning, "augmentation": augmentation,
    "chosen": chosen, "ladder": ladder, "software": software, "ensemble": ensemble, "output": output, "sets": sets,
    "dial": dial, "predicting": predicting, "poor_input": poor_input, "code": code,
}  # fmt: skip
