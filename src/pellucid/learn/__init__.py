"""Models, batches, and the loop that teaches one the other: `for step in learner.steps(batches)`."""

from pellucid.learn.batches import Batch, Batches
from pellucid.learn.learner import Learner, Step
from pellucid.learn.models import build_model
from pellucid.learn.settings import Settings, read_recipe

__all__ = ["Batch", "Batches", "Learner", "Settings", "Step", "build_model", "read_recipe"]
