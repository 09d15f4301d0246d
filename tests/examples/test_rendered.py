"""What docs/ladder shows is what examples/ says now: the same words and the same code, and a picture for each named."""

import re
from pathlib import Path

import jupytext
import nbformat
import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(page.stem for page in (ROOT / "examples").glob("*.py"))
LADDER = ROOT / "docs" / "ladder"


@pytest.mark.parametrize("name", PAGES)
def test_the_shown_page_and_the_notebook_hold_the_page_s_words_and_code(name):
    cells = [(cell.cell_type, cell.source) for cell in jupytext.read(ROOT / "examples" / f"{name}.py").cells]
    notebook = nbformat.read(LADDER / f"{name}.ipynb", nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == cells, "run python docs/render.py"
    shown = (LADDER / f"{name}.md").read_text("utf-8")
    for _, source in cells:
        assert source in shown
    for figure in re.findall(r"\]\(([\w-]+\.(?:png|svg))\)", shown):
        assert (LADDER / figure).stat().st_size > 500


def test_nothing_else_lies_there():
    named = {
        match.group()
        for page in LADDER.glob("*.md")
        for match in re.finditer(r"[\w-]+\.(png|svg)", page.read_text("utf-8"))
    }
    there = {file.name for file in LADDER.iterdir()}
    assert there == named | {f"{name}.{ending}" for name in PAGES for ending in ("md", "ipynb")}


def test_no_page_names_a_folder_of_the_machine_that_made_it():
    for page in LADDER.iterdir():
        if page.suffix in (".md", ".ipynb"):
            assert not re.search(r"/(home|root|tmp|work|Users)/", page.read_text("utf-8")), page.name
