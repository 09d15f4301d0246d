"""Tiny runs to explain: linear on CT slices, mlp on 16-bit images, cnn on colours, and an mlp of several labels."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

CLASSES = ("left", "middle", "right")
ENDING = {"linear": "dcm", "mlp": "png", "cnn": "png"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that ask runs are slow: the runs are trained for them."""
    for item in items:
        if {"trained", "several", "of_digits"} & set(
            getattr(item, "fixturenames", ())
        ) and "explain" in item.path.parts:
            item.add_marker(pytest.mark.slow)


def drawn(model: str, klass: int, index: int) -> np.ndarray:
    """12 x 12 noise with a bright stripe, at another place in each class."""
    kind, most, bright, shape = {
        "linear": (np.int16, 400, 600, (12, 12)),
        "mlp": (np.uint16, 20_000, 20_000, (12, 12)),
        "cnn": (np.uint8, 110, 90, (12, 12, 3)),
    }[model]
    pixels = np.random.default_rng([klass, index]).integers(0, most, shape).astype(kind)
    pixels[:, 4 * klass : 4 * klass + 3] += bright
    return pixels


def written(model: str, klass: int, index: int) -> bytes:
    """The same as a PNG; for the linear model as a CT slice whose Hounsfield units are 1024 less."""
    pixels, file = drawn(model, klass, index), io.BytesIO()
    if model != "linear":
        Image.fromarray(pixels).save(file, "PNG")
        return file.getvalue()
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = CTImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = generate_uid()
    data.Modality, data.PatientID, data.PhotometricInterpretation = "CT", f"p{klass}-{index}", "MONOCHROME2"
    data.Rows = data.Columns = 12
    data.SamplesPerPixel, data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 1, 16, 16, 15, 1
    data.RescaleSlope, data.RescaleIntercept = 1, -1024
    data.PixelData = pixels.tobytes()
    data.save_as(file, enforce_file_format=True)
    return file.getvalue()


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> Callable[[str], Path]:
    """A run by its model; its images lie beside it."""
    import pellucid

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base  # by all processes of one run of the tests

    @cache
    def run(model: str) -> Path:
        folder = shared / f"explained-{model}"
        with FileLock(f"{folder}.lock"):
            if not (folder / "run" / "SHA256SUMS").is_file():
                train(folder, model)
        return folder / "run"

    def train(folder: Path, model: str) -> None:
        for number, name in enumerate(CLASSES):
            (folder / "images" / name).mkdir(parents=True)
            for index in range(14):
                (folder / "images" / name / f"{index}.{ENDING[model]}").write_bytes(written(model, number, index))
        pellucid.train(folder / "images", model=model, epochs=2, out=folder / "run", say=lambda line: None)

    return run


@pytest.fixture(scope="session")
def image_of() -> Callable[..., Path]:
    """An image that lies beside a run."""

    def find(run: Path, klass: str = "left", index: int = 3) -> Path:
        return next((run.parent / "images" / klass).glob(f"{index}.*"))

    return find


@pytest.fixture
def pixels_of_file() -> Callable[..., np.ndarray]:
    """What was written into the image of a class and number, for the run of a model."""
    return drawn


@pytest.fixture
def outsider(tmp_path) -> Callable[[str], Path]:
    """An image that the run of a model never saw."""

    def make(model: str) -> Path:
        path = tmp_path / f"new.{ENDING[model]}"
        path.write_bytes(written(model, 1, 99))
        return path

    return make


@pytest.fixture(scope="session")
def asked_about(image_of) -> Callable[..., object]:
    """A run's model, asked about an image: by default one of its own."""
    from pellucid.explain.asking import ask
    from pellucid.run import Run

    def about(run: Path, image: Path | None = None) -> object:
        return ask(Run(run), image or image_of(run))

    return about


@pytest.fixture(scope="session")
def several(tmp_path_factory) -> Path:
    """A run whose images may show several labels at once; an image of its training part lies beside it."""
    import pellucid
    from pellucid.evaluate.checking.told import Told
    from pellucid.run import Run

    folder = tmp_path_factory.mktemp("several")
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, (70, 3))
    images = generator.integers(0, 80, (70, 12, 12)).astype(np.uint8)
    for klass in range(3):
        images[labels[:, klass] == 1, :, 4 * klass : 4 * klass + 3] += 120
    parts = {"train": slice(0, 40), "val": slice(40, 55), "test": slice(55, 70)}
    arrays = {f"{part}_images": images[rows] for part, rows in parts.items()}
    arrays |= {f"{part}_labels": labels[rows] for part, rows in parts.items()}
    np.savez(folder / "marks.npz", **arrays)
    pellucid.train(folder / "marks.npz", model="mlp", epochs=2, out=folder / "run", say=lambda line: None)
    Image.fromarray(images[Told(Run(folder / "run")).cases.rows("train")[0]]).save(folder / "own.png")
    return folder / "run"
