"""A network that learns a toy problem step by step, by the blocks alone, and everything of it that the page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isnan
from typing import Any

import torch
from torch import Tensor

from pellucid.app.playground.experiment import Experiment
from pellucid.app.playground.naming import weight_name
from pellucid.app.playground.representation import Representation, represent
from pellucid.blocks import (
    SGD,
    Activations,
    Layer,
    backward,
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_slope,
    draw_layers,
    forward,
    mean_squared_error,
    mean_squared_error_slope,
    sigmoid,
    weights_of,
)
from pellucid.blocks.toy_features import feature_columns
from pellucid.blocks.toys import Points, draw_toy
from pellucid.errors import BadInput
from pellucid.shapes import Float

MOST = 1e6
"""Weights of this size and larger are not taken: nothing is learned with them. Chosen by us."""
BETTER = 0.01
"""Of the first loss: where a loss falls by more, it got better. Chosen by us: less is hardly seen in the curve."""
OTHER_SEEDS = 2**31
"""Added to the seed of weights, so that no seed of points draws the same numbers."""

TUNED = ("learning_rate", "momentum", "batch_size", "regularisation", "penalty")
"""Settings that may change while a network learns: they decide how the next step is taken, and nothing else."""


@dataclass(frozen=True, slots=True)
class Losses:
    """Loss on the training and the test points after so many steps; for a class, the share of errors, too."""

    step: int
    train: float
    test: float
    train_error: float | None
    test_error: float | None


class Playing:
    """One experiment under way.

    Attributes:
        experiment: its settings.
        train, test: the points.
        layers: of the network, float64; the last has one unit, whose sum is a logit or a height.
        steps: that were taken.
        seen: training points that were learned from, each as often as it was.
        slopes: of the last mini-batch's loss, in the order of `weights_of`; all 0 before the first step.
        first: losses with the first weights.
        better_epoch: the last epoch at whose end the training or the test loss was lower, by BETTER of its first value,
            than at any such end before; or when a weight or a setting was changed.
        longest_stand: epochs that went by without getting better, at most, since a weight or a setting was changed.
    """

    def __init__(self, experiment: Experiment) -> None:
        """Draw points and first weights."""
        self.experiment = experiment
        points_rng = torch.Generator().manual_seed(experiment.seed)
        drawn = draw_toy(experiment.toy, experiment.points, experiment.noise, points_rng)
        count = max(1, min(experiment.points - 1, round(experiment.points * experiment.train_share)))
        self.train = Points(drawn.places[:count], drawn.targets[:count])
        self.test = Points(drawn.places[count:], drawn.targets[count:])
        self._rng = torch.Generator().manual_seed(OTHER_SEEDS + experiment.weight_seed)
        widths = [len(experiment.features), *experiment.hidden, 1]
        first = draw_layers(widths, self._rng, activation=experiment.activation)
        self.layers = tuple(Layer(one.weight.double(), one.bias.double(), one.activation) for one in first)
        self._columns = feature_columns(self.train.places, experiment.features)
        self._test_columns = feature_columns(self.test.places, experiment.features)
        self._sgd = SGD(experiment.learning_rate, experiment.momentum)
        self._state = self._sgd.start(weights_of(self.layers))
        self._order = torch.zeros(0, dtype=torch.long)
        self.steps = self.seen = 0
        self.slopes = [torch.zeros_like(weight) for weight in weights_of(self.layers)]
        self.first = self._best = self.losses()
        self.better_epoch = self.longest_stand = 0.0

    @property
    def epoch(self) -> float:
        """How often each training point was seen."""
        return self.seen / len(self.train.places)

    def tune(self, **changes: Any) -> None:
        """Go on with other settings of learning, from the weights as they are.

        Args:
            changes: of settings in TUNED.
        Raises:
            BadInput: a setting that cannot be.
        """
        experiment = self.experiment.with_(**changes)
        if bool(experiment.momentum) != bool(self.experiment.momentum):  # no velocity of long ago
            self._state = SGD(experiment.learning_rate, experiment.momentum).start(weights_of(self.layers))
        self.experiment = experiment
        self._sgd = SGD(experiment.learning_rate, experiment.momentum)
        self._count_anew()

    def step(self) -> None:
        """Learn from one mini-batch; all training points are seen once before any is seen again.

        Where the points do not fill the last mini-batch of an epoch, it is a smaller one.
        """
        if not len(self._order):
            self._order = torch.randperm(len(self.train.places), generator=self._rng)
        rows, self._order = self._order.tensor_split((self.experiment.batch_size,))
        activations = forward(self.layers, self._columns[rows])
        self.slopes = backward(self.layers, activations, self._slope(activations.logits, self.train.targets[rows]))
        self._state = self._sgd.step(weights_of(self.layers), self._with_penalty(self.slopes), self._state)
        self.steps += 1
        self.seen += len(rows)
        if not len(self._order):
            self._look_whether_better()

    def _look_whether_better(self) -> None:
        self.longest_stand = max(self.longest_stand, self.epoch - self.better_epoch)
        now, best, first = self.losses(), self._best, self.first
        train = now.train if now.train < best.train - BETTER * first.train else best.train
        test = now.test if now.test < best.test - BETTER * first.test else best.test
        if (train, test) != (best.train, best.test):
            self._best, self.better_epoch = replace(best, train=train, test=test), self.epoch

    def _count_anew(self) -> None:
        self._best, self.better_epoch, self.longest_stand = self.losses(), self.epoch, 0.0

    @property
    def slope_sizes(self) -> tuple[float, ...]:
        """Of each layer: root of the mean squared slope of its weights at the last step."""
        return tuple(float(slope.square().mean().sqrt()) for slope in self.slopes[::2])

    def losses(self) -> Losses:
        """As things stand."""
        (train, train_error), (test, test_error) = (self._loss(*self.answers(part)) for part in ("train", "test"))
        return Losses(self.steps, train, test, train_error, test_error)

    def _loss(self, points: Points, answers: Tensor) -> tuple[float, float | None]:
        if self.experiment.is_class:
            wrong = float(((answers > 0) != (points.targets > 0.5)).double().mean())
            return float(binary_cross_entropy_with_logits(answers, points.targets)), wrong
        return float(mean_squared_error(answers, points.targets)), None

    def _slope(self, answers: Tensor, targets: Tensor) -> Tensor:
        if self.experiment.is_class:
            return binary_cross_entropy_with_logits_slope(answers, targets)
        return mean_squared_error_slope(answers, targets)

    def _with_penalty(self, slopes: list[Tensor]) -> list[Tensor]:
        """L1: penalty * |w|; L2: penalty / 2 * w^2; of weights, not of biases."""
        if self.experiment.regularisation == "none" or not self.experiment.penalty:
            return slopes
        pulled = list(slopes)
        for number, layer in enumerate(self.layers):
            pull = layer.weight.sign() if self.experiment.regularisation == "l1" else layer.weight
            pulled[2 * number] = slopes[2 * number].add(pull, alpha=self.experiment.penalty)
        return pulled

    def set_number(self, layer: int, unit: int, feature: int | None, value: float) -> None:
        """Change a weight, or a bias (feature None), by hand.

        Raises:
            BadInput: there is no such weight, or the value is no number or too large.
        """
        if not 0 <= layer < len(self.layers):
            raise BadInput(f"There is no layer {layer}: this network has {len(self.layers)}.")
        held = self.layers[layer]
        place = held.bias if feature is None else held.weight
        index = (unit,) if feature is None else (unit, feature)
        if not all(0 <= at < size for at, size in zip(index, place.shape, strict=True)):
            raise BadInput(f"Layer {layer} has no weight {unit}, {feature}: it has {tuple(held.weight.shape)} of them.")
        if not abs(value) < MOST:
            name = weight_name(self.experiment, layer, unit, feature)
            wrong = "this is no number" if isnan(value) else f"{value:g} is too large"
            raise BadInput(f"The {name} stays as it is, {wrong}: type a number between -{MOST:,.0f} and {MOST:,.0f}.")
        place[index] = value
        self._count_anew()

    def all_numbers(self) -> list[float]:
        """Weights and biases, in the order of `weights_of`."""
        return torch.cat([tensor.ravel() for tensor in weights_of(self.layers)]).tolist()

    def set_all(self, numbers: Sequence[float]) -> None:
        """Take over what `all_numbers` gave.

        Raises:
            BadInput: as many as this network has not, or one that is none.
        """
        tensors = weights_of(self.layers)
        count = sum(tensor.numel() for tensor in tensors)
        if len(numbers) != count or not all(abs(number) < MOST for number in numbers):
            raise BadInput(f"The link holds {len(numbers)} weights; this network has {count}, all of them numbers.")
        parts = torch.split(torch.tensor(numbers, dtype=torch.float64), [tensor.numel() for tensor in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view_as(tensor))
        self._count_anew()

    def at(self, places: Float[Tensor, "case 2"]) -> Activations:
        """Every value between the features of these places and the answer."""
        return forward(self.layers, feature_columns(places.double(), self.experiment.features))

    def maps(self, pixels: int) -> list[Float[Tensor, "unit row column"]]:
        """What each feature, each hidden unit and the output give at every place of the plane.

        Args:
            pixels: rows and columns; the first row has the highest x2, and places are the middles of pixels.
        Returns:
            Of the features, then of each layer in turn; the output of a class problem as its probability.
        """
        side = (torch.arange(pixels, dtype=torch.float64) + 0.5) / pixels * 2 - 1
        x2, x1 = torch.meshgrid(side.flip(0), side, indexing="ij")
        seen = self.at(torch.stack([x1.ravel(), x2.ravel()], 1))
        answer = sigmoid(seen.logits) if self.experiment.is_class else seen.logits
        return [values.T.reshape(-1, pixels, pixels) for values in (*seen.inputs, answer)]

    def representation(self) -> Representation | None:
        """Training points as the last hidden layer sees them; None where none is, or values are no numbers."""
        if not self.experiment.hidden:
            return None
        values, output = forward(self.layers, self._columns).inputs[-1], self.layers[-1]
        if not bool(values.isfinite().all()):
            return None
        return represent(values, output.weight[0], float(output.bias[0]))

    def answers(self, part: str) -> tuple[Points, Float[Tensor, "case 1"]]:
        """Points of a part, "train" or "test", and what the network says of each: a logit or a height."""
        columns, points = (self._columns, self.train) if part == "train" else (self._test_columns, self.test)
        return points, forward(self.layers, columns).logits
