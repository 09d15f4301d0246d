"""What docs/ladder shows is what examples/ says now: the same words and the same code, and a picture for each named."""

import math
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import jupytext
import nbformat
import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(page.stem for page in (ROOT / "examples").glob("*.py"))
LADDER = ROOT / "docs" / "ladder"
CHEAP = (
    "a_tensor", "broadcasting", "one_neuron", "regression_graphs", "class_means", "layers", "autograd_by_hand",
    "xor_by_features",
)  # fmt: skip
"""Pages of a second or two that read nothing, or scikit-learn's digits."""
NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?!\w)")
ELSEWHERE_OTHERWISE = re.compile(r"\bseconds\b|\d m?s\b|0x[0-9a-f]{6,}| bytes for ")
"""Lines that differ from one machine, or one version of a library, to the next: times, addresses, sizes of files."""
SMALL = re.compile(r"[-+]?\d(?:\.\d+)?e-\d+")
"""What is left by rounding: its power of ten is compared, to two."""


def printed(page):
    """What a shown page says that each of its cells printed."""
    return re.findall(r"^```text\n(.*?)\n```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def alike(one, other):
    """Whether two printed lines hold the same words, and about the same numbers."""
    if NUMBER.sub("#", one).split() != NUMBER.sub("#", other).split():
        return False
    for a, b in zip(NUMBER.findall(one), NUMBER.findall(other), strict=True):
        x, y = (float(number.replace(",", "")) for number in (a, b))
        if SMALL.fullmatch(a) and SMALL.fullmatch(b):
            if abs(math.log10(abs(x / y))) > 2:
                return False
        elif not math.isclose(x, y, rel_tol=2e-2, abs_tol=1e-3):
            return False
    return True


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


@pytest.mark.parametrize("name", PAGES)
def test_the_shown_page_prints_what_the_notebook_prints(name):
    notebook = nbformat.read(LADDER / f"{name}.ipynb", nbformat.NO_CONVERT)
    cells = [
        "".join(output.text for output in cell.outputs if output.output_type == "stream")
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]
    assert printed(LADDER / f"{name}.md") == [text.strip("\n") for text in cells if text.strip()]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("accuracy 0.956 of 1,797", "accuracy 0.961 of 1,797", True),
        ("accuracy 0.956", "accuracy 0.912", False),
        ("accuracy 0.956", "loss 0.956", False),
        ("a = -5.6 +9.5 x1", "a = -5.6 -9.5 x1", False),
        ("layer 10 of 64 x 30", "layer 11 of 64 x 30", False),
        ("at most 3e-17 apart", "at most 1e-16 apart", True),
        ("at most 3e-17 apart", "at most 3e-05 apart", False),
        ("zero 0.0000", "zero 0.0004", True),
        ("3 of 4", "3 of", False),
    ],
)
def test_numbers_are_compared_to_two_percent_and_words_exactly(one, other, same):
    assert alike(one, other) == same


@pytest.mark.slow
def test_pages_that_need_no_download_print_today_what_is_shown(tmp_path):
    done = subprocess.run(
        [sys.executable, "docs/render.py", *CHEAP, "--into", tmp_path],
        cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for name in CHEAP:
        shown, today = ("\n".join(printed(folder / f"{name}.md")).splitlines() for folder in (LADDER, tmp_path))
        assert len(shown) == len(today) > 0, name
        for old, new in zip(shown, today, strict=True):
            assert ELSEWHERE_OTHERWISE.search(old) or alike(old, new), f"{name}: {old!r} is now {new!r}"
