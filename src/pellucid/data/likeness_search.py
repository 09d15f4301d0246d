"""Finds near-identical images among very many, without looking at all pairs and without ever holding all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from pellucid.data.likeness import ALIKE_WITHIN, ZOOM, distances, spectra, strengths
from pellucid.data.side_by_side import side_by_side
from pellucid.shapes import Bool, Float, Int, Shaped, UInt8

FEATURES, LEADING = 192, 32
"""Directions that strengths are kept in, and how many of them are looked at first. Chosen by us: fewer leave more pairs
to be looked at closer, more take longer to compare. They decide what is fast, never what is found."""

SAMPLE = 2000
"""Images that the directions are found on. Chosen by us."""

PIXELS_AT_ONCE = 2**21
ROWS, COLUMNS, PAIRS = 128, 4096, 512
"""What is worked on at once: a few MB each."""

ROUNDING = 1e-3
"""Strengths are kept as float16, whose steps add up to less than this."""


@dataclass(frozen=True, slots=True)
class Described:
    """The different images of a Dataset (identical ones count once), and what is needed to find those alike."""

    images: Shaped[np.ndarray, "case channel row column"]
    rows: Int[np.ndarray, " image"]
    """The first case of each image."""
    image_of: Int[np.ndarray, " case"]
    plain: Bool[np.ndarray, " image"]
    """Shows next to nothing (LEAST_SHOWN): never near-identical to another."""
    whole: Shaped[np.ndarray, "image feature"]
    zoomed: Shaped[np.ndarray, "image feature"]


def describe(images: Shaped[np.ndarray, "case channel row column"], sha256: UInt8[np.ndarray, "case 32"]) -> Described:
    """Look at each different image once: how strong its waves are, as it is and zoomed.

    Args:
        images: stored pixels, square; may be mapped and larger than memory.
        sha256: of each image's pixels.
    """
    prints = np.ascontiguousarray(sha256).view("V32").ravel()
    _, rows, image_of = np.unique(prints, return_index=True, return_inverse=True)
    sample = rows[np.linspace(0, len(rows) - 1, min(SAMPLE, len(rows))).astype(np.int64)]
    strong = np.concatenate(
        [strengths(spectra(images[part])) for part in _blocks(sample, images)] or [np.zeros((1, 1))]
    )
    middle = strong.mean(0)
    directions = np.linalg.svd(strong - middle, full_matrices=False)[2][:FEATURES].T
    whole, zoomed = np.empty((2, len(rows), directions.shape[1]), np.float16)
    plain = np.empty(len(rows), bool)
    order = np.argsort(rows)  # in the order of the file

    def look(block: np.ndarray) -> None:
        shown = images[rows[block]]
        for zoom, features in ((ZOOM, zoomed), (1.0, whole)):
            found = strengths(spectra(shown, zoom))
            features[block] = found @ directions - middle @ directions
        plain[block] = ~found.any(1)

    for _ in side_by_side(look, _blocks(order, images)):
        pass
    return Described(images, rows, image_of.ravel(), plain, whole, zoomed)


def alike_groups(described: Described) -> Int[np.ndarray, " case"]:
    """One number a case: the same for cases that are identical, or joined by a chain of near-identical pairs.

    It is the lowest row of the group.
    """
    group = np.arange(len(described.rows))
    shown = np.flatnonzero(~described.plain)

    def parted(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        differ: np.ndarray = group[one] != group[other]
        return differ

    for zoomed in (False, True):
        for one, other in _confirmed(described, shown, shown, (zoomed, False), parted, at_once=True):
            _join(group, one, other)
    lowest = np.full(len(group), len(described.image_of))
    np.minimum.at(lowest, group, described.rows)
    numbers: Int[np.ndarray, " case"] = lowest[group][described.image_of]
    return numbers


def near_one_of(
    described: Described, asked: Int[np.ndarray, " asked"], among: Int[np.ndarray, " among"]
) -> Int[np.ndarray, " asked"]:
    """For each asked image another of `among` that is near-identical (not always the nearest), or -1: there is none.

    Args:
        described: the images.
        asked: numbers of images, not of cases.
        among: numbers of the images looked among.
    """
    found = np.full(len(described.rows), -1)
    among = among[~described.plain[among]]

    def missing(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        open_still: np.ndarray = (found[one] < 0) & (one != other)
        return open_still

    for zooms in ((False, False), (True, False), (False, True)):
        left = asked[~described.plain[asked] & (found[asked] < 0)]
        for one, other in _confirmed(described, left, among, zooms, missing, at_once=False):
            found[one] = other
    near: Int[np.ndarray, " asked"] = found[asked]
    return near


def _confirmed(
    described: Described,
    ours: np.ndarray,
    theirs: np.ndarray,
    zooms: tuple[bool, bool],
    wanted: Callable[[np.ndarray, np.ndarray], np.ndarray],
    at_once: bool,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs that are near-identical, until all that are still wanted were told; what is told may change what is."""
    for one, other in _gathered(_near(described, ours, theirs, zooms, wanted, at_once)):
        while len(one):
            now = np.zeros(len(one), bool)
            for side in (one, other):  # one pair for each image, since one is often enough
                now[np.unique(side, return_index=True)[1]] = True
            now[:PAIRS] |= now.sum() < PAIRS
            same = _distances(described, one[now], other[now], *zooms) <= ALIKE_WITHIN
            if same.any():
                yield one[now][same], other[now][same]
            one, other = one[~now], other[~now]
            still = wanted(one, other)
            one, other = one[still], other[still]


