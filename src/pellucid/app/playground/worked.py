"""Where the loss, a slope's size, a point of the picture and the number of epochs come from, worked out on the spot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from pellucid.app.playground.naming import names_into, unit_name
from pellucid.app.playground.playing import BETTER, Playing
from pellucid.app.playground.stalled import EPOCHS
from pellucid.blocks import log_softmax
from pellucid.blocks.toy_features import FEATURES, feature_columns
from pellucid.errors import BadInput

SHOWN = 5
"""Points whose terms are written out; of the others the sum is. Chosen by us: one looks at the worst."""
CALLED = {"train": "training", "test": "test"}


@dataclass(frozen=True, slots=True)
class Worked:
    """A calculation as one writes it down.

    Attributes:
        title: what is worked out.
        head: over each column.
        rows: one a term.
        lines: what becomes of the terms, and what it means.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str | float, ...], ...]
    lines: tuple[str, ...]


def loss_worked(playing: Playing, part: str) -> Worked:
    """The loss of training or test points: the mean of one term a point.

    Raises:
        BadInput: a part that is neither "train" nor "test".
    """
    if part not in CALLED:
        raise BadInput(f"There are no {part!r} points: ask for train or test.")
    points, answers = playing.answers(part)
    if playing.experiment.is_class:
        logs = log_softmax(torch.cat([torch.zeros_like(answers), answers], 1))  # of orange and of blue
        said = logs.gather(1, points.targets.long())
        terms, head = -said, ("x₁", "x₂", "is", "probability of it", "-log of it")
        given = [
            ("blue" if one else "orange", p) for one, p in zip(points.targets[:, 0] > 0.5, said.exp(), strict=True)
        ]
        rule = "The term of a point: minus the natural logarithm of the probability given to what it is."
    else:
        terms, head = (answers - points.targets).square(), ("x₁", "x₂", "height", "answer", "difference squared")
        given = list(zip(points.targets[:, 0], answers[:, 0], strict=True))
        rule = "The term of a point: the answer minus the height, squared."
    order = terms[:, 0].argsort(descending=True)
    rows = [
        (
            *points.places[at].tolist(),
            *(one if isinstance(one, str) else float(one) for one in given[at]),
            float(terms[at]),
        )
        for at in order[:SHOWN].tolist()
    ]
    count, total = len(terms), float(terms.sum())
    lines = [rule, f"sum of all {count} terms: {total:.4f}", f"loss = {total:.4f} / {count} = {total / count:.4f}"]
    if count > SHOWN:
        lines.insert(1, f"the other {count - SHOWN} points: {float(terms[order[SHOWN:]].sum()):.4f}")
    if playing.experiment.is_class:
        wrong = int(((answers > 0) != (points.targets > 0.5)).sum())
        lines.append(f"wrong (probability below one half): {wrong} / {count} = {100 * wrong / count:.1f}%")
    return Worked(f"Loss of the {CALLED[part]} points, the worst first", head, tuple(rows), tuple(lines))


def slopes_worked(playing: Playing, layer: int) -> Worked:
    """The size of a layer's slopes: the root of their mean square.

    Raises:
        BadInput: there is no such layer.
    """
    if not 0 <= layer < len(playing.layers):
        raise BadInput(f"There is no layer {layer}: this network has {len(playing.layers)}.")
    slopes = playing.slopes[2 * layer]
    last = layer == len(playing.layers) - 1
    rows = tuple(("output" if last else unit_name(layer, unit), *row.tolist()) for unit, row in enumerate(slopes))
    squares, count = float(slopes.square().sum()), slopes.numel()
    return Worked(
        "Slopes of the output's weights" if last else f"Slopes of the weights of hidden layer {layer + 1}",
        ("to \\ from", *names_into(playing.experiment, layer)),
        rows,
        (
            "A slope: how fast the last mini-batch's loss rises as the weight grows. A step goes against it.",
            f"squares added up: {squares:.4e}",
            f"mean of {count} squares: {squares:.4e} / {count} = {squares / count:.4e}",
            f"size = root of it = {playing.slope_sizes[layer]:.4e}",
        ),
    )


