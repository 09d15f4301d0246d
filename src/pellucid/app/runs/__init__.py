"""Runs that there are: their figures side by side, their reports, and a model that answers for a dropped image."""
