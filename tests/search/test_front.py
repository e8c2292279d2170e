"""Fronts of points."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from thirdwatt.search.front import steps_of, undominated

POINTS = arrays.arrays(np.int64, st.tuples(st.integers(1, 40), st.integers(1, 3)), elements=st.integers(0, 6))


def naive(points: np.ndarray) -> set[int]:
    """Rows that no other row beats, and of equal ones the first."""
    kept = set()
    for at, own in enumerate(points):
        beaten = any((other <= own).all() and (other < own).any() for other in points)
        twin = any((other == own).all() for other in points[:at])
        if not beaten and not twin:
            kept.add(at)
    return kept


@given(POINTS)
def test_a_front_is_what_nothing_beats(points: np.ndarray) -> None:
    assert set(undominated(points).tolist()) == naive(points)


def test_a_front_comes_by_its_first_column() -> None:
    assert undominated(np.array([[3, 0], [1, 2], [2, 1], [2, 2]])).tolist() == [1, 2, 0]


@given(st.floats(1e-9, 1e15))
def test_what_rounding_tells_apart_is_one_step(value: float) -> None:
    near, apart = value * (1 + 1e-13), value * (1 + 1e-7)
    one, two, three = steps_of(np.array([value, near, apart]))
    assert abs(two - one) <= 1
    assert three > one
