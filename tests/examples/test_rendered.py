"""What docs/ladder shows is what examples/ says now: the same words and the same code, and a picture for each named."""

import re
from pathlib import Path
from xml.etree import ElementTree

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
    assert there == named | {f"{name}.{ending}" for name in PAGES for ending in ("md", "ipynb")} | {"README.md"}


def test_no_page_names_a_folder_of_the_machine_that_made_it():
    for page in LADDER.iterdir():
        if page.suffix in (".md", ".ipynb"):
            assert not re.search(r"/(home|root|tmp|work|Users)/", page.read_text("utf-8")), page.name


@pytest.mark.parametrize("name", PAGES)
def test_a_figure_is_shown_and_what_a_drawing_call_hands_back_is_not_printed(name):
    cells = [cell.source for cell in jupytext.read(ROOT / "examples" / f"{name}.py").cells if cell.cell_type == "code"]
    for cell in cells:
        assert ("plt.subplots" in cell) == cell.endswith("plt.show()")
    assert not re.search(r"<matplotlib|Text\(", (LADDER / f"{name}.md").read_text("utf-8"))


@pytest.mark.parametrize("name", PAGES)
def test_a_drawing_lies_on_white_paper_so_that_its_dark_ink_is_read_on_a_dark_page(name):
    notebook = nbformat.read(LADDER / f"{name}.ipynb", nbformat.NO_CONVERT)
    outputs = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])]
    drawings = [output["image/svg+xml"] for output in outputs if "image/svg+xml" in output]
    drawings += [drawing.read_text("utf-8") for drawing in LADDER.glob(f"{name}-[0-9]*.svg")]
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        first = next(part for part in root if part.tag.rpartition("}")[2] not in ("title", "desc"))
        assert first.attrib == {"width": "100%", "height": "100%", "fill": "#ffffff"}
        assert "--ink:#1b2733" in root.attrib["style"]  # not the ink of the page around it


def test_every_page_leads_to_the_one_before_and_the_one_after_and_the_index_lists_them_in_order():
    order = re.findall(r"^\| \[(\w+)\.py\]", (ROOT / "examples" / "README.md").read_text("utf-8"), re.MULTILINE)
    index = re.findall(r"^\d+\. \[.*\]\((\w+)\.md\)", (LADDER / "README.md").read_text("utf-8"), re.MULTILINE)
    assert index == order
    for before, name, after in zip([None, *order], order, [*order[1:], None], strict=False):
        foot = (LADDER / f"{name}.md").read_text("utf-8").rstrip().splitlines()[-1]
        assert re.findall(r"\]\((?:\./)?(\w+)\.md\)", foot) == [it for it in (before, "README", after) if it]


def test_links_lead_somewhere():
    for page in [*LADDER.glob("*.md"), ROOT / "examples" / "README.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\((?!https?:|#)([^)\s#]+)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
    named = {name for page in (ROOT / "examples").glob("*.py") for name in re.findall(r"`(\w+)\.py`", page.read_text())}
    assert named <= set(PAGES)
