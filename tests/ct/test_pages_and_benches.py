"""What docs/ct.md and bench/README.md name on CT is there: commands, their flags, and benches."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from pellucid.cli.ct import ct_app

ROOT = Path(__file__).resolve().parents[2]
DOCS = (ROOT / "docs" / "ct.md").read_text("utf-8")
LINES = sorted(set(re.findall(r"pellucid ct ([a-z]+)([^`#\n]*)", DOCS)))


def flags(name: str) -> set[str]:
    command = typer.main.get_command(ct_app).commands[name]
    return {flag for option in command.params for flag in option.opts}


@pytest.mark.parametrize(("name", "rest"), LINES, ids=[" ".join(line) for line in LINES])
def test_each_command_that_is_shown_takes_the_flags_that_are_shown(name, rest):
    assert set(re.findall(r"--[a-z]+", rest)) <= flags(name)


def test_each_bench_that_is_named_is_there_and_takes_the_flags_that_are_shown():
    shown = re.findall(r"python (bench/ct_[a-z]+\.py)([^`\n]*)", DOCS)
    assert {path for path, _ in shown} >= {f"bench/ct_{name}.py" for name in ("find", "phantoms", "plant", "score")}
    for path, rest in shown:
        code = (ROOT / path).read_text("utf-8")
        assert all(f'"{flag}"' in code for flag in re.findall(r"--[a-z]+", rest)), path


def test_each_bench_has_its_row():
    rows = (ROOT / "bench" / "README.md").read_text("utf-8")
    for path in sorted((ROOT / "bench").glob("ct_*.py")):
        assert f"| `python bench/{path.name}` |" in rows
