"""What papers have to report by TRIPOD+AI and CLAIM: filled in where the run knows, else named as the author's."""

from pellucid.evaluate.reporting.checklists.items import Checklist, Item, checklists, filled_items
from pellucid.evaluate.reporting.checklists.reporting import reporting_md

__all__ = ["Checklist", "Item", "checklists", "filled_items", "reporting_md"]
