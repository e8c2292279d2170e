"""Six helpers that let one formula serve plain floats and arrays alike.

Arrays end in the axes (V, S): variants and samples. Phase, component and operator axes stand in front of them and are
always summed over axis 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from thirdwatt.quantity import Code, Num

HALVINGS = 60
"""Steps of bisection: what is left of an interval is the last digit of a float."""


def stack(*values: Num) -> Num:
    """Put values of shapes that broadcast to (V, S) on a new leading axis: (n, V, S)."""
    return np.stack(np.broadcast_arrays(*values))


def over(values: Num) -> Num:
    """Sum over the leading axis: (n, V, S) to (V, S).

    Added one after the other: ``np.sum`` adds pairwise where (V, S) is (1, 1), and the last bit would then depend on
    how many variants and samples there are.
    """
    first, *others = along(values)
    total = first
    for each in others:
        total = total + each
    return total


def along(values: Num) -> tuple[Num, ...]:
    """Slices of the leading axis, each (V, S)."""
    return tuple(values)  # type: ignore[arg-type]


def portion(part: Num, whole: Num) -> Num:
    """``part / whole``; 0 where the part is nothing, be the whole nothing too."""
    nothing = np.equal(part, 0)
    return np.where(nothing, 0.0, part / np.where(nothing, 1.0, whole))


def pick(code: Code, *branches: Num) -> Num:
    """Branch number ``code`` of the given ones, element by element. All branches are evaluated."""
    if isinstance(code, int):
        return branches[code]
    if np.min(code) < 0 or np.max(code) >= len(branches):
        raise ValueError(f"a code is none of {len(branches)} branches")
    if np.size(code) == 1:  # as it is for most: one branch for all
        shape = np.broadcast_shapes(np.shape(code), *map(np.shape, branches))
        filled = np.empty(shape, np.result_type(*branches))
        filled[...] = branches[int(np.ravel(code)[0])]
        return filled
    found, *others = branches
    for number, branch in enumerate(others, 1):  # several times as fast as np.choose
        found = np.where(np.equal(code, number), branch, found)
    return found


def crossing(falling: Callable[[Num], Num], low: Num, high: Num) -> Num:
    """Where a function that falls between two ends is nothing, by a fixed number of bisections; an end where it is
    nothing nowhere.
    """
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        above = falling(middle) > 0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return low
