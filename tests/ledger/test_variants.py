"""Many scenarios with many variants: each as it would be alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import thirdwatt
from thirdwatt.facts import Figure
from thirdwatt.ledger import scenario_of
from thirdwatt.ledger.leaves import figures, informed
from thirdwatt.ledger.variants import Numbers, variants

TARGETS = ("facility_energy_kwh", "cost_usd", "wall_time_h", "boundary_energy_kwh")
SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"layout.precision": "fp8"},
    {"cluster.accelerator": "b200-sxm-180gb", "cluster.network": None},
)


def leaves(preset: str, *settings: dict[str, Any]) -> list[Mapping[str, Figure]]:
    return [figures(scenario_of(preset, each)) for each in settings]


def test_a_variant_is_what_it_is_alone() -> None:
    ready = variants(leaves("llama-3.1-405b", *SETTINGS), TARGETS)
    scenario = np.array([2, 0, 1, 0, 2])
    tokens = np.array([1e12, np.nan, 3e12, 5e12, np.nan])
    failures = np.array([1.0, 2.0, 1.0, 0.5, 3.0])
    found = ready.of(scenario, Numbers({"token_count": tokens}, {"failure_per_accelerator_per_h": failures}))
    for place, number in enumerate(scenario):
        own = scenario_of("llama-3.1-405b", SETTINGS[number])
        changes = dict(SETTINGS[number])
        changes["known.failure_per_accelerator_per_h"] = (
            figures(own)["failure_per_accelerator_per_h"].value * failures[place]
        )
        if np.isfinite(tokens[place]):
            changes["workload.tokens"] = tokens[place]
        alone = thirdwatt.estimate("llama-3.1-405b", set=changes, samples=1)
        for name in TARGETS[:3]:
            assert found[name][place] == pytest.approx(alone.values[name][0], rel=1e-12)
        assert found["boundary_energy_kwh"][:, place] == pytest.approx(alone.values["boundary_energy_kwh"][:, 0])


def test_scenarios_of_which_other_things_are_known_stand_side_by_side() -> None:
    of_hours = figures(scenario_of({"known": {"accelerator_hours": 1e5}, "cluster": {"count": 64}}))
    of_tokens = figures(scenario_of("llama-3.1-8b"))
    ready = variants([of_hours, of_tokens], ("wall_time_h", "training_flop"))
    assert len(ready.batches) == 2
    found = ready.of(np.array([0, 1, 0]), Numbers({}, {"pue": np.ones(3)}))
    assert found["wall_time_h"][[0, 2]] == pytest.approx(1e5 / 64)
    assert found["wall_time_h"][1] == pytest.approx(
        thirdwatt.estimate("llama-3.1-8b", samples=1).values["wall_time_h"][0]
    )


def test_what_one_scenario_cannot_tell_is_no_number_there() -> None:
    silent = figures(scenario_of({"known": {"accelerator_hours": 1e5}, "cluster": {"count": 64}}))
    ready = variants([silent, figures(scenario_of("llama-3.1-8b"))], ("modelled_step_s", "wall_time_h"))
    found = ready.of(np.array([0, 1]), Numbers({}, {}))
    assert np.isnan(found["modelled_step_s"][0])
    assert found["modelled_step_s"][1] > 0


def test_many_chunks_are_one() -> None:
    ready = variants(leaves("llama-3.1-8b", {}, {"layout.precision": "fp8"}), ("cost_usd",))
    scenario = np.arange(40_000) % 2
    found = ready.of(scenario, Numbers({}, {"token_count": np.linspace(0.5, 2, 40_000)}))["cost_usd"]
    some = np.array([0, 16_383, 16_384, 39_999])
    again = ready.of(scenario[some], Numbers({}, {"token_count": np.linspace(0.5, 2, 40_000)[some]}))["cost_usd"]
    assert (found[some] == again).all()


def test_scenarios_that_are_computed_alike_are_one_batch() -> None:
    plain = figures(scenario_of("llama-3.1-8b"))
    more = figures(scenario_of("llama-3.1-8b", {"storage.kept_checkpoints": 3}))  # nothing here reads it
    assert informed(plain) != informed(more)
    ready = variants([plain, more], ("wall_time_h",))
    assert len(ready.batches) == 1
    found = ready.of(np.array([1, 0]), Numbers({}, {}))["wall_time_h"]
    assert found[0] == found[1]
