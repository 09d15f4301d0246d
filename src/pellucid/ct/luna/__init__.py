"""LUNA16's layout: .mhd scans in ten subsets, nodules in annotations.csv; read, and written for scans of our own."""

from pellucid.ct.luna.layout import LunaScan, fold_of
from pellucid.ct.luna.reading import read_luna, read_planted
from pellucid.ct.luna.writing import whole_scans, write_luna

__all__ = ["LunaScan", "fold_of", "read_luna", "read_planted", "whole_scans", "write_luna"]
