"""All maps of one image, each with the check that tells whether it shows what was learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from pellucid.explain.asking import Asked
from pellucid.explain.randomising import Randomised, randomise
from pellucid.explain.saliency import Integrated, edges, grad_cam, integrated_gradients
from pellucid.explain.walk import in_float64, scaled
from pellucid.progress import Progress, silent
from pellucid.shapes import Float

INTEGRATED, CAM, EDGES = "integrated gradients", "Grad-CAM", "edges of the image"

CHECKED_WITH = (16,)
"""Steps of integrated gradients in the check, which draws some dozens of maps. Chosen by us."""


@dataclass(frozen=True, slots=True)
class Maps:
    """Where a logit comes from; the edges are no explanation, and stand beside the others to be caught by the check."""

    integrated: Integrated
    cam: Float[np.ndarray, "down across"] | None
    """None where nothing convolves."""
    edges: Float[np.ndarray, "row column"]
    checks: tuple[Randomised, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        found = self.integrated
        return {
            "integrated_gradients": {
                "sum": found.total,
                "logit": found.logit,
                "logit_at_baseline": found.baseline_logit,
                "difference": found.missing,
                "steps": found.steps,
                "map": found.map.tolist(),
            },
            "grad_cam": None if self.cam is None else {"cells": list(self.cam.shape), "map": self.cam.tolist()},
            "edges": self.edges.tolist(),
            "checks": {check.name: check.as_dict() for check in self.checks},
        }


def draw_maps(asked: Asked, klass: int, progress: Progress = silent) -> Maps:
    """Integrated gradients, Grad-CAM where the model convolves, and how each changes as the weights are randomised.

    Args:
        asked: the image, and the model.
        klass: whose logit.
        progress: told how far it is.
    """
    model, inputs = in_float64(asked.trained.learner.model), scaled(asked.stored, asked.trained.scaling)
    image = torch.from_numpy(inputs)

    def integrate(some: nn.Module) -> Float[np.ndarray, "row column"]:
        return np.asarray(integrated_gradients(some, image, klass, CHECKED_WITH).map.sum(0))

    def look(some: nn.Module) -> Float[np.ndarray, "down across"]:
        return np.asarray(grad_cam(some, image, klass))

    cam = grad_cam(model, image, klass)
    steep = edges(inputs)
    checks = [randomise(INTEGRATED, model, integrate, progress)]
    checks += [] if cam is None else [randomise(CAM, model, look, progress)]
    checks += [randomise(EDGES, model, lambda _: steep)]
    return Maps(integrated_gradients(model, image, klass), cam, steep, tuple(checks))
