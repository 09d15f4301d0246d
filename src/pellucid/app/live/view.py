"""A moment as the page draws it: pictures of weights and activations, losses, sizes of slopes, worst cases."""

from __future__ import annotations

import math
from base64 import b64encode
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from torch import nn

from pellucid.app.live.activations import activations_of
from pellucid.app.live.cases import Case
from pellucid.app.live.moment import Moment
from pellucid.app.live.recording import MOST_PARAMETERS, Recording
from pellucid.app.live.sheets import LAST, activation_sheet, weight_sheets
from pellucid.app.live.tiles import Sheet
from pellucid.data import Scaling
from pellucid.data.dataset import png
from pellucid.errors import BadInput
from pellucid.explain.walk import Passed, in_float64, scaled, walk
from pellucid.learn import Settings, build_model
from pellucid.learn.losses import probabilities
from pellucid.shapes import Float


class View:
    """A recording, opened at any of its moments and for any image that it knows.

    Attributes:
        recording: what is looked at.
        scaling: what its images are scaled by.
    """

    def __init__(self, recording: Recording) -> None:
        """Rebuild the model without weights, to be filled with each moment's.

        Raises:
            BadInput: the recording's weights are not those of the model that it names.
        """
        self.recording, about = recording, recording.about
        settings = Settings.of(about.settings, "recording")
        with torch.device("meta"):  # nothing is drawn, and no memory is taken, whatever sizes a file may name
            self._model = build_model(settings, about.channels, about.size, settings.outputs or len(about.classes))
        told = about.scaling
        self.scaling = Scaling(told["kind"], tuple(told["mean"]), tuple(told["deviation"]))
        self._at(recording.moments[0])

    def still(self) -> dict[str, Any]:
        """What stays as it is from moment to moment."""
        about = self.recording.about
        return {
            "source": about.source,
            "model": about.settings["model"],
            "parameters": about.parameters,
            "recorded": self.recording.is_kept,
            "most_parameters": MOST_PARAMETERS,
            "probes": list(about.probes),
        }

    @property
    def is_rounded(self) -> bool:
        """Whether the model computes in bfloat16, which keeps three digits."""
        return bool(self.recording.about.settings["precision"] == "bfloat16")

    def weight_sheets(self, moment: Moment) -> tuple[Sheet, ...]:
        """The weights as pictures."""
        about = self.recording.about
        return weight_sheets(moment.weights, about.classes, about.channels, about.size)

    def activations(self, moment: Moment, row: int) -> dict[str, Float[np.ndarray, " *after"]]:
        """What each block gave for an image: as it was recorded for a probe, else worked out from the weights."""
        probes = self.recording.about.probes
        if row in probes:
            return {name: gave[probes.index(row)].astype(np.float64) for name, gave in moment.activations.items()}
        given = torch.from_numpy(self._scaled(row)).float()
        with torch.autocast("cpu", torch.bfloat16) if self.is_rounded else nullcontext():
            return {name: gave[0].double().numpy() for name, gave in activations_of(self._at(moment), given).items()}

    def activation_sheets(self, moment: Moment, row: int) -> tuple[Sheet, ...]:
        """The same as pictures."""
        return tuple(
            activation_sheet(name, gave, type(self._model.get_submodule(name)).__name__)
            for name, gave in self.activations(moment, row).items()
        )

    def chances(self, moment: Moment, row: int) -> list[float]:
        """The probability of each class, as the model gives it (not calibrated)."""
        logits = self.activations(moment, row)[LAST][None]
        found: list[float] = probabilities(torch.from_numpy(logits).double(), self.recording.about.task)[0].tolist()
        return found[: len(self.recording.about.classes)]

    def way(self, moment: Moment, row: int) -> dict[str, Passed]:
        """Every block with what it was given and what it gave for an image, in float64, by its name."""
        given = torch.from_numpy(self._scaled(row))
        return {passed.name: passed for passed in walk(in_float64(self._at(moment)), given)}

    def frame(self, moment: Moment, row: int) -> dict[str, Any]:
        """Everything that changes from moment to moment.

        Args:
            moment: of the recording.
            row: of the image whose activations are shown.
        """
        about = self.recording.about
        chances = self.chances(moment, row)
        return {
            "step": moment.step,
            "epoch": moment.epoch,
            "losses": [_number(one) for one in (moment.train_loss, moment.valid_loss, moment.valid_accuracy)],
            "curve": [[step, _number(train), _number(valid)] for step, train, valid in self.recording.curve],
            "weights": [sheet.as_dict() for sheet in self.weight_sheets(moment)],
            "slopes": [[name, _number(size)] for name, size in moment.gradient_norms.items()],
            "worst": [self._worst(moment, place) for place in range(len(moment.worst_rows))],
            "chosen": row,
            "chances": [[name, chance] for name, chance in zip(about.classes, map(_number, chances), strict=True)],
            "activations": [sheet.as_dict() for sheet in self.activation_sheets(moment, row)],
        }

    def _worst(self, moment: Moment, place: int) -> dict[str, Any]:
        classes, p = self.recording.about.classes, moment.worst_p[place]
        if self.recording.about.task == "multi-label":
            called = [f"{name} {share:.2f}" for name, share in zip(classes, p, strict=False) if share >= 0.5]
        else:
            called = [f"{classes[p.argmax()]} {p.max():.3f}"] if p.argmax() < len(classes) else []
        loss = float(moment.worst_losses[place])
        return {"row": int(moment.worst_rows[place]), "called": ", ".join(called) or "none", "loss": _number(loss)}

    def _scaled(self, row: int) -> Float[np.ndarray, "1 channel row column"]:
        return scaled(self.recording.cases.case(row).image[None], self.scaling)

    def _at(self, moment: Moment) -> nn.Module:
        """The model with the weights of a moment."""
        weights = {name: torch.from_numpy(np.array(one)) for name, one in moment.weights.items()}
        try:
            self._model.load_state_dict(weights, assign=True)
        except RuntimeError as problem:
            said = " ".join(str(problem).split())
            raise BadInput(f"The recording's weights do not fit its model ({said}): record it again.") from None
        return self._model.eval()


def picture_of(case: Case) -> dict[str, Any]:
    """An image as the page shows it."""
    inside = b64encode(png(case.image)).decode("ascii")
    return {"row": case.row, "name": case.name, "labels": list(case.labels), "src": f"data:image/png;base64,{inside}"}


def _number(value: float) -> float | None:
    """For JSON, which has no NaN."""
    return value if math.isfinite(value) else None
