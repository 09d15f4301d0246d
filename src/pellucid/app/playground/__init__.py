"""Build a network from blocks, watch it learn, and open every number."""
