"""Runs to look at: two on the same held-out cases, one on others, a damaged one, and one that is not finished."""

from __future__ import annotations

import shutil

import pytest

import pellucid


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shown") / "runs"
    pellucid.train("digits", model="mlp", epochs=2, out=folder / "digits")
    pellucid.train("digits", model="linear", epochs=2, out=folder / "humble")
    pellucid.train("digits", model="linear", epochs=2, seed=1, out=folder / "other split")
    shutil.copytree(folder / "digits", folder / "broken")
    (folder / "broken" / "report.json").write_text("{")
    shutil.copytree(folder / "digits", folder / "begun")
    (folder / "begun" / "SHA256SUMS").unlink()
    return folder
