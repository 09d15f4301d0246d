"""Computational graphs: any small model as boxes and arrows, with the value and the slope at every box.

`graph_of` shows a torch module block by block. `linear_regression_graph`, `logistic_regression_graph` and
`neuron_graph` go down to single numbers, with slopes worked out by this package's own blocks.
"""

from pellucid.blocks.graphs.graph import Graph
from pellucid.blocks.graphs.model_graph import graph_of
from pellucid.blocks.graphs.neurons import neuron_graph
from pellucid.blocks.graphs.numbers import Numbers, numbers_of
from pellucid.blocks.graphs.parts import Edge, Node, Parameter
from pellucid.blocks.graphs.regression import linear_regression_graph, logistic_regression_graph

__all__ = [
    "Edge",
    "Graph",
    "Node",
    "Numbers",
    "Parameter",
    "graph_of",
    "linear_regression_graph",
    "logistic_regression_graph",
    "neuron_graph",
    "numbers_of",
]
