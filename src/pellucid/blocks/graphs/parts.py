"""What a computational graph is made of: nodes that each compute something, edges between them, what is learned."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from pellucid.blocks.graphs.numbers import Numbers, times
from pellucid.errors import BadInput

Shape = tuple[int, ...]
Direction = Literal["right", "down"]


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """A tensor that is learned, by the name that the model gives it."""

    name: str
    shape: Shape
    value: Numbers
    slope: Numbers | None = None
    """How the loss changes with it; None without a loss, or where it is frozen."""

    @property
    def count(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One computation: what goes in and comes out, by which formula, with which parameters."""

    name: str
    kind: str
    formula: str
    """In words and symbols; x is what goes in, y what comes out."""
    shapes_in: tuple[Shape, ...] = ()
    shapes_out: tuple[Shape, ...] = ((),)
    parameters: tuple[Parameter, ...] = ()
    value: Numbers | None = None
    """What came out; None where it is several tensors (the nodes that take them apart have one each)."""
    slope: Numbers | None = None
    """How the loss changes with what came out."""
    group: str = ""
    """The part of the model that it stands in; parts within parts are joined by dots."""

    def shapes(self) -> str:
        """What goes in and what comes out: `1×784 → 1×10`."""
        took, gave = (", ".join(map(times, shapes)) for shapes in (self.shapes_in, self.shapes_out))
        return f"{took} → {gave}" if took else gave


@dataclass(frozen=True, slots=True)
class Edge:
    """What one node gives, another takes."""

    source: str
    target: str
    weight: float | None = None
    """What it is multiplied by on the way, where each node is one number."""
    slope: float | None = None
    """How the loss changes with the weight."""


@dataclass(frozen=True, slots=True, eq=False)
class GraphFacts:
    """Nodes, each after all that it takes, and the edges between them."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    slope_of: str = ""
    """The node that the slopes are of (their own is 1); empty where there are none."""
    elsewhere: tuple[Parameter, ...] = ()
    """Parameters of the model that no node shows: they had no part in this computation, or cannot be seen in it."""
    notes: tuple[str, ...] = ()
    """What a reader should know."""
    scalar: bool = False
    """Each node is one number."""

    def __getitem__(self, name: str) -> Node:
        for node in self.nodes:
            if node.name == name:
                return node
        raise BadInput(f"The graph has no node {name!r}; it has {', '.join(node.name for node in self.nodes)}.")

    @property
    def parameters(self) -> dict[str, Parameter]:
        """By name, each once, also where several nodes share it."""
        shown = [parameter for node in self.nodes for parameter in node.parameters]
        return {parameter.name: parameter for parameter in (*shown, *self.elsewhere)}

    @property
    def parameter_count(self) -> int:
        """How many numbers are learned."""
        return sum(parameter.count for parameter in self.parameters.values())

    def sources(self, name: str) -> list[str]:
        """The nodes that this one takes from."""
        return [edge.source for edge in self.edges if edge.target == name]