def _gathered(pairs: Iterator[tuple[np.ndarray, np.ndarray]]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The same pairs, enough at a time to be worth the work."""
    kept: list[tuple[np.ndarray, np.ndarray]] = []
    for pair in pairs:
        kept.append(pair)
        if sum(len(one) for one, _ in kept) >= PAIRS:
            yield np.concatenate([one for one, _ in kept]), np.concatenate([other for _, other in kept])
            kept.clear()
    if kept:
        yield np.concatenate([one for one, _ in kept]), np.concatenate([other for _, other in kept])


def _near(
    described: Described,
    ours: np.ndarray,
    theirs: np.ndarray,
    zooms: tuple[bool, bool],
    wanted: Callable[[np.ndarray, np.ndarray], np.ndarray],
    at_once: bool,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """All wanted pairs whose strengths are within the distance, and a few more; a tile of them at a time.

    Both sides are sorted along the first direction, so that only those within the distance along it are compared.
    """
    radius = ALIKE_WITHIN + ROUNDING
    one, two = (described.zoomed if zoomed else described.whole for zoomed in zooms)
    itself = one is two and ours is theirs
    ours, theirs = ours[np.argsort(one[ours, 0], kind="stable")], theirs[np.argsort(two[theirs, 0], kind="stable")]
    leading = two[theirs, :LEADING].astype(np.float32)
    columns = np.concatenate([leading, -0.5 * np.einsum("if,if->i", leading, leading)[:, None]], 1)

    def tiles() -> Iterator[tuple[int, int, int]]:
        for start in range(0, len(ours), ROWS):
            ends = one[ours[start : start + ROWS][[0, -1]], 0].astype(np.float32)
            low, high = np.searchsorted(leading[:, 0], (ends[0] - radius, ends[1] + radius)).tolist()
            for left in range(start if itself else low, high, COLUMNS):  # among themselves, each pair once
                yield start, left, min(left + COLUMNS, high)

    def look(tile: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
        start, left, right = tile
        block, others = ours[start : start + ROWS], theirs[left:right]
        rows = one[block, :LEADING].astype(np.float32)
        least = (0.5 * np.einsum("if,if->i", rows, rows) - 0.5 * radius**2)[:, None]
        rows = np.concatenate([rows, np.ones((len(rows), 1), np.float32)], 1)
        near = rows @ columns[left:right].T > least
        if np.count_nonzero(near) > near.size // 20:  # where most are alike, few are still wanted
            near &= wanted(block[:, None], others)
        i, j = np.divmod(np.flatnonzero(near), near.shape[1])
        i, j = block[i], others[j]
        close = wanted(i, j)
        close[close] = _within(one, two, i[close], j[close], radius)
        return i[close], j[close]

    found = side_by_side(look, tiles()) if at_once else map(look, tiles())
    yield from (pairs for pairs in found if len(pairs[0]))


def _within(one: np.ndarray, two: np.ndarray, i: np.ndarray, j: np.ndarray, radius: float) -> np.ndarray:
    """Which pairs are within the distance in all directions that were kept."""
    close = np.empty(len(i), bool)
    for start in range(0, len(i), ROWS * 16):
        part = slice(start, start + ROWS * 16)
        apart = one[i[part]].astype(np.float32) - two[j[part]]
        close[part] = np.einsum("if,if->i", apart, apart) <= radius**2
    return close


def _join(group: np.ndarray, first: np.ndarray, second: np.ndarray) -> None:
    """The groups of both become one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    names, place = np.unique(np.concatenate([group[first], group[second]]), return_inverse=True)
    links = coo_array((np.ones(len(first)), (place[: len(first)], place[len(first) :])), shape=(len(names),) * 2)
    parts = connected_components(links, directed=False)[1]
    heads = names[np.unique(parts, return_index=True)[1]][parts]
    renamed = np.arange(len(group))
    renamed[names] = heads
    group[:] = renamed[group]


def _distances(
    described: Described, first: np.ndarray, second: np.ndarray, zoom_first: bool, zoom_second: bool
) -> Float[np.ndarray, " pair"]:
    """True distances of pairs of images, at the best shift."""
    apart = np.empty(len(first), np.float32)
    for block in _blocks(np.arange(len(first)), described.images):
        found = []
        for rows, zoomed in ((first[block], zoom_first), (second[block], zoom_second)):
            different, place = np.unique(rows, return_inverse=True)
            shown = described.images[described.rows[different]]
            found.append(spectra(shown, ZOOM if zoomed else 1.0)[place.ravel()])
        apart[block] = distances(*found)
    return apart


def _blocks(rows: np.ndarray, images: np.ndarray) -> Iterator[np.ndarray]:
    size = max(1, min(PAIRS, PIXELS_AT_ONCE // max(1, int(np.prod(images.shape[1:])))))
    return (rows[start : start + size] for start in range(0, len(rows), size))
