"""The small 3-D network: its window, its towers, its file, and its verdict on each lump."""

from pellucid.ct.network.verdicts import classify
from pellucid.ct.network.weights import NetworkFacts, load_network, save_network
from pellucid.ct.network.window import cut_windows

__all__ = ["NetworkFacts", "classify", "cut_windows", "load_network", "save_network"]
