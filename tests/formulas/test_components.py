"""Component rows are held by position: each price and each footprint must move the row of its own component."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import thirdwatt
from thirdwatt.formulas.components import boundary_energy_kwh, component_energy_kwh
from thirdwatt.ledger import Ledger
from thirdwatt.ledger.book import book
from thirdwatt.quantity import BOUNDARIES, COMPONENTS
from thirdwatt.scenario.parse import BOUNDARY_QUANTITY

WHOLE = {"cluster.accelerator": "h100", "cluster.count": 512, "site.tenure": "own"}
WHOLE |= {"known.archive_tb": 5_000, "known.backup_tb": 1_000, "known.spare_ratio": 0.05}
"""A cluster that has some of everything."""

SPARED = ("redundancy",)
PRICES = {
    "accelerator_price_usd": ("accelerators", *SPARED),
    "host_price_usd": ("cpu_servers", *SPARED),
    "nic_price_usd": ("network",),
    "switch_price_usd_per_port": ("network",),
    "scratch_usd_per_tb": ("storage",),
    "archive_usd_per_tb": ("storage",),
    "backup_usd_per_tb": ("backup",),
    "monitoring_price_usd": ("monitoring",),
    "spare_ratio": SPARED,
    "standby_usd_per_kw": ("redundancy",),
    "distribution_usd_per_kw": ("power_distribution",),
    "cooling_usd_per_kw": ("cooling",),
    "building_usd_per_kw": ("facility_other",),
}
IT = ("accelerators", "cpu_servers", "network", "storage", "backup", "monitoring")
LIVES = {
    "it_life_year": (*IT, *SPARED),
    "maintenance_share_per_year": (*IT, *SPARED),
    "plant_life_year": ("redundancy", "power_distribution", "cooling", "facility_other"),
}
MASSES = {
    "accelerator_embodied_kg": ("accelerators", *SPARED),
    "host_embodied_kg": ("cpu_servers", *SPARED),
    "network_embodied_kg": ("network",),
    "scratch_embodied_kg_per_tb": ("storage",),
    "archive_embodied_kg_per_tb": ("storage",),
    "backup_embodied_kg_per_tb": ("backup",),
    "spare_ratio": SPARED,
    "building_embodied_kg_per_kw": ("facility_other",),
}


@cache
def priced(raised: str = "") -> Ledger:
    change = {f"known.{raised}": 1.5 * priced().figures[raised].value} if raised else {}
    return thirdwatt.estimate("llama-3.1-8b", WHOLE | change, samples=1)


def moved(account: str, raised: str) -> tuple[str, ...]:
    """Components whose row of an account grows or shrinks when a figure is raised by half."""
    before, after = (ledger.values[account][:, 0] for ledger in (priced(), priced(raised)))
    still = np.isclose(before, after, rtol=1e-9, atol=0)
    return tuple(name for name, same in zip(COMPONENTS, still, strict=True) if not same)


@pytest.mark.parametrize(
    ("account", "raised", "components"),
    [
        *(("component_capex_usd_per_accelerator", *each) for each in PRICES.items()),
        *(("component_capital_usd_per_accelerator_h", *each) for each in (PRICES | LIVES).items()),
        *(("component_embodied_kg", *each) for each in MASSES.items()),
    ],
)
def test_a_figure_moves_the_row_of_its_component(account: str, raised: str, components: tuple[str, ...]) -> None:
    assert moved(account, raised) == tuple(name for name in COMPONENTS if name in components)


def test_what_evaporates_on_site_is_the_coolings() -> None:
    assert moved("component_water_l", "wue_l_per_kwh") == ("cooling",)


def test_energies_stand_in_the_order_of_the_components() -> None:
    (formula,) = book().formulas["component_energy_kwh"]
    assert list(formula.arguments) == [f"{name}_energy_kwh" for name in COMPONENTS]
    assert list(formula.arguments) == [book().components[name] for name in COMPONENTS]
    assert np.array_equal(component_energy_kwh(*map(float, range(len(COMPONENTS)))), range(len(COMPONENTS)))


def test_energies_stand_in_the_order_of_the_boundaries() -> None:
    (formula,) = book().formulas["boundary_energy_kwh"]
    assert list(formula.arguments) == [BOUNDARY_QUANTITY[name] for name in BOUNDARIES]
    assert np.array_equal(boundary_energy_kwh(*map(float, range(len(BOUNDARIES)))), range(len(BOUNDARIES)))
