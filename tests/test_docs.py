"""What README and docs show is what happens: their Python runs, and so do their console lines."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(language: str) -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for number, block in enumerate(
            re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.M | re.S), 1
        ):
            found.append((f"{page.name}-{number}", block))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in blocks("python")])
def test_python_on_the_pages_runs(code, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("lines", [pytest.param(lines, id=name) for name, lines in blocks("console")])
def test_console_lines_on_the_pages_run(lines, tmp_path):
    for line in re.findall(r"^\$ pellucid (.*)$", lines, re.M):
        command = [sys.executable, "-m", "pellucid.cli", *shlex.split(line)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}: {done.stderr}"


def test_every_flag_that_readme_names_is_a_flag():
    text = (ROOT / "README.md").read_text("utf-8")
    known = "".join(path.read_text("utf-8") for path in (ROOT / "src/pellucid/cli").glob("*.py"))
    for flag in set(re.findall(r"--([a-z][a-z-]+)", text)) - {"index-url", "help", "rounds"}:
        name = flag.replace("-", "_")
        assert f'"--{flag}"' in known or f"{name}:" in known, flag
