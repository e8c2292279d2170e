"""Calibration: constants move as far as measurements tell, and no further."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thirdwatt.facts import table
from thirdwatt.ledger.book import book
from thirdwatt.ledger.calibration import Batch, Constant, calibrate
from thirdwatt.ledger.pricing import estimate
from thirdwatt.scenario.parse import parse

if TYPE_CHECKING:
    from thirdwatt.ledger.samples import Array
    from thirdwatt.scenario import Scenario

TARGET = "modelled_step_s"
MATMUL, ATTENTION, VOLTA = (
    "generations/ampere/matmul_share@bf16",
    "generations/ampere/attention_share",
    "generations/volta/matmul_share@fp16",
)
NOISE = 0.01


def constant(stream: str, sigma: float = 0.3, prior: float = 1, ceiling: float = np.inf) -> Constant:
    """A cell of a fact table whose prior is so many times its value."""
    name, row, field = stream.split("/")
    current = table(name).rows[row].figures[field].value
    return Constant(stream, (stream,), prior * current, sigma, current, ceiling)


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Runs on Ampere alone whose products and attention weigh differently."""
    return tuple(
        parse(
            {
                "workload": {"model": "llama-3.1-8b", "transformer": {"seq_len": length}},
                "cluster": {"accelerator": "a100-sxm-80gb", "count": count},
                "layout": {"tensor": tensor, "data": count // tensor, "micro_batch": 1, "global_batch": 64},
            },
            book().names,
        )
        for length in (2048, 8192, 32768, 131072)
        for count in (8, 32)
        for tensor in (1, 4)
    )


@cache
def batch() -> Batch:
    return Batch.of(scenarios(), TARGET)


@cache
def measured(matmul: float = 1, attention: float = 1) -> Array:
    """What would be measured if two constants were so many times what the tables say."""
    return batch().predict({MATMUL: float(np.log(matmul)), ATTENTION: float(np.log(attention))})


def even(noise: float = NOISE) -> Array:
    return np.full(batch().size, noise)


def test_a_batch_is_each_scenario_alone_to_the_bit() -> None:
    alone = [estimate(each, samples=1).of(TARGET) for each in scenarios()]
    assert [found.value for found in alone if found] == list(batch().predict({}))


def test_a_constant_moves_only_the_scenarios_that_read_it() -> None:
    assert batch().touched(constant(MATMUL)).all()
    assert not batch().touched(constant(VOLTA)).any()
    assert np.array_equal(batch().predict({VOLTA: 1.0}), batch().predict({}))
    assert (batch().predict({MATMUL: 0.1}) < batch().predict({})).all()


@settings(max_examples=15, deadline=None)
@given(st.floats(0.7, 1.3), st.floats(0.6, 1.5))
def test_known_constants_are_found_again(matmul: float, attention: float) -> None:
    free = [constant(MATMUL), constant(ATTENTION)]
    found = calibrate(batch(), measured(matmul, attention), free, even())
    assert found.values[MATMUL] == pytest.approx(free[0].current * matmul, rel=0.01)
    assert found.values[ATTENTION] == pytest.approx(free[1].current * attention, rel=0.02)
    assert np.abs(found.errors).max() < 0.005


def test_without_data_a_constant_stays_at_its_prior() -> None:
    free = [constant(MATMUL), constant(VOLTA, sigma=0.2, prior=0.8)]
    found = calibrate(batch(), measured(0.9), free, even())
    assert found.values[VOLTA] == pytest.approx(0.8 * free[1].current)
    assert found.sigmas[VOLTA] == pytest.approx(0.2)


def test_a_sure_prior_outweighs_vague_data_and_the_other_way_round() -> None:
    sure, vague = (constant(MATMUL, sigma=sigma) for sigma in (1e-4, 1.0))
    assert calibrate(batch(), measured(0.8), [sure], even(0.1)).values[MATMUL] == pytest.approx(sure.current, rel=1e-3)
    told = calibrate(batch(), measured(0.8), [vague], even(0.1)).values[MATMUL]
    assert told == pytest.approx(0.8 * vague.current, rel=0.01)


def test_what_is_measured_makes_a_constant_surer() -> None:
    few = Batch.of(scenarios()[:2], TARGET)
    one = calibrate(few, measured()[:2], [constant(MATMUL)], even()[:2]).sigmas[MATMUL]
    many = calibrate(batch(), measured(), [constant(MATMUL)], even()).sigmas[MATMUL]
    rough = calibrate(batch(), measured(), [constant(MATMUL)], even(0.1)).sigmas[MATMUL]
    assert many < one < 0.3
    assert many < rough < 0.3
    assert rough / many == pytest.approx(10, rel=0.05), "as the noise, where the prior says little"


def test_nothing_rises_above_its_ceiling() -> None:
    free = constant(MATMUL)
    low = replace(free, ceiling=1.05 * free.current)
    found = calibrate(batch(), measured(1.3), [low], even())
    assert found.values[MATMUL] == pytest.approx(low.ceiling)
    above = replace(free, prior=2 * free.current, ceiling=1.05 * free.current)
    assert calibrate(batch(), measured(2), [above], even()).values[MATMUL] <= above.ceiling * (1 + 1e-12)


def test_one_wild_measurement_moves_little() -> None:
    wild = measured(0.9).copy()
    wild[3] *= 5
    free = constant(MATMUL)
    found = calibrate(batch(), wild, [free], even())
    assert found.values[MATMUL] == pytest.approx(0.9 * free.current, rel=0.02)
    least_squares = calibrate(batch(), wild, [free], even(), mildness=1e6)
    assert abs(np.log(least_squares.values[MATMUL] / free.current / 0.9)) > 0.05, "without robustness it moves"
    assert found.errors[3] == pytest.approx(-np.log(5), abs=0.03)


def test_what_is_held_does_not_move_and_counts() -> None:
    held = {ATTENTION: float(np.log(0.7))}
    found = calibrate(batch(), measured(0.9, 0.7), [constant(MATMUL)], even(), held)
    assert set(found.values) == {MATMUL}
    assert found.values[MATMUL] == pytest.approx(0.9 * constant(MATMUL).current, rel=0.005)
    assert np.abs(found.errors).max() < 0.002
    without = calibrate(batch(), measured(0.9, 0.7), [constant(MATMUL)], even())
    assert np.abs(without.errors).max() > 0.02


def test_scenarios_that_are_not_wanted_come_out_as_they_may() -> None:
    mixed = Batch.of([*scenarios()[:2], _described(scenarios()[0])], TARGET)
    only = np.array([True, False, False])
    assert mixed.predict({}, only)[0] == batch().predict({})[0]
    assert np.isfinite(mixed.predict({})).all()


def _described(scenario: Scenario) -> Scenario:
    """The same with a quantity known, so that it takes another way through the book."""
    return parse({**scenario.document, "known": {"logits_s": 0.01}}, book().names)
