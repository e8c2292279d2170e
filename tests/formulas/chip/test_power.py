"""Power: parts add up, more clock and supply never draw less, and no draw of any design is no number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from tests.formulas.chip.designs import NODES, POWERS, Design, designs, made, options, some
from thirdwatt.formulas.chip import power
from thirdwatt.ledger import estimate
from thirdwatt.scenario import InputError
from thirdwatt.scenario.stated import QUANTITY_OF

FIELD = {name: path for path, name in QUANTITY_OF.items() if path.startswith("blueprint.")}
PARTS = (
    "datapath_power_w", "control_power_w", "register_power_w", "local_power_w", "last_level_power_w", "clock_power_w",
    "leakage_power_w", "standing_power_w", "memory_power_w", "link_power_w",
)  # fmt: skip


def settings_of(design: Design, **more: Any) -> dict[str, Any]:
    return {"blueprint.based_on": "b200-sxm-180gb", **{FIELD[name]: each for name, each in design.items()}} | more


# --- parts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chip", ["v100-sxm-32gb", "a100-sxm-80gb", "h100-sxm-80gb", "tpu-v4"])
def test_every_watt_is_of_a_part(chip: str) -> None:
    precision = "fp16" if chip.startswith("v100") else "bf16"
    ledger = estimate("llama-3.1-8b", {"blueprint.based_on": chip, "layout.precision": precision}, samples=50)
    whole = ledger.samples("blueprint_power_w")
    assert whole is not None
    ratio = ledger.samples("chip_power_ratio") * ledger.samples("design_power_ratio")  # type: ignore[operator]
    parts = sum(ledger.samples(name) for name in PARTS)  # type: ignore[misc]
    assert whole == pytest.approx(parts * ratio, rel=1e-12)


def test_an_idle_board_that_is_published_is_taken_as_it_is() -> None:
    """75 W of H100, of which the memory and the board draw what they stand at."""
    assert power.leakage_power_w__idle(75.0, 25.0, 0.0, 1.2, 0.78, 0.65, 1.0) == pytest.approx(50 * 1.2 * 1.2)
    assert power.leakage_power_w__idle(20.0, 25.0, 0.0, 1.2, 0.78, 0.65, 1.0) == 0


def test_an_idle_chip_that_stays_awake_draws_as_one_that_waits() -> None:
    """90 W of an idle TPU are not all leakage: its clock, its supply and its links stay as in work."""
    links = power.awake_link_power_w(1.0, 300e9, 5.6e-11)
    awake = power.awake_power_w(1.0, 15.0, 0.5, links)
    assert links == pytest.approx(16.8)
    assert awake == pytest.approx(7.5 + 16.8)
    assert power.leakage_power_w__idle(90.0, 20.0, awake, 1.2, 0.76, 0.76, 1.0) == pytest.approx((70 - awake) * 1.2)
    leaking = 600.0 * 0.05
    idle = power.accelerator_idle_power_w(600.0, 0.05, 1.0, 4, 1.5, 12.0, awake)
    assert idle == power.waiting_power_w(15.0, 0.5, leaking, 18.0, links, 1.0, 1.0)
    assert power.awake_power_w(0.0, 15.0, 0.5, power.awake_link_power_w(0.0, 300e9, 5.6e-11)) == 0


@pytest.mark.parametrize("chip", ["tpu-v4", "tpu-v3", "a100-sxm-80gb", "h100-sxm-80gb"])
def test_only_chips_without_power_management_idle_awake(chip: str) -> None:
    found = estimate("llama-3.1-8b", {"blueprint.based_on": chip}, samples=1, also=("idle_supply_v",)).values
    idle, work, least = (float(found[name][..., 0]) for name in ("idle_supply_v", "supply_v", "least_supply_v"))
    assert idle == pytest.approx(work if chip.startswith("tpu") else least)
    assert (float(found["awake_power_w"][..., 0]) > 0) == chip.startswith("tpu")


def test_links_draw_no_less_than_what_keeps_them_up() -> None:
    assert power.link_power_w(60e9, 5e-11, 15.0) == 15
    assert power.link_power_w(400e9, 5e-11, 15.0) == pytest.approx(20)


def test_a_design_at_rest_draws_what_an_idle_board_does() -> None:
    idle = power.accelerator_idle_power_w(800.0, 0.05, 1.0, 5, 2.5, 12.0, 0.0)
    assert idle == pytest.approx(800 * 0.05 + 5 * 2.5 + 12)
    assert idle == power.leakage_power_w(800.0, 0.05, 1.0) + power.standing_power_w(5, 2.5, 12.0)


@pytest.mark.parametrize("ratio", [power.slack_power_ratio, power.bubble_power_ratio])
def test_waiting_never_draws_more_than_work(ratio: Any) -> None:
    assert ratio(300.0, 600.0) == 1 / 2
    assert ratio(700.0, 600.0) == 1


def test_links_that_hold_up_the_arithmetic_draw_too() -> None:
    waiting, moving = 300.0, 450e9 * (4e-11 + 4e-11 + 2e-11)
    found = power.communication_power_ratio(waiting, 450e9, 4e-11, 4e-11, 2e-11, 0.0, 1.0, 1.0, 600.0)
    assert found == pytest.approx((waiting + moving) / 600)
    assert power.communication_power_ratio(590.0, 450e9, 4e-11, 4e-11, 2e-11, 0.0, 1.0, 1.0, 600.0) == 1
    kept_up = power.communication_power_ratio(waiting, 450e9, 4e-11, 4e-11, 2e-11, 450e9 * 4e-11, 1.0, 1.0, 600.0)
    assert kept_up == pytest.approx((waiting + 450e9 * 6e-11) / 600)


# --- properties ---------------------------------------------------------------------------------------------------


@some
@given(designs, options, st.floats(1, 2))
def test_more_clock_never_draws_less(design: Design, chosen: tuple[str, str], faster: float) -> None:
    slow, fast = (
        made({**design, "clock_hz": design["clock_hz"] * ratio}, NODES, options=chosen) for ratio in (1, faster)
    )
    for name in POWERS:
        assert (slow[name] <= fast[name] * (1 + 1e-12)).all(), name
    per_flop = [each["format_datapath_j_per_flop"] for each in (slow, fast)]
    assert (per_flop[0] <= per_flop[1] * (1 + 1e-12)).all()


@some
@given(designs, st.floats(0.5, 0.9), st.floats(1, 1.3))
def test_more_supply_takes_more_energy(design: Design, least: float, more: float) -> None:
    low, high = (made({**design, "least_supply_v": least * ratio}, NODES) for ratio in (1, more))
    for name in ("format_local_j_per_flop", "product_power_w", "accelerator_idle_power_w"):
        assert (low[name] <= high[name] * (1 + 1e-12)).all(), name


@some
@given(designs, st.floats(0, 0.5), st.floats(0, 0.5))
def test_gates_never_cost(design: Design, one: float, other: float) -> None:
    less, more = (made({**design, "gated_share": share}, NODES) for share in sorted((one, other)))
    for name in POWERS:
        assert (more[name] <= less[name] * (1 + 1e-12)).all(), name


@some
@given(designs, options)
def test_the_board_of_a_design_holds_its_products(design: Design, chosen: tuple[str, str]) -> None:
    found = made(design, NODES, ("bf16", "fp8", "fp4"), chosen)
    assert all(np.isfinite(values).all() and (values > 0).all() for values in found.values())
    assert (found["product_power_w"] > found["accelerator_idle_power_w"]).all()
    assert (found["product_power_w"] > found["waiting_power_w"]).all()


@settings(max_examples=8, deadline=None)
@given(designs, st.sampled_from(["n7", "n3e", "n2"]), st.sampled_from(["bf16", "fp8"]), st.integers(0, 9))
def test_every_draw_of_a_training_is_a_number(design: Design, process: str, precision: str, seed: int) -> None:
    more = {"blueprint.process": process, "layout.precision": precision}
    try:
        ledger = estimate("llama-3.1-8b", settings_of(design, **more), samples=100, seed=seed)
    except InputError as refused:
        assert all("cannot be built" in each.problem for each in refused.mistakes)
        reject()
    for name, values in ledger.values.items():
        assert np.isfinite(values).all(), name
    assert (ledger.values["facility_energy_kwh"] > 0).all()
