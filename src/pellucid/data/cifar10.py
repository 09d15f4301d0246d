"""CIFAR-10's binary version: records of 1 label byte and 3072 pixel bytes (channel, row, column) in a .tar.gz.

Source: Krizhevsky, The CIFAR-10 dataset, "Binary version".
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pellucid.data.arrays import BROKEN, ArraySource
from pellucid.data.catalog import known
from pellucid.errors import BadInput

FILES = (*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin")
RECORD = 1 + 3 * 32 * 32
RECORDS_A_FILE = 10_000


def read_cifar10(path: Path) -> ArraySource:
    """Five files to train with, one to test with.

    Raises:
        BadInput: not that archive, or damaged.
    """
    try:
        with tarfile.open(path, "r:gz") as archive:
            members = {Path(member.name).name: member for member in archive.getmembers() if member.isfile()}
            files = [archive.extractfile(members[name]) for name in FILES]
            contents = [file.read(RECORDS_A_FILE * RECORD + 1) for file in files if file]
    except (*BROKEN, tarfile.TarError, KeyError) as problem:
        raise BadInput(f"{path} is not CIFAR-10's binary archive ({problem}): fetch it again.") from None
    if any(len(each) % RECORD or not each for each in contents):
        raise BadInput(f"{path} holds records of another length than {RECORD} bytes: fetch it again.")
    tables = [np.frombuffer(each, np.uint8).reshape(-1, RECORD) for each in contents]
    parts = ["train"] * sum(map(len, tables[:5])) + ["test"] * len(tables[5])
    labels = np.concatenate([table[:, 0] for table in tables]).astype(np.int64)

    def blocks() -> Iterator[np.ndarray]:
        for table in tables:
            yield table[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)

    return ArraySource(path, blocks, labels, parts, classes=tuple(known()["cifar10"].classes))
