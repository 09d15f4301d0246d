"""Medical image classifiers one can see through: train, trust, and open every block."""

__version__ = "0.1.0"
