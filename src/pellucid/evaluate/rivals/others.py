"""Everybody else who answers: rivals that a model has to beat, probes of shortcuts, and the rungs it was among."""

from __future__ import annotations

from pellucid.data import measure_scaling
from pellucid.evaluate.answers import Other
from pellucid.evaluate.material import Material
from pellucid.evaluate.rivals.handcrafted import fit_handcrafted
from pellucid.evaluate.rivals.humble import fit_rivals
from pellucid.evaluate.rivals.ladder import tempered_probabilities
from pellucid.evaluate.rivals.rival import Rival
from pellucid.evaluate.rivals.shortcuts import fit_probes
from pellucid.evaluate.rivals.simpler_network import fit_network_rival
from pellucid.learn.ladder import Climbed
from pellucid.progress import Progress


def ask_others(climbed: Climbed, material: Material, progress: Progress) -> tuple[tuple[Other, ...], list[Rival]]:
    """Fit rivals and probes on the training part, and ask them about the held-out one.

    Args:
        climbed: the kept model, and the rungs that it was chosen among.
        material: what the run is made from.
        progress: told how far it is.
    Returns:
        all answers, ready for rivals.csv; and the rivals themselves, for what they learned.
    """
    dataset, split, seed = material.dataset, material.split, climbed.plan.settings.seed
    train, asked = split.train, split.held_out
    sound = measure_scaling(dataset.images, train)  # whatever the run was told: rivals are to do their best
    rivals = fit_rivals(dataset, train, asked, sound, seed, progress)
    rivals += [fit_handcrafted(dataset, train, asked, seed, progress)]
    simpler = fit_network_rival(climbed, dataset, split, asked, progress)
    rivals += [simpler] if simpler else []
    probes = fit_probes(dataset, train, asked, seed, progress)
    answers = [Other.of("rivals", rival.name, rival.told, asked, rival.probabilities) for rival in rivals]
    answers += [Other.of("probes", probe.name, probe.told, asked, probe.probabilities) for probe in probes]
    return (*answers, *_rungs(climbed, material)), rivals


def _rungs(climbed: Climbed, material: Material) -> list[Other]:
    """Each rung's probabilities for the validation part, by which one was chosen."""
    rows = material.split.valid
    labels, count, task = material.dataset.labels[rows], len(material.dataset.classes), material.dataset.task
    return [
        Other.of("ladder", rung.model, "", rows, tempered_probabilities(rung.valid_logits[:, :count], labels, task))
        for rung in climbed.rungs
    ]
