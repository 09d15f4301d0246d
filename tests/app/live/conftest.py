"""One small source for all tests of lessons."""

from __future__ import annotations

import pytest

from pellucid.app.live.subject import Subject
from pellucid.data import read


@pytest.fixture(scope="session")
def digits() -> Subject:
    return Subject.of("digits", read("digits"))
