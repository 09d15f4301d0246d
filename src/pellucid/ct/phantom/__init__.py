"""A simulated chest CT of which everything is known: anatomy, nodules and scanner drawn from a seed."""

from pellucid.ct.phantom.drawing import Phantom, draw_phantom, phantom_name

__all__ = ["Phantom", "draw_phantom", "phantom_name"]
