"""What the tests of this room share: small pictures, folders of them, a cache of their own, and the real data."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("PELLUCID_CACHE", str(folder))
    return folder


@pytest.fixture
def gray() -> Callable[..., np.ndarray]:
    """Lopsided noise, so that swapped axes and mixed-up images show."""

    def make(seed: int, rows: int = 8, columns: int = 8, most: int = 255, dtype: str = "uint8") -> np.ndarray:
        noise = np.random.default_rng(seed).integers(0, most + 1, (rows, columns))
        return noise.astype(dtype)

    return make


@pytest.fixture
def save() -> Callable[..., Path]:
    def write(path: Path, pixels: np.ndarray, **options: object) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path, **options)
        return path

    return write


@pytest.fixture
def classes(tmp_path, gray, save) -> Callable[..., Path]:
    """A folder of class folders with `each` PNGs, all different."""

    def make(*names: str, each: int = 5, root: Path = tmp_path / "images", size: int = 8) -> Path:
        for number, name in enumerate(names):
            for index in range(each):
                save(root / name / f"{index}.png", gray(1000 * number + index, size, size))
        return root

    return make


@pytest.fixture
def real() -> Callable[[str], Path]:
    def find(name: str) -> Path:
        folder = os.environ.get("PELLUCID_DATA")
        if not folder or not (Path(folder) / name).exists():
            pytest.skip(f"{name} is missing: set PELLUCID_DATA to the folder that holds it")
        return Path(folder) / name

    return find
