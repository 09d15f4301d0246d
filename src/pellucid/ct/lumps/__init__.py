"""The heat map's peaks, each grown into the lump that it stands on: where, how large and dense, and why found."""

from pellucid.ct.lumps.grouping import MOST_LUMPS, group

__all__ = ["MOST_LUMPS", "group"]
