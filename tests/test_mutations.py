"""No scenario, however broken, ends in anything but an answer or a list of mistakes."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import thirdwatt
from thirdwatt.ledger.book import book
from thirdwatt.scenario import InputError, InsufficientError
from thirdwatt.scenario.parse import QUANTITY_OF
from thirdwatt.scenario.read import presets, put, read
from thirdwatt.scenario.schema import paths

NUMBERS = st.one_of(
    st.floats(), st.integers(), st.sampled_from([0, -1, 1, 1e-300, 1e39, 1e300, 10**400, float("nan"), 0.5, 2, 1.1])
)
WORDS = st.one_of(
    st.text(max_size=8), st.sampled_from(["h100", "us", "own", "colo", "spot", "auto", "dpo", "lora", "8+3"])
)
STATED = st.fixed_dictionaries({}, optional={"value": NUMBERS, "low": NUMBERS, "high": NUMBERS, "source": WORDS})
VALUES = st.recursive(
    st.one_of(NUMBERS, WORDS, st.none(), st.booleans(), STATED),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=5,
)
PATHS = st.one_of(
    st.sampled_from(paths()),
    st.sampled_from(sorted(set(QUANTITY_OF.values()))).map("known.{}".format),
    st.sampled_from(sorted(book().names)).map("known.{}".format),
    st.sampled_from(["mfu", "goodput", "facility_energy_kwh", "it_energy_kwh"]).map("known.{}".format),
    st.sampled_from(
        ["workload", "cluster", "layout", "site", "known", "range", "range.mfu", "range.pue", "x", "a.b.c"]
    ),
)
MUTATIONS = st.lists(st.tuples(PATHS, st.one_of(NUMBERS, VALUES)), min_size=1, max_size=4)


def mutated(preset: str, mutations: list[tuple[str, Any]]) -> Iterator[dict[str, Any]]:
    document = copy.deepcopy(read(preset)[1])
    for path, value in mutations:
        try:
            put(document, path, value)
        except InputError as error:
            assert error.mistakes
    yield document


def ends_well(preset: str, mutations: list[tuple[str, Any]], samples: int) -> None:
    for document in mutated(preset, mutations):
        try:
            ledger = thirdwatt.estimate(document, samples=samples)
        except InputError as error:
            assert error.mistakes
            assert all(mistake.problem for mistake in error.mistakes)
        except InsufficientError as error:
            assert "state" in str(error)
        else:
            assert all(total is None or total.value == total.value for total in ledger.totals.values())


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(presets()), MUTATIONS, st.sampled_from([1, 8]))
def test_mutated_scenarios(preset: str, mutations: list[tuple[str, Any]], samples: int) -> None:
    ends_well(preset, mutations, samples)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(presets()), MUTATIONS, st.sampled_from([1, 8]))
def test_10_000_mutated_scenarios(preset: str, mutations: list[tuple[str, Any]], samples: int) -> None:
    ends_well(preset, mutations, samples)
