"""How good, and how sure: figures with their 95% intervals, cases in groups as clusters; NumPy and SciPy alone."""
