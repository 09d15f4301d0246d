"""Loops of many styles that do nothing wrong: the doctor has nothing to say of any."""

import runpy
from pathlib import Path

import pytest
import torch

from pellucid.doctor import watch

pytestmark = pytest.mark.slow  # whole loops of training

LOOPS = sorted((Path(__file__).parent / "loops").glob("*.py"))


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def findings(loop: Path, seed: int, every: int) -> list[str]:
    def watched(*given, **settings):
        return watch(*given, every=every, say=lambda found: None, **settings)

    return [str(found) for found in runpy.run_path(str(loop))["run"](watched, seed).findings]


def test_there_are_at_least_ten():
    assert len(LOOPS) >= 10


@pytest.mark.parametrize("loop", LOOPS, ids=lambda path: path.stem)
def test_nothing_is_said_of_a_sound_loop(loop):
    assert findings(loop, seed=0, every=50) == []


@pytest.mark.parametrize("every", [7, 50])
@pytest.mark.parametrize("loop", LOOPS, ids=lambda path: path.stem)
def test_nor_with_nine_other_seeds_however_often_it_looks(loop, every):
    assert [findings(loop, seed, every) for seed in range(10)] == [[]] * 10
