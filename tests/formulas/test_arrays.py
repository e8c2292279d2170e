"""Helpers of formulas: what they give and of which shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from thirdwatt.formulas.arrays import pick

WIDE = np.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize(
    ("code", "branches"),
    [
        (np.array([[1]]), (WIDE, 2 * WIDE)),
        (np.array([[0]]), (np.array([[7]]), WIDE)),
        (np.array([[2]]), (1, 2.5, WIDE)),
        (np.array([[0], [1], [2]]), (WIDE, 2 * WIDE, 3)),
        (np.array([[0], [1], [0]]), (np.stack([WIDE, WIDE + 1]), 5.0)),
        (np.array([[0], [1]]), (1, 2)),
    ],
)
def test_a_branch_is_picked_as_numpy_chooses(code: Any, branches: tuple[Any, ...]) -> None:
    found, wanted = pick(code, *branches), np.choose(code, np.broadcast_arrays(*branches))
    assert np.array_equal(found, wanted)
    assert np.shape(found) == wanted.shape
    assert np.asarray(found).dtype == wanted.dtype


@pytest.mark.parametrize("code", [np.array([[2]]), np.array([[-1]]), np.array([[0], [2]]), np.array([[1], [-1]])])
def test_a_code_of_no_branch_is_refused(code: Any) -> None:
    with pytest.raises(ValueError, match="none of 2 branches"):
        pick(code, 1.0, 2.0)


def test_a_plain_code_picks_what_stands_there() -> None:
    assert pick(1, 3.0, WIDE) is WIDE
