"""A simulated chest CT of which everything is known: anatomy, nodules and scanner drawn from a seed.

Numbers without a source are chosen by us, by eye on drawn phantoms; three ranges of the vessels while their counts were
compared with those in one real chest CT.
"""

from pellucid.ct.phantom.drawing import Phantom, draw_phantom, phantom_name

__all__ = ["Phantom", "draw_phantom", "phantom_name"]
