"""Whatever is stated moves the answer, is said to be unread, or is refused; and parts go on adding up."""

from __future__ import annotations

import pytest

import thirdwatt
from thirdwatt.ledger import Ledger
from thirdwatt.ledger.ledger import Total
from thirdwatt.scenario.mistakes import InputError

ANSWER = ("totals", "components", "phases", "formula", "warnings")
SUMS = {
    "energy_kwh": "facility_energy_kwh", "cost_usd": "cost_usd", "carbon_kg": "carbon_kg", "water_l": "water_l",
    "carbon_market_kg": "carbon_market_kg", "embodied_kg": "embodied_kg",
}  # fmt: skip
ACCOUNTS = (
    "accelerators_energy_kwh", "it_energy_kwh", "facility_energy_kwh", "network_energy_kwh", "carbon_kg",
    "carbon_market_kg", "carbon_marginal_kg", "water_l", "onsite_water_l", "grid_water_l", "embodied_kg", "cost_usd",
    "own_cost_usd", "electricity_cost_usd", "accelerator_hours", "wall_time_h", "mfu", "goodput", "training_flop",
    "pue", "accelerator_power_w", "peak_power_w", "retention_energy_kwh",
)  # fmt: skip
SITES: tuple[tuple[str, dict[str, object]], ...] = (
    ("gpt-4o", {}),
    ("llama-3.1-8b", {"site.tenure": "own"}),
    ("llama-3.1-8b", {"site.tenure": "rented"}),
    ("llama-3.1-405b", {"site.tenure": "colo"}),
    ("laptop-cpu", {}),
)


def value(found: Total | None) -> float:
    assert found is not None
    return found.value


def stated(preset: str, changes: dict[str, object]) -> Ledger:
    return thirdwatt.estimate(preset, changes, samples=1)


@pytest.mark.parametrize(("preset", "changes"), SITES, ids=lambda each: each if isinstance(each, str) else "")
@pytest.mark.parametrize("quantity", ACCOUNTS)
def test_nothing_stated_is_passed_over(preset: str, changes: dict[str, object], quantity: str) -> None:
    before = stated(preset, changes)
    known = before.of(quantity)
    if known is None or known.value == 0:
        return
    try:
        after = stated(preset, {**changes, f"known.{quantity}": known.value * 0.83})
    except InputError:
        return
    was, now = before.to_dict(), after.to_dict()
    assert any(was[part] != now[part] for part in ANSWER)
    for name, total in SUMS.items():
        whole, parts = after.of(total), [getattr(row, name) for row in after.components]
        if whole is not None and None not in parts:
            assert sum(part.value for part in parts) == pytest.approx(whole.value, rel=1e-9)


@pytest.mark.parametrize("quantity", ["carbon_kg", "carbon_market_kg", "water_l", "embodied_kg", "cost_usd"])
def test_a_stated_account_is_the_answer(quantity: str) -> None:
    assert value(stated("gpt-4o", {f"known.{quantity}": 1e6}).totals[quantity]) == pytest.approx(1e6, rel=1e-12)


def test_what_is_redone_on_spot_machines_takes_energy_too() -> None:
    run = {"workload": {"model": "llama-3.1-8b", "tokens": 1e12}, "site": {"tenure": "rented"}}
    firm = thirdwatt.estimate(run, samples=1)
    spot = thirdwatt.estimate(run, {"site.term": "spot"}, samples=1)
    more = value(spot.totals["accelerator_hours"]) / value(firm.totals["accelerator_hours"])
    assert 1.05 < more < 1.1
    assert value(spot.totals["energy_kwh"]) / value(firm.totals["energy_kwh"]) == pytest.approx(more, rel=0.01)


def test_one_host_needs_no_network() -> None:
    row = next(row for row in stated("startup-lora-8xh100", {}).components if row.name == "network")
    assert row.energy_kwh.value == value(row.cost_usd) == value(row.embodied_kg) == 0


def test_a_colocation_fee_is_for_the_building_and_not_for_the_machines() -> None:
    own = {row.name: row for row in stated("llama-3.1-405b", {"site.tenure": "own"}).components}
    colo = {row.name: row for row in stated("llama-3.1-405b", {"site.tenure": "colo"}).components}
    assert value(colo["network"].cost_usd) == pytest.approx(value(own["network"].cost_usd), rel=0.05)
