"""The heat map's peaks, each grown into the lump that it stands on: where, how large and dense, and why found."""

from pellucid.ct.lumps.grouping import group

__all__ = ["group"]
