"""Where in the image a logit comes from, by two well-known maps of captum's: integrated gradients and Grad-CAM."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from pellucid.shapes import Float

Attribution = Callable[[nn.Module], Float[np.ndarray, "row column"]]
"""A map of one image, by some model."""

STEPS = (32, 128, 512)
"""Points along the way from the baseline that slopes are averaged over: more until GAP is met. Chosen by us."""

GAP = 0.01
"""What may be missing, as a share of what the map should sum to. Chosen by us: less is not seen in a picture."""

ROUGH = 0.05
"""From this share on a map is called rough. Chosen by us."""

MOST_PIXELS = 20_000_000
"""Pixels x points that are computed with at most, so that 224 x 224 pixels take seconds. Chosen by us."""

AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Integrated:
    """Integrated gradients of one logit, from the baseline to this image.

    The baseline is 0 once scaled: the average pixel of training, or black where pixels are only divided. Their sum
    should be logit(image) - logit(baseline); how far it is from that tells how well they are integrated.
    Source: Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks, 2017.
    """

    map: Float[np.ndarray, "channel row column"]
    logit: float
    baseline_logit: float
    steps: int

    @property
    def total(self) -> float:
        """Of the whole map."""
        return float(self.map.sum())

    @property
    def missing(self) -> float:
        """The sum, less what it should be."""
        return self.total - (self.logit - self.baseline_logit)

    @property
    def share(self) -> float:
        """What is missing, as a share of what the map should sum to; 0 where nothing is missing."""
        gained = abs(self.logit - self.baseline_logit)
        return abs(self.missing) / gained if gained else float(self.missing != 0)

    def told(self) -> str:
        """Whether that is little or much.

        >>> Integrated(np.array([[[1.98]]]), 3.0, 1.0, 32).told()
        '1.0% of what they should sum to, which is little: take the map as it is'
        """
        share = f"{100 * self.share:.2g}%" if self.share < 0.00995 else f"{100 * self.share:.1f}%"
        of = f"{share} of what they should sum to"
        if self.share <= GAP + 1e-9:
            return f"{of}, which is little: take the map as it is"
        if self.share <= ROUGH:
            return f"{of}, more than the {100 * GAP:g}% that was aimed at: take its fine detail lightly"
        return f"{of}, which is much: take the map as rough"


def integrated_gradients(
    model: nn.Module, inputs: Float[Tensor, "1 channel row column"], klass: int, steps: tuple[int, ...] = STEPS
) -> Integrated:
    """Average the slopes of a logit along the straight way from the baseline, 0, to the image.

    Args:
        model: in evaluation mode.
        inputs: the image, scaled.
        klass: whose logit.
        steps: numbers of points to try, until what is missing is small.

    >>> model = nn.Sequential(nn.Flatten(), nn.Linear(2, 1, bias=False)).double().requires_grad_(False)
    >>> image = torch.tensor([[[[1.0, 2.0]]]], dtype=torch.float64)
    >>> found = integrated_gradients(model, image, 0)
    >>> bool(np.allclose(found.map, model[1].weight.numpy() * image[0].numpy()))
    True
    """
    from captum.attr import IntegratedGradients

    with torch.no_grad():
        logit, at_baseline = (float(model(image)[0, klass]) for image in (inputs, torch.zeros_like(inputs)))
    affordable = [count for count in steps if count * inputs.numel() <= MOST_PIXELS] or list(steps[:1])
    found: Integrated | None = None
    for count in affordable:
        parts = IntegratedGradients(model, multiply_by_inputs=True).attribute(
            inputs, target=klass, n_steps=count, method="gausslegendre", internal_batch_size=AT_ONCE
        )
        found = Integrated(parts[0].detach().double().numpy(), logit, at_baseline, count)
        if abs(found.missing) <= GAP * abs(logit - at_baseline):
            break
    return found  # type: ignore[return-value]


def grad_cam(
    model: nn.Module, inputs: Float[Tensor, "1 channel row column"], klass: int
) -> Float[np.ndarray, "down across"] | None:
    """The last convolutional block's channels, each weighted by the logit's mean slope in it; never below 0.

    Args:
        model: an nn.Sequential in evaluation mode.
        inputs: the image, scaled.
        klass: whose logit.
    Returns:
        as many cells as that block has; None where nothing convolves.
    Source: Selvaraju et al., Grad-CAM, 2017.
    """
    from captum.attr import LayerGradCam

    block = last_convolutional(model)
    if block is None:
        return None
    found = LayerGradCam(model, block).attribute(inputs, target=klass, relu_attributions=True)
    return np.asarray(found[0, 0].detach().double().numpy())


def last_convolutional(model: nn.Module) -> nn.Module | None:
    """The last of the model's outermost blocks that convolves; None where none does.

    >>> last_convolutional(nn.Sequential(nn.Flatten(), nn.Linear(4, 2))) is None
    True
    """
    convolving = [block for block in model.children() if any(isinstance(part, nn.Conv2d) for part in block.modules())]
    return convolving[-1] if convolving else None


def edges(inputs: Float[np.ndarray, "1 channel row column"]) -> Float[np.ndarray, "row column"]:
    """How steep the image is at each pixel: a map that looks like an explanation, and asks no model.

    Source: Sobel and Feldman 1968, as scipy.ndimage.sobel has it.

    >>> edges(np.ones((1, 1, 3, 3))).max()
    np.float64(0.0)
    """
    from scipy.ndimage import sobel

    gray = inputs[0].mean(0)
    return np.asarray(np.hypot(sobel(gray, 0), sobel(gray, 1)))
