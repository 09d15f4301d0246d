"""weights.safetensors: the best weights, and with them all that is needed to use them; no code, no pickle."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from pellucid.blocks import SGD
from pellucid.data import Scaling
from pellucid.errors import BadInput
from pellucid.learn.batches import Images
from pellucid.learn.fit import answers_of, logits_of
from pellucid.learn.learner import Learner
from pellucid.learn.losses import loss_of
from pellucid.learn.models import build_model
from pellucid.learn.settings import Settings
from pellucid.run import Run
from pellucid.run.writing import write_bytes
from pellucid.shapes import Float, Shaped

FORMAT = 1

BESIDE = "unlike."
"""How the names of tensors begin that stand beside the weights, and tell whether an image is unlike those of training:
they are too many numbers for the metadata."""


def save_weights(
    path: Path, weights: dict[str, Tensor], facts: dict[str, Any], beside: dict[str, np.ndarray] | None = None
) -> None:
    """Write the weights and their facts, under one metadata key: the order of several, so the bytes, would vary.

    Arrays beside the weights (`Unlike.arrays`) are written under names that begin with BESIDE.
    """
    contiguous = {name: value.contiguous() for name, value in weights.items()}
    contiguous |= {
        BESIDE + name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in (beside or {}).items()
    }
    text = json.dumps({"format": FORMAT, **facts}, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    write_bytes(path, save(contiguous, {"pellucid": text}))


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained model, ready to answer."""

    learner: Learner
    scaling: Scaling
    device: torch.device
    beside: dict[str, np.ndarray] = field(default_factory=dict)
    """Arrays that were saved beside the weights, without what their names begin with."""

    def logits(self, stored: Shaped[np.ndarray, "case channel row column"]) -> Float[np.ndarray, "case klass"]:
        """Logits of images in the stored form of the training images (channels, number type, size)."""
        return logits_of(self.learner, self._images(stored), np.arange(len(stored)))

    def answers(
        self, stored: Shaped[np.ndarray, "case channel row column"]
    ) -> tuple[Float[np.ndarray, "case klass"], Float[np.ndarray, "case feature"]]:
        """Logits, and the features that they were made from (see `answers_of`)."""
        return answers_of(self.learner, self._images(stored), np.arange(len(stored)))

    def _images(self, stored: np.ndarray) -> Images:
        return Images(stored, self.scaling, self.device, is_channels_last(self.learner.model), live_there=False)


def is_channels_last(model: torch.nn.Module) -> bool:
    """True where the model convolves, which is fastest with channels innermost."""
    return any(isinstance(part, torch.nn.Conv2d) for part in model.modules())


def load_trained(run: Run, device: torch.device) -> Trained:
    """The model of a finished run.

    Raises:
        BadInput: its weights are missing, damaged, or do not fit the model that they name.
    """
    facts = run.facts
    try:
        settings = Settings(model=facts["model"], hidden=tuple(facts["hidden"]) if facts["hidden"] else None)
        model = build_model(settings, facts["channels"], facts["image_size"], facts["outputs"])
        tensors = load_file(run.file("weights.safetensors"))
        beside = {name: tensors.pop(name).numpy() for name in sorted(tensors) if name.startswith(BESIDE)}
        model.load_state_dict(tensors)
        scaling = Scaling(
            facts["scaling"]["kind"], tuple(facts["scaling"]["mean"]), tuple(facts["scaling"]["deviation"])
        )
    except (KeyError, TypeError, RuntimeError, SafetensorError) as problem:
        told = " ".join(str(problem).split())
        raise BadInput(
            f"{run.file('weights.safetensors')} does not fit ({told}): restore it, or train again."
        ) from None
    model.to(device).eval()
    learner = Learner(model, loss_of(facts["task"]), SGD(0.0), bfloat16=facts["precision"] == "bfloat16")
    return Trained(learner, scaling, device, {name.removeprefix(BESIDE): value for name, value in beside.items()})
