"""The same work on one item after another, some of them at a time in threads, with the results in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from pellucid.data.processes import core_count

Item = TypeVar("Item")
Result = TypeVar("Result")


MOST_THREADS = 8
"""Chosen by us: more wait for memory, and hold more of it."""


def side_by_side(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Results in the order of the items; only a few are under way, so that whoever takes them bounds the memory.

    For work that NumPy does outside Python's lock. Its own threads are kept to one meanwhile: sharing each small
    product between two of them takes longer than the product.

    >>> list(side_by_side(lambda number: number**2, range(5)))
    [0, 1, 4, 9, 16]
    """
    from threadpoolctl import threadpool_limits

    threads = min(core_count(), _told_threads(), MOST_THREADS)
    under_way: deque[Future[Result]] = deque()
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        for item in items:
            under_way.append(pool.submit(work, item))
            if len(under_way) > threads:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _told_threads() -> int:
    """What OMP_NUM_THREADS allows; it may be a list, of which the first number counts here."""
    told = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return max(1, int(told)) if told.isdecimal() else MOST_THREADS
