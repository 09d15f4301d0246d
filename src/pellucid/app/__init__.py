"""The local page: build a network from blocks and watch it learn. Needs `pip install "pellucid[app]"`."""
