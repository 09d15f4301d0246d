"""Does a map show what was learned? The weights are randomised, from the last layer down, and it is drawn again.

A map that stays the same shows the image (its edges, its bright parts), and nothing of the model.
Source: Adebayo et al., Sanity Checks for Saliency Maps, 2018 (cascading randomisation).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.stats import rankdata
from torch import nn

from pellucid.explain.saliency import Attribution
from pellucid.progress import Progress, silent
from pellucid.shapes import Float

DRAWS = 5
"""Random models that are averaged over. Chosen by us: maps of a few cells correlate by chance."""

INDEPENDENT = 0.5
"""From this rank correlation on a map is said not to depend on what was learned. Chosen by us."""

FEWEST = 9
"""Cells that a map must have for its check to tell anything. Chosen by us: with 4, one random map in four is nearly the
same as any other."""


@dataclass(frozen=True, slots=True)
class Randomised:
    """How like a map stayed while the model forgot."""

    name: str
    stages: tuple[tuple[str, float, float], ...]
    """The block that was randomised last; rank correlations of the map, and of its strength (without sign), with the
    original; each the mean of some random models."""
    unclear: str
    """Why nothing can be said; empty where something can."""

    @property
    def depends(self) -> bool | None:
        """True where the map is another one once all weights are random; None where nothing can be said."""
        return None if self.unclear else abs(self.stages[-1][1]) < INDEPENDENT

    def told(self) -> str:
        """In words."""
        if self.unclear:
            return self.unclear
        _, last, strength = self.stages[-1]
        if not self.depends:
            return f"does NOT depend on what was learned: with random weights it is nearly the same ({last:+.2f})"
        told = f"depends on what was learned: with random weights it is another map ({last:+.2f})"
        if strength >= INDEPENDENT:
            told += f"; but where it is strong stays much the same ({strength:+.2f}), since the pixels decide it"
        return told

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        stages = [{"down_to": name, "correlation": r, "of_strength": size} for name, r, size in self.stages]
        return {"randomised": stages, "unclear": self.unclear or None, "depends_on_what_was_learned": self.depends}


def randomise(
    name: str, model: nn.Module, attribution: Attribution, progress: Progress = silent, draws: int = DRAWS
) -> Randomised:
    """Randomise the model's outermost blocks one after the other, from the last to the first, and compare the maps.

    Args:
        name: of the map.
        model: as it was learned; it is not changed.
        attribution: draws the map by a model.
        progress: told how far it is.
        draws: how many random models; their weights are those of torch's usual start, from seeds 0, 1, 2 ...

    >>> model = nn.Sequential(nn.Linear(2, 2))
    >>> randomise("edges", model, lambda _: np.eye(3)).depends
    False
    """
    original = attribution(model)
    names = [child for child, part in model.named_children() if next(part.parameters(), None) is not None][::-1]
    if np.ptp(original) == 0:
        same = "nothing can be said: the map is the same everywhere"
        return Randomised(name, tuple((child, 0.0, 0.0) for child in names), same)
    likeness = np.zeros((draws, len(names), 2))
    for draw in range(draws):
        random = copy.deepcopy(model)
        for stage, child in enumerate(names):
            forget(random.get_submodule(child), seed=1000 * draw + stage)
            again = attribution(random)
            signed = rank_correlation(original, again)
            # a map with signs may also turn over: one and its negative are the same to the eye
            likeness[draw, stage] = (
                signed if original.min() >= 0 else abs(signed),
                rank_correlation(np.abs(original), np.abs(again)),
            )
            progress(f"checking {name}", draw * len(names) + stage + 1, draws * len(names))
    means = likeness.mean(0).tolist()
    few = f"nothing can be said: {original.size} cells are like one another by chance" * (original.size < FEWEST)
    return Randomised(name, tuple((child, *pair) for child, pair in zip(names, means, strict=True)), few)


def forget(block: nn.Module, seed: int) -> None:
    """Draw all weights of a block anew, and leave torch's own generator as it was."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for part in block.modules():
            start_anew = getattr(part, "reset_parameters", None)
            if start_anew is not None:
                start_anew()


def rank_correlation(one: Float[np.ndarray, "*shape"], other: Float[np.ndarray, "*shape"]) -> float:
    """Spearman's, from -1 to 1; 0 where either map is the same everywhere.

    >>> rank_correlation(np.array([1.0, 2.0, 9.0]), np.array([0.0, 1.0, 2.0]))
    1.0
    """
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    a, b = (ranks - ranks.mean() for ranks in (rankdata(one), rankdata(other)))
    return round(float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum())), 12)
