"""A scenario's own measurements: they move it towards them, narrow it, and leave other runs alone."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import thirdwatt
from thirdwatt.ledger import Ledger
from thirdwatt.scenario import InputError

RUN: dict[str, Any] = {
    "workload": {"model": "llama-3.1-8b", "method": "sft", "transformer": {"seq_len": 2048}},
    "cluster": {"accelerator": "a100-sxm-80gb", "count": 8},
    "layout": {"micro_batch": 2, "global_batch": 64, "zero_stage": 3, "recompute": "full"},
    "software": {"stack": "transformers", "year": 2024},
}


def step(document: dict[str, Any], samples: int = 1) -> Ledger:
    return thirdwatt.estimate(document, samples=samples)


def value(ledger: Ledger, name: str = "step_time_s") -> float:
    found = ledger.totals[name]
    assert found is not None
    return found.value


def timed(factor: float, **more: Any) -> dict[str, Any]:
    """The run with three steps that took so many times what the model gives."""
    rows = []
    for batch in (32, 64, 128):
        changed = copy.deepcopy(RUN)
        changed["layout"]["global_batch"] = batch
        rows.append({"step_time_s": factor * value(step(changed)), "set": {"layout.global_batch": batch, **more}})
    return {**copy.deepcopy(RUN), "calibration": rows}


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_it_moves_towards_what_was_measured_and_not_beyond(factor: float) -> None:
    moved = value(step(timed(factor))) / value(step(RUN))
    assert abs(moved - 1) > 0.6 * abs(factor - 1)
    assert (moved - 1) * (factor - 1) > 0
    assert abs(moved - 1) <= abs(factor - 1)


def test_the_interval_narrows_and_the_gain_is_said() -> None:
    before, after = step(RUN, 400), step(timed(1.2), 400)
    wide, narrow = (ledger.totals["step_time_s"] for ledger in (before, after))
    assert wide is not None
    assert narrow is not None
    assert (narrow.high - narrow.low) / narrow.value < 0.7 * (wide.high - wide.low) / wide.value
    (said,) = (warning.text for warning in after.warnings if warning.code == "calibrated")
    assert "3 measured step times: off by 1" in said


def test_measurements_of_another_kind_tell_nothing() -> None:
    other = timed(1.3, **{"workload.adapter": "lora"})
    ledger = step(other)
    assert value(ledger) == value(step(RUN))
    assert "calibration_not_used" in {warning.code for warning in ledger.warnings}


def test_watts_move_the_draw_alone() -> None:
    document = copy.deepcopy(RUN)
    document["calibration"] = [{"accelerator_power_w": 300.0}] * 3
    before, after = step(RUN), step(document)
    assert abs(value(after, "accelerator_power_w") - 300) < 0.5 * abs(value(before, "accelerator_power_w") - 300)
    assert value(after) == value(before)


def test_every_mistake_is_named() -> None:
    document = copy.deepcopy(RUN)
    document["calibration"] = [{"step_time_s": 1.0}, {}, {"step_time_s": 2.0, "set": {"layout.tensr": 2}}]
    with pytest.raises(InputError) as found:
        step(document)
    said = [str(mistake) for mistake in found.value.mistakes]
    assert said == [
        "calibration.1: measures nothing; state step_time_s or accelerator_power_w",
        "calibration.2.set.layout.tensr: unknown key; did you mean tensor?",
        "calibration: 1 of step_time_s; measure at least 3, or leave them out",
    ]
