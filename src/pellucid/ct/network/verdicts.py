"""Each lump's verdict: the network's logit, its calibrated probability, and whether it reaches the frozen threshold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pellucid.ct.findings import Lump, Nodule
from pellucid.ct.network.same_spots import same_spots
from pellucid.ct.network.weights import SHIPPED, load_network
from pellucid.ct.network.window import cut_windows
from pellucid.data.volumes import Volume
from pellucid.shapes import Float, UInt8

if TYPE_CHECKING:
    from pellucid.ct.network.model import NoduleNetwork

AT_ONCE = 64
LOOKED_AT_AGAIN = 40
"""So many of a scan's lumps, the likeliest, are looked at again from all sides. Chosen by us: four times as many
as `ct phantom` draws nodules of 3 mm and more."""


def classify(lumps: Sequence[Lump], working: Volume, weights: Path = SHIPPED) -> tuple[list[Nodule], float]:
    """What the network says of each lump; none is dropped.

    Args:
        lumps: of the scan.
        working: the scan on the working grid.
        weights: what `pellucid ct train` wrote; by default those that ship.
    Returns:
        One nodule for each lump, in their order, and the threshold from which p_nodule is accepted.
    Raises:
        BadInput: weights that cannot be used.
    """
    network, facts = load_network(weights)
    centres_irc = working.frame.to_irc(np.array([lump.centre_xyz_mm for lump in lumps]).reshape(-1, 3))
    logits = logits_from_all_sides(network, cut_windows(working.voxels_hu, centres_irc))
    chances = 1 / (1 + np.exp(-(facts.slope * logits + facts.intercept)))
    found = zip(lumps, logits.tolist(), chances.tolist(), same_spots(lumps, chances), strict=True)
    nodules = [Nodule(lump, logit, p, p >= facts.threshold and same is None, same) for lump, logit, p, same in found]
    return nodules, facts.threshold


def logits_from_all_sides(
    network: NoduleNetwork, windows: UInt8[np.ndarray, "case 2 edge edge edge"]
) -> Float[np.ndarray, " case"]:
    """The logit of each window of one scan; for the likeliest 40 the mean over all 16 ways to mirror and turn it."""
    logits = logits_of(network, windows)
    again = np.argsort(-logits, kind="stable")[:LOOKED_AT_AGAIN]
    if len(again):
        sides = [logits_of(network, seen) for seen in from_all_sides(windows[again])]
        logits[again] = np.mean(sides, axis=0)
    return logits


def from_all_sides(windows: UInt8[np.ndarray, "case 2 edge edge edge"]) -> Iterator[np.ndarray]:
    """Mirrored along any of the three axes, and with rows and columns exchanged: 16 ways, the first as it is."""
    for turned in (windows, windows.swapaxes(3, 4)):
        for axes in ((), (2,), (3,), (4,), (2, 3), (2, 4), (3, 4), (2, 3, 4)):
            yield np.ascontiguousarray(np.flip(turned, axes))


def logits_of(
    network: NoduleNetwork, windows: UInt8[np.ndarray, "case 2 edge edge edge"]
) -> Float[np.ndarray, " case"]:
    """The logit of "nodule" against "other" of each window, computed in float32."""
    import torch

    from pellucid.ct.network.model import scaled

    network.eval()
    answers = []
    with torch.inference_mode():
        for first in range(0, len(windows), AT_ONCE):
            inputs = scaled(torch.from_numpy(windows[first : first + AT_ONCE]))
            both = network(inputs)
            answers.append((both[:, 1] - both[:, 0]).double().numpy())
    return np.concatenate(answers) if answers else np.zeros(0)
