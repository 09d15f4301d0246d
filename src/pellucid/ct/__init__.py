"""From a chest CT to nodules: lungs, likeness, lumps, nodules, findings; phantoms, planting and scoring to test them.

Not a medical device: for research and teaching.
"""
