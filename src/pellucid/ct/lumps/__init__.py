"""The heat map's peaks, each grown into the lump that it stands on: centre, size, density, side, and why it was found."""

from pellucid.ct.lumps.grouping import group

__all__ = ["group"]
