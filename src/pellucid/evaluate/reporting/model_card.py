"""model_card.md: what a model is, how good and for what, in the form that the Hugging Face hub reads."""

from __future__ import annotations

from functools import partial
from typing import Any

from pellucid.evaluate.reporting.checklists.items import sentence
from pellucid.evaluate.reporting.in_short import MUST_NOT
from pellucid.evaluate.reporting.templates import names_of_figures, template


def model_card(report: dict[str, Any], recipe: dict[str, Any]) -> str:
    """The card as Markdown, with its facts in front as YAML.

    It shows no image and names no file but the source, so that it can be published where the run folder cannot.

    Args:
        report: the figures, as report.json holds them; what is missing there is left out here.
        recipe: as recipe.json holds it; likewise.
    Returns:
        text that is a function of both alone.
    Source: Mitchell et al., Model Cards for Model Reporting, 2019; the head is the one of
        https://huggingface.co/docs/hub/model-cards.
    """
    facts = {
        "report": report,
        "recipe": recipe,
        "names": names_of_figures(report["task"]),
        "must_not": MUST_NOT,
        "told": partial(sentence, report=report, recipe=recipe),
    }
    return template("model_card.md.jinja", autoescape=False).render(facts)
