"""reporting.md: the items of the reporting guidelines as tables that an author can copy from."""

from __future__ import annotations

from pellucid.evaluate.reporting.checklists.items import checklists
from pellucid.evaluate.reporting.checklists.of_data import Facts
from pellucid.evaluate.reporting.templates import template


def reporting_md(report: Facts, recipe: Facts) -> str:
    """One table for each guideline: what the run says of each item, and what is left to the author.

    Args:
        report: as report.json holds it.
        recipe: as recipe.json holds it.
    Returns:
        Markdown; a function of both alone.
    """
    facts = {"report": report, "checklists": checklists(report, recipe)}
    return template("reporting.md.jinja", autoescape=False).render(facts)
