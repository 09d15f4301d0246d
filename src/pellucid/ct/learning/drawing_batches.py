"""Batches for the network: nodules and others in a fixed mixture, shifted, mirrored, as other scanners see them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from pellucid.ct.learning.gathering import MARGIN, Cases
from pellucid.ct.network.model import scaled
from pellucid.ct.network.window import EDGE
from pellucid.learn.batches import Batch
from pellucid.shapes import Float, UInt8

NODULES_IN_A_BATCH = 0.33
"""Chosen by us: about as many as others that are hard to tell from them; calibration undoes the mixture."""
GAIN, OFFSET, NOISE = 0.1, 8.0, 4.0
"""Levels (5.5 HU each) are multiplied by up to 1 +- 0.1, moved by up to 8 and made noisy by up to 4. Chosen by us:
contrast medium, calibration of the scanner, and dose differ by so much."""

GRAINS = 2**22
"""Random numbers drawn once for all noise: drawing 4 million for each batch would take as long as learning from it."""


def draw_batches(
    cases: Cases, hard: Float[np.ndarray, " case"] | None = None, *, steps: int, batch_size: int, seed: int
) -> Iterator[Batch]:
    """Batches without end but for `steps`; each depends on (seed, number) alone.

    Args:
        cases: to learn from; unclear ones are left out.
        hard: how often each is drawn beside others of its kind; None: all alike.
        steps: how many batches.
        batch_size: windows in each.
        seed: of all that is drawn.
    """
    nodules, others = np.flatnonzero(cases.labels == 1), np.flatnonzero(cases.labels == 0)
    often = [None if hard is None else hard[kind] / hard[kind].sum() for kind in (nodules, others)]
    count = round(NODULES_IN_A_BATCH * batch_size)
    grain = np.random.default_rng(seed).standard_normal(GRAINS, np.float32)
    for number in range(1, steps + 1):
        rng = np.random.default_rng([seed, number])
        rows = np.concatenate(
            [rng.choice(nodules, count, p=often[0]), rng.choice(others, batch_size - count, p=often[1])]
        )
        windows = np.stack([move(cases.windows[row], rng) for row in rows])
        inputs = seen_by_another(scaled(torch.from_numpy(windows)).numpy(), grain, rng)
        labels = torch.from_numpy(cases.labels[rows].astype(np.int64))
        epoch = 1 + (number - 1) * batch_size // max(1, len(cases))
        yield Batch(number, epoch, torch.from_numpy(inputs), labels, rows)


def move(windows: UInt8[np.ndarray, "2 wide wide wide"], rng: np.random.Generator) -> UInt8[np.ndarray, "2 e e e"]:
    """Shifted by up to 2 mm, mirrored along any axis, rows and columns exchanged: each as often as not."""
    shift = rng.integers(-MARGIN, MARGIN + 1, 3)
    moved = np.stack([_cut(windows[0], shift), _cut(windows[1], np.rint(shift / 2).astype(int))])
    for axis in np.flatnonzero(rng.random(3) < 0.5):
        moved = np.flip(moved, int(axis) + 1)
    return moved.swapaxes(2, 3) if rng.random() < 0.5 else moved


def _cut(window: UInt8[np.ndarray, "wide wide wide"], shift: np.ndarray) -> UInt8[np.ndarray, "e e e"]:
    return window[tuple(slice(MARGIN + by, MARGIN + by + EDGE) for by in shift)]


def seen_by_another(
    inputs: Float[np.ndarray, "case 2 e e e"], grain: Float[np.ndarray, " grain"], rng: np.random.Generator
) -> Float[np.ndarray, "case 2 e e e"]:
    """Other gain, other offset, more noise, in place; drawn for each case, the noise by where in `grain` it begins."""
    size = inputs[0].size
    for case in inputs:
        gain, offset, noise = rng.uniform(1 - GAIN, 1 + GAIN), rng.uniform(-OFFSET, OFFSET), rng.uniform(0, NOISE)
        first = rng.integers(len(grain) - size)
        case *= np.float32(gain)
        case += grain[first : first + size].reshape(case.shape) * np.float32(noise / 127.5)
        case += np.float32(gain - 1 + offset / 127.5)
    return inputs
