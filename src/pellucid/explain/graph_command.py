"""What `pellucid graph` shows: a run with an image, a model of the ladder, or one of three small examples by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from pellucid.blocks.graphs import Graph, graph_of, linear_regression_graph, logistic_regression_graph, neuron_graph
from pellucid.blocks.network import Layer
from pellucid.data.digits import read_digits
from pellucid.data.form import Form
from pellucid.data.loose import decoded
from pellucid.data.scaling import Scaling, measure_scaling
from pellucid.errors import BadInput
from pellucid.evaluate.answers import output_names
from pellucid.explain.known_image import known_image
from pellucid.explain.own_source import OwnImage, own_image
from pellucid.explain.pocket import printed
from pellucid.learn.batches import Images
from pellucid.learn.losses import loss_of
from pellucid.learn.models import build_model
from pellucid.learn.settings import Settings
from pellucid.learn.weights import is_channels_last, load_trained
from pellucid.predicting import form_of
from pellucid.run import Run
from pellucid.run.writing import check_replaceable, write_text

LADDER = ("linear", "mlp", "cnn")
SIZE = 28
"""Side of the image that an untrained model is shown, pixels; that of MNIST and MedMNIST."""
MOST_CLASSES = 12
"""Logits that are told with their classes. Chosen by us: more fill the page."""
MARK = b"<svg "
"""How a drawing begins."""


def _linear_regression() -> Graph:
    return linear_regression_graph(torch.tensor([0.5, -1.0, 2.0]), torch.tensor([3.0, 4.0]), target=5.0)


def _logistic_regression() -> Graph:
    return logistic_regression_graph(torch.tensor([0.5, -1.0, 2.0]), torch.tensor([3.0, 1.5]), label=1)


def _xor() -> Graph:
    """h1 says "one of them at least", h2 "not both", p "h1 and h2"; weights chosen by us, small enough for slopes."""
    hidden = Layer(torch.tensor([[6.0, 6.0], [-6.0, -6.0]]), torch.tensor([-3.0, 9.0]), "sigmoid")
    last = Layer(torch.tensor([[8.0, 8.0]]), torch.tensor([-12.0]), "sigmoid")
    return neuron_graph([hidden, last], torch.tensor([1.0, 0.0]), label=1)


BY_HAND: dict[str, Callable[[], Graph]] = {
    "linear-regression": _linear_regression,
    "logistic-regression": _logistic_regression,
    "xor": _xor,
}
NAMES = (*LADDER, *BY_HAND)


def graph_of_name(name_or_run: str, image: Path | None = None) -> Graph:
    """The graph of a run or of a model by its name.

    Args:
        name_or_run: a run folder, or one of `NAMES`. A folder that is called like a model is named by ./linear.
        image: what the model is shown. Without it a run is shown what its scaling makes 0, the mean of its training
            images, and an untrained model the first of the digits that are always there.
    Returns:
        With values and slopes. Where no label is known the slopes are those of the loss of the class that the model
        itself predicts, and a note says so.
    Raises:
        BadInput: neither a run nor such a name, or an image that cannot be read or does not fit.

    >>> graph_of_name("linear-regression")["y"].value.said()
    '5.5'
    """
    if name_or_run in BY_HAND:
        if image is not None:
            raise BadInput(f"{name_or_run} is a fixed example and takes no image: leave {image} out.")
        return BY_HAND[name_or_run]()
    if name_or_run in LADDER:
        return _untrained(name_or_run, image)
    run = Run(Path(name_or_run))
    if not run.file("weights.safetensors").is_file():
        raise BadInput(
            f"{name_or_run} is no run folder and none of {', '.join(NAMES)}: `pellucid runs` lists the runs there are."
        )
    return _trained(run, image)


def save_graph(graph: Graph, path: Path) -> None:
    """Write the drawing, whole or not at all; only an earlier drawing is replaced.

    Raises:
        BadInput: some other file is there, or the folder cannot be written.
    """
    check_replaceable(path, MARK, "drawing", within=len(MARK))
    write_text(path, graph.as_svg() + "\n")


def _trained(run: Run, image: Path | None) -> Graph:
    form, facts = form_of(run), run.facts
    trained = load_trained(run, torch.device("cpu"))
    classes, task = facts["classes"], facts["task"]
    if image is None:
        shown, own = "No image was named: each pixel is what scaling makes 0.", None
        inputs = torch.zeros(1, facts["channels"], facts["image_size"], facts["image_size"])
    else:
        if image.exists():
            stored = _stored(image, form)
            own, shown = known_image(run, image, stored), f"Shown: {image}."
        else:
            own = own_image(run, str(image), None)
            stored, shown = own.pixels, f"Shown: {own.name} of {own.source}."
        inputs = _scaled(stored, trained.scaling, trained.learner.model)
    notes = [shown, *_known(own), _of_temperature(facts["calibration"]["temperature"])]
    label = classes.index(own.label) if own is not None and own.label and task != "multi-label" else None
    return _told(trained.learner.model, inputs, run.path.name, classes, task, notes, label)


def _known(own: OwnImage | None) -> list[str]:
    """What the run knows of the image."""
    if own is None:
        return []
    told = [own.told_origin] if own.by_pixels else []
    return [*told, f"True label: {own.told_label}. {own.told_part}"]


def _of_temperature(temperature: float) -> str:
    return (
        f"Probabilities that `predict` gives divide these logits by the temperature {temperature:.4g} first; the loss "
        "here does not."
    )


def _of_classes(classes: list[str], logits: Tensor) -> str:
    """Each logit with its class, in the order of the node."""
    names = output_names(tuple(classes), len(logits))
    each = [f"{name} {printed(logit, 4, '+')}" for name, logit in zip(names, logits.tolist(), strict=True)]
    more = f", and {len(each) - MOST_CLASSES:,} more" * (len(each) > MOST_CLASSES)
    return f"The logits, in the order of the node: {', '.join(each[:MOST_CLASSES])}{more}."


def _untrained(name: str, image: Path | None) -> Graph:
    """A model of the ladder with its first weights, as seed 0 draws them."""
    if image is None:
        stored = next(read_digits().blocks())[:1, None]  # a 0, and class 0
        shown = "Shown: the first of scikit-learn's digits, a 0. The weights are those before learning."
    else:
        stored = _stored_as_it_is(image)
        shown = f"Shown: {image}. The weights are those before learning, for 10 classes."
    classes = [str(number) for number in range(10)]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = build_model(Settings(model=name), stored.shape[1], stored.shape[2], len(classes))
    inputs = _scaled(stored, measure_scaling(stored, np.array([0])), model)
    return _told(model, inputs, name, classes, "multi-class", [shown], label=0 if image is None else None)


def _told(
    model: nn.Module,
    inputs: Tensor,
    title: str,
    classes: list[str],
    task: str,
    notes: list[str],
    label: int | None = None,
) -> Graph:
    """The graph with slopes: of the right label's loss where it is known, else of what the model itself says."""
    with torch.no_grad():
        outputs = model.eval()(inputs)
    logits, notes = outputs[:, : len(classes)], [*notes, _of_classes(classes, outputs[0])]
    if label is None:
        label = int(logits.argmax(1))
        said = (
            "of those labels that it finds" if task == "multi-label" else f"of class {classes[label]}, its own answer"
        )
        taken = "Several labels at once" if task == "multi-label" else "No label is known"
        notes.append(f"{taken}: the loss, and so each slope, is that {said}.")
        labels = (logits > 0).to(inputs.dtype) if task == "multi-label" else torch.tensor([label])
    else:
        labels = torch.tensor([label])
    graph = graph_of(model, inputs, labels, loss_of(task))
    return replace(graph, title=title, notes=(*graph.notes, *notes))


def _stored(image: Path, form: Form) -> np.ndarray:
    with decoded([image], form) as (names, pixels, _):
        if len(names) > 1:
            raise BadInput(f"{image} holds {len(names)} images; one was needed: name a single file.")
        return np.array(pixels)


def _stored_as_it_is(image: Path) -> np.ndarray:
    """In the first form that holds it, of gray and colour, 8 and 16 bits."""
    refused = []
    for channels, dtype in ((1, "uint8"), (3, "uint8"), (1, "uint16"), (1, "int16")):
        try:
            return _stored(image, Form(channels, dtype, SIZE, resized=True))
        except BadInput as problem:
            refused.append(problem)
    raise refused[0]


def _scaled(stored: np.ndarray, scaling: Scaling, model: nn.Module) -> Tensor:
    images = Images(stored, scaling, torch.device("cpu"), is_channels_last(model), live_there=False)
    return images.scaled(images.pixels(np.array([0]))).clone()
