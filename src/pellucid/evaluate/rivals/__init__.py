"""Compared with what: humble rivals, handcrafted features, the next simpler network, the ladder, shortcut probes."""
