"""What data make a run process, beside the published law and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.facts import table
from thirdwatt.formulas import data

SCALE = table("constants").rows["default"].figures["repetition_scale_ratio"].value

shares = st.floats(0.01, 1.0)


def effective(trained: float, unique: float) -> float:
    return float(data.effective_token_count(unique, data.repetition_ratio(trained, unique), SCALE))


@pytest.mark.parametrize(
    ("epochs", "worth"), [(1, 1.0), (2, 0.984), (4, 0.931), (8, 0.828), (16, 0.661), (32, 0.448), (64, 0.252)]
)
def test_what_repeated_tokens_are_worth(epochs: int, worth: float) -> None:
    assert effective(epochs * 1e9, 1e9) / (epochs * 1e9) == pytest.approx(worth, abs=5e-4)


def test_repeats_without_end_are_worth_sixteen_passes() -> None:
    assert effective(1e15, 1e9) / 1e9 == pytest.approx(1 + SCALE)


@given(st.floats(1.0, 500.0), st.floats(1.0, 500.0))
def test_more_passes_teach_more_and_ever_less_so(one: float, other: float) -> None:
    fewer, more = sorted((one, other))
    assert effective(fewer, 1.0) <= effective(more, 1.0) * (1 + 1e-12)
    assert effective(more, 1.0) <= more * (1 + 1e-12)
    assert effective(more, 1.0) / more <= effective(fewer, 1.0) / fewer * (1 + 1e-12)


@given(shares, shares, st.floats(0.1, 20.0))
def test_no_more_is_unique_than_is_there_kept_and_seen(unique: float, kept: float, epochs: float) -> None:
    trained = data.trained_token_count(1e9, kept, epochs)
    found = data.unique_token_count(1e9, unique, kept, trained)
    assert found <= 1e9 * min(unique, kept) * (1 + 1e-12)
    assert found <= trained
    assert data.repetition_ratio(trained, found) >= 0


@given(st.floats(0.0, 0.999))
def test_padding_is_computed_and_not_learned_from(padding: float) -> None:
    processed = data.processed_token_count(1e9, padding)
    assert processed * (1 - padding) == pytest.approx(1e9)
    assert data.processed_token_count(1e9, 0.0) == 1e9


def test_a_terabyte_made_tokens_of() -> None:
    """1 TB at 3.7 bytes a token and 1.34 MB per core second takes some 207 core hours a pass (measured rates)."""
    tokens, rate = 1e12 / 3.7, 1.34e6 / 3.7
    assert data.tokenise_core_hours(1 / rate, tokens, 1.0, 1.0, 3600.0) == pytest.approx(207.3, abs=0.1)
    assert data.tokenise_energy_kwh(207.3, 3.0, 1000.0) == pytest.approx(0.622, abs=1e-3)


def test_an_accelerator_keeps_cores_busy() -> None:
    assert data.tokenise_core_count(10_000.0, 0.25, 1e-4) == pytest.approx(0.75)


def test_arrays_and_floats_alike() -> None:
    unique = np.array([[1.0, 2.0], [4.0, 8.0]])
    found = np.asarray(data.effective_token_count(unique, data.repetition_ratio(8.0, unique), SCALE))
    assert np.array_equal(found, [[effective(8.0, each) for each in row] for row in unique.tolist()])
    assert math.isclose(found[1, 1], 8.0)
