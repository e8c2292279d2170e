"""Fronts: what nothing beats in everything at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thirdwatt.ledger.samples import Array

SAME = 1e-9
"""Relative difference below which two figures are one: what rounding makes of the same sum in another order."""


def steps_of(values: Array) -> NDArray[np.int64]:
    """Positive values as whole steps of :data:`SAME`, so that what rounding alone tells apart is equal.

    Examples
    --------
    >>> bool(steps_of(np.array([1.0]))[0] == steps_of(np.array([1.0 + 1e-15]))[0])
    True
    """
    with np.errstate(divide="ignore"):
        return np.rint(np.log(values) / SAME).astype(np.int64)


def undominated(points: NDArray[np.int64]) -> NDArray[np.intp]:
    """Rows that no other row equals or beats in every column, in the order of the first column.

    Parameters
    ----------
    points
        Shape (n, k), less is better; of equal rows the first stays.
    """
    order = np.lexsort(points.T[::-1])
    left = points[order]
    kept: list[np.intp] = []
    while len(left):
        kept.append(order[0])
        open_ = (left < left[0]).any(axis=1)
        left, order = left[open_], order[open_]
    return np.array(kept, dtype=np.intp)
