"""Changes to a run: what is known follows the work, what is changed replaces, all else is drawn alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from thirdwatt.ledger import estimate
from thirdwatt.ledger.change import Change, changed, difference_of, ends, figure, ledger_after, times

RUN: dict[str, Any] = {"workload": {"model": "llama-3.1-8b", "tokens": 1e12}, "cluster": {"count": 64}}


def test_nothing_changed_is_the_same_run() -> None:
    before = estimate(RUN, samples=50)
    after = ledger_after(before, Change({}))
    assert np.array_equal(before.values["facility_energy_kwh"], after.values["facility_energy_kwh"])


def test_a_difference_is_taken_draw_by_draw() -> None:
    before = estimate(RUN, samples=200)
    half = Change({"token_count": times(before.figures["token_count"], (0.5, 0.5, 0.5))}, (0.5,) * 3)
    saved = difference_of(before, ledger_after(before, half), "accelerators_energy_kwh")
    assert saved is not None
    assert saved / before.values["accelerators_energy_kwh"] == pytest.approx(0.5, rel=1e-9)
    found = ends(saved)
    assert found is not None
    assert found["low"] < found["value"] < found["high"]


def test_what_is_known_of_the_whole_follows_the_work() -> None:
    known = {**RUN, "known": {"accelerator_hours": 1e5, "cost_usd": 3e5}}
    before = estimate(known, samples=1)
    after = ledger_after(before, Change({}, (0.2, 0.1, 0.4)))
    hours = after.figures["accelerator_hours"]
    assert (hours.value, hours.low, hours.high) == pytest.approx((2e4, 1e4, 4e4))
    assert after.figures["cost_usd"].value == pytest.approx(6e4)
    assert after.figures["pue" if "pue" in after.figures else "typical_pue_ratio"] in before.figures.values()


def test_options_change_too() -> None:
    before = estimate(RUN, samples=1)
    tokens = before.figures["token_count"]
    lora = Change({"token_count": tokens}, choices={"method": "sft", "adapter": "lora"})
    scenario = changed(before.scenario, lora)
    assert scenario.choices["adapter"] == "lora"
    assert before.scenario.choices["adapter"] == "none"
    after = ledger_after(before, lora)
    assert after.values["training_flop"][0] / before.values["training_flop"][0] == pytest.approx(0.7, abs=0.05)


def test_figures_by_their_ends() -> None:
    found = figure("pue", (1.2, 1.1, 1.4), "a test")
    assert (found.value, found.low, found.high, found.stream) == (1.2, 1.1, 1.4, "given/pue")
    assert ends(None) is None
