"""Products in 8 bit: at the rates of 8 bit, and where they were shown."""

from __future__ import annotations

from typing import Any

import pytest

from tests.search.levers.priced import after, ratio, reason, today, value, ways
from thirdwatt.facts import table
from thirdwatt.ledger import scenario_of
from thirdwatt.search.levers import fp4
from thirdwatt.search.levers.fp8 import LEVER
from thirdwatt.search.levers.lever import Today
from thirdwatt.search.plan.bench import Bench
from thirdwatt.search.plan.goals import Counted
from thirdwatt.search.plan.offered import Offered
from thirdwatt.search.today import start

HOPPER = "h100-sxm-80gb"


def test_a_run_of_which_hours_alone_are_known_is_not_said_to_take_half() -> None:
    """Its share of the peak is of its precision: that of 16 bit is not reached in 8."""
    begun = start(scenario_of("gpt-4o", {"cluster.accelerator": HOPPER}), samples=1, seed=0)
    found = ways(LEVER, Today(begun.ledger, begun.stated))
    bench = Bench(begun, (Offered(LEVER, found),), Counted(begun.ledger.boundary))
    hours = [ledger.totals["accelerator_hours"] for ledger in (bench.ledger((1,)), begun.ledger)]
    shares = [
        table("generations").rows["hopper"].figures[f"typical_mfu_share@{each}"].value for each in ("bf16", "fp8")
    ]
    assert all(hours)
    assert hours[0].value / hours[1].value == pytest.approx(shares[0] / (2 * shares[1]), rel=1e-3)  # type: ignore[union-attr]


def test_what_is_stated_of_16_bit_does_not_stand_for_8() -> None:
    known = {"matmul_share": 0.5, "accelerator_peak_flop_per_s": 9e14}
    run = today("llama-3.1-8b", {"cluster.accelerator": HOPPER, "cluster.count": 64}, **known)
    (way,) = ways(LEVER, run)
    then = after(run, way)
    assert value(then, "accelerator_peak_flop_per_s") == 1979e12
    assert not then.scenario.given.keys() & known.keys()
    assert ratio(run, way, "modelled_step_s") < 0.85


@pytest.mark.parametrize(
    ("preset", "change", "why"),
    [
        ("deepseek-v3", {}, "fp8 already"),
        ("startup-lora-8xh100", {"workload.adapter": "qlora"}, "4 bit"),
        ("resnet-50", {"cluster.accelerator": HOPPER}, "convolves"),
        ("stable-diffusion-1.5", {"cluster.accelerator": HOPPER}, "convolves"),
    ],
)
def test_it_says_why_not(preset: str, change: dict[str, Any], why: str) -> None:
    assert why in reason(LEVER, today(preset, change))


def test_nor_was_4_bit_shown_for_images() -> None:
    assert "in 4 bit" in reason(fp4.LEVER, today("resnet-50", {"cluster.accelerator": "b200-sxm-180gb"}))
