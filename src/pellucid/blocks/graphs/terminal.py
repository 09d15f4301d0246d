"""A graph for the terminal: one line a node where nodes are numbers, else a few lines a block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pellucid.blocks.graphs.numbers import times, written
from pellucid.blocks.graphs.parts import GraphFacts, Node, Parameter
from pellucid.drawing.svg import shorten


def lines_of(graph: GraphFacts, width: int) -> list[str]:
    """The graph as lines of at most `width` letters (notes are broken between words)."""
    lines = [f"{graph.title}: {graph.parameter_count:,} parameter{'s' * (graph.parameter_count != 1)}"]
    lines += [f"Slopes are those of {graph.slope_of}."] if graph.slope_of else []
    lines += [part for note in graph.notes for part in broken(note, width)]
    lines += ["", *(_table(graph) if graph.scalar else _blocks(graph, width))]
    for parameter in graph.elsewhere:
        lines += broken(f"Not seen in any block: {parameter.name} {times(parameter.shape)}", width)
    return [shorten(line.rstrip(), width) for line in lines]


def parameters_said(parameters: Sequence[Parameter], group: str = "") -> str:
    """Names, shapes and count: `weight 10×784, bias 10: 7,850 parameters`."""
    each = ", ".join(f"{parameter.name.removeprefix(f'{group}.')} {times(parameter.shape)}" for parameter in parameters)
    count = sum(parameter.count for parameter in parameters)
    return f"{each}: {count:,} parameter{'s' * (count != 1)}"


def broken(said: str, width: int) -> list[str]:
    """A sentence in lines of at most so many letters, broken between words."""
    lines = [""]
    for word in said.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _blocks(graph: GraphFacts, width: int) -> Iterator[str]:
    before = ""
    for node in graph.nodes:
        sources = graph.sources(node.name)
        shapes = node.shapes()
        name = node.name if node.kind in (node.name, node.name.rstrip("_0123456789")) else f"{node.name}  {node.kind}"
        yield shorten(name, width - len(shapes) - 2).ljust(width - len(shapes)) + shapes
        yield from _about(node, f"from  {', '.join(sources)}" if sources not in ([], [before]) else "")
        before = node.name


def _about(node: Node, sources: str) -> Iterator[str]:
    yield from [f"│ {sources}"] if sources else []
    yield f"│ {node.formula}"
    yield from [f"│ {parameters_said(node.parameters, node.name)}"] if node.parameters else []
    yield from [f"│ value {node.value.said()}"] if node.value else []
    yield from [f"│ slope {node.slope.said()}"] if node.slope else []


def _table(graph: GraphFacts) -> list[str]:
    rows = [("", "computes", "value", "slope")]
    for node in graph.nodes:
        value, slope = (held.said() if held else "" for held in (node.value, node.slope))
        rows.append((node.name, node.formula, value, slope))
    lines = _columns(rows)
    weighted = [edge for edge in graph.edges if edge.weight is not None]
    if weighted:
        told = [
            (
                f"{edge.source} → {edge.target}",
                written(edge.weight or 0.0),
                written(edge.slope) if edge.slope is not None else "",
            )
            for edge in weighted
        ]
        biases = [
            (f"bias of {node.name}", bias.value.said(), bias.slope.said() if bias.slope else "")
            for node in graph.nodes
            for bias in node.parameters
            if not bias.shape
        ]
        lines += ["", *_columns([("", "weight", "slope"), *told, *biases])]
    return lines


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Words to the left, numbers (the last two columns) to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            word.ljust(wide) if place < len(row) - 2 else word.rjust(wide)
            for place, (word, wide) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
