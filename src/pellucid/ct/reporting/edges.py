"""The outline of a mask, along the borders of its voxels: exactly what the pipeline holds, nothing smoothed."""

from __future__ import annotations

import numpy as np

from pellucid.shapes import Bool, Int64


def edge_path(mask: Bool[np.ndarray, "row column"]) -> str:
    """An SVG path along every border between inside and outside, in pixels from the picture's upper left corner.

    The picture's own border counts as outside.

    >>> edge_path(np.array([[True, True, False]]))
    'M0 0h2M0 1h2M0 0v1M2 0v1'
    """
    flat = [f"M{start} {row}h{end - start}" for row, start, end in _runs(mask).tolist()]
    upright = [f"M{column} {start}v{end - start}" for column, start, end in _runs(mask.T).tolist()]
    return "".join(flat + upright)


def _runs(mask: Bool[np.ndarray, "row column"]) -> Int64[np.ndarray, "run 3"]:
    """Where neighbours in one column differ, joined along the rows: line, first column, one past the last column."""
    padded = np.pad(mask, 1).astype(np.int8)
    border = np.pad(padded[1:, 1:-1] != padded[:-1, 1:-1], ((0, 0), (1, 1))).astype(np.int8)
    turns = np.diff(border, axis=1)
    starts, ends = np.argwhere(turns == 1), np.argwhere(turns == -1)
    return np.column_stack([starts, ends[:, 1]]).astype(np.int64)