def point_worked(playing: Playing, number: int) -> Worked:
    """Where a training point lies in the picture of the last hidden layer.

    Raises:
        BadInput: no hidden layer, or no such point.
    """
    seen = playing.representation()
    if seen is None or not 0 <= number < len(seen.values):
        raise BadInput(f"There is no point {number} to be shown: click one of the picture.")
    x1, x2 = playing.train.places[number].tolist()
    names = names_into(playing.experiment, len(playing.layers) - 1)
    values, shown = seen.values[number], seen.shown[number].tolist()
    ways = list(zip(("to the right", "up"), shown, strict=False))
    lines = [*(f"{way} = {at:.4f}" for way, at in ways), _sum_of(shown, seen.cut)]
    title = f"Training point {number + 1}, x₁ = {x1:.2f}, x₂ = {x2:.2f}"
    if len(names) <= 2:
        rows: list[tuple[str | float, ...]] = [
            (name, value) for name, value in zip(names, values.tolist(), strict=True)
        ]
        return Worked(title, ("unit", "value"), tuple(rows), ("The picture's axes are the units themselves.", *lines))
    away = values - seen.centre
    columns = [
        values,
        seen.centre,
        seen.directions[0],
        away * seen.directions[0],
        seen.directions[1],
        away * seen.directions[1],
    ]
    rows = [(name, *one) for name, one in zip(names, torch.stack(columns, 1).tolist(), strict=True)]
    why = (
        "More than two units: right is the direction of the output's weights, straight across its cut; up is the "
        "direction along the cut in which points differ most."
        if seen.cut[0]
        else "The output's weights are all 0: there is no cut, and the picture shows where points differ most."
    )
    how = "Each product: (value - mean) x direction; a column of products added up is the place."
    head = ("unit", "value", "mean", "right", "product", "up", "product")
    return Worked(title, head, tuple(rows), (why, how, *lines))


def _sum_of(shown: Sequence[float], cut: tuple[float, float, float]) -> str:
    """The output's sum from a place in the picture."""
    right, up, constant = cut
    used = [f"{slope:.6g} x {at:.6g}" for slope, at in zip((right, up), shown, strict=False) if slope]
    total = sum(slope * at for slope, at in zip((right, up), shown, strict=False)) + constant
    return f"output's sum = {' + '.join([*used, f'{constant:.6g}'])} = {total:.4f}; on the line it is 0"


def epoch_worked(playing: Playing) -> Worked:
    """How often each training point was seen."""
    count = len(playing.train.places)
    return Worked(
        "Epochs: how often each training point was seen",
        (),
        (),
        (
            f"{playing.steps} steps, each from {min(playing.experiment.batch_size, count)} points at most",
            f"{playing.seen} points seen / {count} training points = {playing.epoch:.3f} epochs",
            f"Better: a training or test loss lower than before by {BETTER:.0%} of its first value "
            f"({playing.first.train:.4f}, {playing.first.test:.4f}).",
            f"Last better after {playing.better_epoch:.0f} epochs; where that is {EPOCHS} ago, it can be stopped.",
        ),
    )


def feature_worked(playing: Playing, number: int, x1: float, x2: float) -> Worked:
    """A feature at a place.

    Raises:
        BadInput: there is no such feature.
    """
    features = playing.experiment.features
    if not 0 <= number < len(features):
        raise BadInput(f"There is no feature {number}: this network is given {len(features)}.")
    name, written = features[number], FEATURES[features[number]][0]
    value = float(feature_columns(torch.tensor([[x1, x2]], dtype=torch.float64), [name]))
    sums = {
        "x1": "", "x2": "", "x1x1": f"{x1:.4f} x {x1:.4f} = ", "x2x2": f"{x2:.4f} x {x2:.4f} = ",
        "x1x2": f"{x1:.4f} x {x2:.4f} = ", "sinx1": f"sin(6.2832 x {x1:.4f}) = ", "sinx2": f"sin(6.2832 x {x2:.4f}) = ",
    }  # fmt: skip
    return Worked(f"{written} at x₁ = {x1:.2f}, x₂ = {x2:.2f}", (), (), (f"{written} = {sums[name]}{value:.4f}",))
