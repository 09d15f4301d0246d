"""Run the pages of examples/ cell by cell; write each as Markdown and as a notebook, with what it printed and drew.

python docs/render.py [NAME ...] [--into docs/ladder]
"""

from __future__ import annotations

import argparse
import ast
import base64
import contextlib
import io
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ["MPLBACKEND"] = "Agg"

import jupytext
import matplotlib.pyplot as plt
import nbformat
from nbformat import NotebookNode
from PIL import Image

from pellucid.drawing.paper import ON_WHITE

ROOT = Path(__file__).resolve().parents[1]
DOTS_AN_INCH = 110
COLOURS = 128
"""Of a figure's palette: a third of the bytes, and no difference that is seen."""
PAPER = '<rect width="100%" height="100%" fill="#ffffff"/>'
INDEX = """<!-- Made from examples/README.md by docs/render.py: change it there. -->

# The ladder, shown

Each page as it ran, with what it printed and drew. Begin at the top. Beside each lies a notebook of the same name;
[examples/README.md](../../examples/README.md) says how to open one.

"""


@dataclass
class Shown:
    """One cell, and what came of it."""

    kind: str
    source: str
    printed: str = ""
    figures: list[tuple[str, bytes]] = field(default_factory=list)
    """Ending (png or svg), and the file."""


def cells_of(page: Path) -> list[NotebookNode]:
    """The page's cells, as jupytext reads them."""
    return list(jupytext.read(page).cells)


def rendered(page: Path) -> list[Shown]:
    """Run a page's cells one after another, as a notebook does."""
    names: dict[str, Any] = {"__name__": "__main__"}
    return [
        _run(cell.source, names) if cell.cell_type == "code" else Shown("markdown", cell.source)
        for cell in cells_of(page)
    ]


def _run(source: str, names: dict[str, Any]) -> Shown:
    shown, printed = Shown("code", source), io.StringIO()
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "<cell>", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names) if last is not None else None
        if hasattr(value, "_repr_svg_"):
            shown.figures.append(("svg", on_paper(value._repr_svg_()).encode()))
        elif value is not None and not isinstance(value, plt.Figure):
            print(repr(value))
    shown.printed = printed.getvalue()
    for number in plt.get_fignums():
        shown.figures.append(("png", _png(plt.figure(number))))
    plt.close("all")
    return shown


def on_paper(svg: str) -> str:
    """The drawing on white paper, with ink and a size of its own, so that it is alike on any page, a dark one too."""
    width, height = re.findall(r'viewBox="0 0 (\S+) (\S+)"', svg)[0]
    sized = re.sub(
        r'style="width:100%;max-width:[^;]*;', f'width="{width}" height="{height}" style="max-width:100%;', svg
    )
    inked = sized.replace('style="', f'style="{ON_WHITE};', 1)
    return inked.replace("</desc>", f"</desc>{PAPER}", 1)


def _png(figure: plt.Figure) -> bytes:
    drawn, written = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, dpi=DOTS_AN_INCH, bbox_inches="tight", facecolor="white")
    Image.open(drawn).convert("RGB").quantize(COLOURS).save(written, "PNG", optimize=True)
    return written.getvalue()


def as_markdown(name: str, cells: list[Shown], folder: Path) -> str:
    """The page as text; its figures are written beside it."""
    said = [f"<!-- Made from examples/{name}.py by docs/render.py: change it there. -->"]
    count = 0
    for cell in cells:
        if cell.kind == "markdown":
            said.append(cell.source)
            continue
        said.append(f"```python\n{cell.source}\n```")
        if cell.printed.strip():
            said.append(f"```text\n{cell.printed.strip(chr(10))}\n```")
        for ending, drawn in cell.figures:
            count += 1
            (folder / f"{name}-{count}.{ending}").write_bytes(drawn)
            said.append(f"![Figure {count} of this page]({name}-{count}.{ending})")
    said.append(foot(name))
    return "\n\n".join(said) + "\n"


def order() -> list[tuple[str, str]]:
    """The pages in the order in which one learns from them, each with what one learns, as examples/README.md has it."""
    listed = (ROOT / "examples" / "README.md").read_text("utf-8")
    return re.findall(r"^\| \[(\w+)\.py\]\(\w+\.py\) \| (.*?) \|", listed, re.MULTILINE)


def title(name: str) -> str:
    """A page's heading."""
    return next(cell.source for cell in cells_of(ROOT / "examples" / f"{name}.py")).splitlines()[0].removeprefix("# ")


def foot(name: str) -> str:
    """Links to the page before, to all pages, and to the page after."""
    names = [page for page, _ in order()]
    place = names.index(name)
    links = [f"Before: [{title(names[place - 1])}]({names[place - 1]}.md)"] if place else []
    links.append("[The ladder](README.md)")
    links += [f"Next: [{title(after)}]({after}.md)" for after in names[place + 1 : place + 2]]
    return "---\n\n" + " · ".join(links)


def index() -> str:
    """All pages in their order."""
    lines = (f"{place}. [{title(name)}]({name}.md)  \n    {told}\n" for place, (name, told) in enumerate(order(), 1))
    return INDEX + "".join(lines)


def as_notebook(cells: list[Shown]) -> str:
    """The page as a notebook that has been run."""
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    for number, cell in enumerate(cells):
        if cell.kind == "markdown":
            made = nbformat.v4.new_markdown_cell(cell.source)
        else:
            made = nbformat.v4.new_code_cell(cell.source, outputs=_outputs(cell), execution_count=None)
        made.id = f"cell-{number}"  # drawn at random otherwise
        notebook.cells.append(made)
    return nbformat.writes(notebook) + "\n"


def _outputs(cell: Shown) -> list[NotebookNode]:
    printed = [nbformat.v4.new_output("stream", name="stdout", text=cell.printed)] if cell.printed else []
    kinds = {"png": "image/png", "svg": "image/svg+xml"}
    return printed + [
        nbformat.v4.new_output(
            "display_data",
            data={kinds[ending]: drawn.decode() if ending == "svg" else base64.b64encode(drawn).decode()},
        )
        for ending, drawn in cell.figures
    ]


def main() -> None:
    """Render the pages that are named, or all."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("names", nargs="*", help="pages of examples/, without .py; all by default")
    asked.add_argument("--into", type=Path, default=ROOT / "docs" / "ladder")
    told = asked.parse_args()
    told.into.mkdir(parents=True, exist_ok=True)
    for name in told.names or sorted(page.stem for page in (ROOT / "examples").glob("*.py")):
        cells = rendered(ROOT / "examples" / f"{name}.py")
        for old in told.into.glob(f"{name}-[0-9]*.*"):
            old.unlink()
        (told.into / f"{name}.md").write_text(as_markdown(name, cells, told.into), "utf-8")
        (told.into / f"{name}.ipynb").write_text(as_notebook(cells), "utf-8")
        (told.into / "README.md").write_text(index(), "utf-8")
        print(f"{name}: {len(cells)} cells, {sum(len(cell.figures) for cell in cells)} figures")


if __name__ == "__main__":
    main()
