"""A computational graph that shows itself: in a notebook, in the terminal, and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pellucid.blocks.graphs.parts import Direction, GraphFacts, Node, Parameter
from pellucid.blocks.graphs.picture import picture_of
from pellucid.blocks.graphs.terminal import lines_of
from pellucid.drawing.paper import on_paper


@dataclass(frozen=True, slots=True, eq=False)
class Graph(GraphFacts):
    """Boxes and arrows, values and slopes at every box: every field of `GraphFacts`, told in lines and drawn."""

    def __repr__(self) -> str:
        return f"<graph of {self.title}: {len(self.nodes)} nodes, {self.parameter_count:,} parameters>"

    def lines(self, width: int = 80) -> list[str]:
        """For the terminal: every node with its formula, shapes, parameters, value and slope."""
        return lines_of(self, width)

    def as_svg(self, direction: Direction | None = None) -> str:
        """As a drawing; `direction` is where the arrows go, by default right in short graphs and down in long ones."""
        return picture_of(self, direction)

    def _repr_svg_(self) -> str:
        return self.as_svg()

    def _repr_html_(self) -> str:
        return on_paper(self.as_svg())

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "title": self.title,
            "parameters": self.parameter_count,
            "slope_of": self.slope_of,
            "notes": list(self.notes),
            "nodes": [_node_as_dict(node) for node in self.nodes],
            "edges": [
                {"source": edge.source, "target": edge.target, "weight": edge.weight, "slope": edge.slope}
                for edge in self.edges
            ],
            "elsewhere": [_parameter_as_dict(parameter) for parameter in self.elsewhere],
        }


def _node_as_dict(node: Node) -> dict[str, Any]:
    return {
        "name": node.name,
        "kind": node.kind,
        "group": node.group,
        "formula": node.formula,
        "shapes_in": [list(shape) for shape in node.shapes_in],
        "shapes_out": [list(shape) for shape in node.shapes_out],
        "parameters": [_parameter_as_dict(parameter) for parameter in node.parameters],
        "value": node.value and node.value.as_dict(),
        "slope": node.slope and node.slope.as_dict(),
    }


def _parameter_as_dict(parameter: Parameter) -> dict[str, Any]:
    slope = parameter.slope and parameter.slope.as_dict()
    return {"name": parameter.name, "count": parameter.count, "value": parameter.value.as_dict(), "slope": slope}
