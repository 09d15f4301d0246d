"""What all tests share: a cache of their own, few threads, the command in a process of its own, small images."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

CACHE = tempfile.mkdtemp(prefix="pellucid-tests-")
os.environ["PELLUCID_CACHE"] = CACHE
os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ.pop("NO_COLOR", None)
settings.register_profile("untimed", deadline=None)  # machines may be busy
settings.load_profile("untimed")
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore Ctrl-C; tests send it


def pytest_unconfigure() -> None:
    shutil.rmtree(CACHE, ignore_errors=True)


# These two import pellucid when they are asked for: shapes are checked in what is imported once pytest has begun.
@pytest.fixture(scope="session")
def digits():
    """The data set that is always there."""
    from pellucid.data import read

    return read("digits")


@pytest.fixture(scope="session")
def split(digits):
    """Its parts, as seed 0 draws them."""
    from pellucid.data import draw_split

    return draw_split(digits, seed=0)


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """An empty folder that the test stands in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def command(here) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `pellucid` with these arguments in a process of its own."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "pellucid.cli", *map(str, arguments)]
        return subprocess.run(
            line, cwd=here, env={**os.environ, **environment}, capture_output=True, encoding="utf-8", check=False
        )

    return run


@pytest.fixture
def command_here(here, monkeypatch, capfd) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The same in this process, which is faster: torch is imported once."""
    from pellucid.cli import entry

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        line = ["pellucid", *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", line)
        status = entry._status()
        return subprocess.CompletedProcess(line, status, *capfd.readouterr())

    return run


@pytest.fixture
def driver(here) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run some lines of Python in a process of its own."""

    def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-W", "error", "-c", code, *arguments]
        return subprocess.run(line, cwd=here, capture_output=True, encoding="utf-8", check=False)

    return run


@pytest.fixture
def pictures(tmp_path) -> Callable[..., Path]:
    """A folder of class folders with PNGs that differ by class: brighter to the left, to the right, above ..."""

    def make(*names: str, each: int = 12, size: int = 12, root: Path | None = None) -> Path:
        root = root or tmp_path / "images"
        for number, name in enumerate(names):
            (root / name).mkdir(parents=True)
            for index in range(each):
                Image.fromarray(picture(number, index, size)).save(root / name / f"{index}.png")
        return root

    return make


def picture(klass: int, index: int, size: int) -> np.ndarray:
    """Noise with one bright stripe, at another place in each class."""
    pixels = np.random.default_rng([klass, index]).integers(0, 90, (size, size + 1)).astype(np.uint8)
    pixels[:, 2 * klass : 2 * klass + 2] += 120
    return pixels
