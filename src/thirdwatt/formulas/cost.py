"""Cost: rent, or what an owner pays by component, and where the two meet.

Owned equipment is charged by the hour: its price times the capital recovery factor over its life, over the hours it
works. A run that is rented pays the rent alone; the owner's costs are still computed, because they place each component
in the cost and power quadrant and give the break-even. Money is USD of the year of the price.

All arguments broadcast to (V, S). The component axis in front follows the order of the component table.

References
----------
.. [1] Short, Packey, Holt 1995, A Manual for the Economic Evaluation of Energy Efficiency and Renewable Energy
   Technologies, NREL/TP-462-5173, section 2 (capital recovery factor).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.formulas.arrays import along, over, portion, stack
from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Num


# --- capital ------------------------------------------------------------------------------------------------------


@quantity
def it_recovery_share_per_year(interest_share_per_year: Num, it_life_year: Num, reference_year: Num) -> Num:
    """Capital recovery factor of IT equipment [1]_: i/(1 - (1 + i)^(-n)), 1/n without interest."""
    rate = interest_share_per_year * reference_year
    paid = -np.expm1(-it_life_year / reference_year * np.log1p(rate))
    return np.where(rate > 0, portion(rate, paid), reference_year / it_life_year) / reference_year


@quantity
def plant_recovery_share_per_year(interest_share_per_year: Num, plant_life_year: Num, reference_year: Num) -> Num:
    """Capital recovery factor of building, power and cooling plant [1]_: i/(1 - (1 + i)^(-n)), 1/n without interest."""
    rate = interest_share_per_year * reference_year
    paid = -np.expm1(-plant_life_year / reference_year * np.log1p(rate))
    return np.where(rate > 0, portion(rate, paid), reference_year / plant_life_year) / reference_year


@quantity
def network_price_usd_per_accelerator(
    nic_price_usd: Num, switch_price_usd_per_port: Num, switch_port_per_accelerator: Num, switch_tier_count: Num
) -> Num:
    """Network cards, optics, cables and switches for one accelerator; none inside one host."""
    return nic_price_usd * np.minimum(switch_tier_count, 1) + switch_price_usd_per_port * switch_port_per_accelerator


@quantity
def storage_price_usd_per_accelerator(
    scratch_tb_per_accelerator: Num,
    scratch_usd_per_tb: Num,
    archive_tb: Num,
    archive_usd_per_tb: Num,
    accelerator_count: Num,
) -> Num:
    """Scratch and archive media with their servers for one accelerator."""
    return scratch_tb_per_accelerator * scratch_usd_per_tb + archive_tb * archive_usd_per_tb / accelerator_count


@quantity
def backup_price_usd_per_accelerator(backup_tb: Num, backup_usd_per_tb: Num, accelerator_count: Num) -> Num:
    """Backup media for one accelerator."""
    return backup_tb * backup_usd_per_tb / accelerator_count


@quantity
def component_capex_usd_per_accelerator(
    accelerator_price_usd: Num,
    host_price_usd: Num,
    network_price_usd_per_accelerator: Num,
    storage_price_usd_per_accelerator: Num,
    backup_price_usd_per_accelerator: Num,
    monitoring_price_usd: Num,
    spare_ratio: Num,
    design_power_w: Num,
    w_per_kw: Num,
    standby_usd_per_kw: Num,
    distribution_usd_per_kw: Num,
    cooling_usd_per_kw: Num,
    building_usd_per_kw: Num,
) -> Num:
    """Purchase price per accelerator in use, by component.

    Redundancy is spare nodes and standby generators; plant is bought by the kW of IT power it must feed.
    """
    kw = design_power_w / w_per_kw
    return stack(
        accelerator_price_usd,
        host_price_usd,
        network_price_usd_per_accelerator,
        storage_price_usd_per_accelerator,
        backup_price_usd_per_accelerator,
        monitoring_price_usd,
        spare_ratio * (accelerator_price_usd + host_price_usd) + standby_usd_per_kw * kw,
        distribution_usd_per_kw * kw,
        cooling_usd_per_kw * kw,
        building_usd_per_kw * kw,
    )


@quantity
def component_plant_capital_usd_per_accelerator_h(
    design_power_w: Num,
    w_per_kw: Num,
    standby_usd_per_kw: Num,
    distribution_usd_per_kw: Num,
    cooling_usd_per_kw: Num,
    building_usd_per_kw: Num,
    plant_recovery_share_per_year: Num,
    own_utilisation_share: Num,
    h_per_year: Num,
) -> Num:
    """Capital of the building and its plant for one allocated accelerator hour, by component; generators are
    redundancy.
    """
    building = (distribution_usd_per_kw, cooling_usd_per_kw, building_usd_per_kw)
    per_kw = stack(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, standby_usd_per_kw, *building)
    yearly = per_kw * (design_power_w / w_per_kw * plant_recovery_share_per_year)
    return yearly / (h_per_year * own_utilisation_share)


@quantity
def component_capital_usd_per_accelerator_h(
    component_capex_usd_per_accelerator: Num,
    component_plant_capital_usd_per_accelerator_h: Num,
    spare_ratio: Num,
    accelerator_price_usd: Num,
    host_price_usd: Num,
    it_recovery_share_per_year: Num,
    maintenance_share_per_year: Num,
    own_utilisation_share: Num,
    h_per_year: Num,
) -> Num:
    """Capital and maintenance of one allocated accelerator hour, by component: equipment with its spares, and plant."""
    *equipment, _, _, _, _ = along(component_capex_usd_per_accelerator)
    spares = spare_ratio * (accelerator_price_usd + host_price_usd)
    it = stack(*equipment, spares, 0.0, 0.0, 0.0) * (it_recovery_share_per_year + maintenance_share_per_year)
    return it / (h_per_year * own_utilisation_share) + component_plant_capital_usd_per_accelerator_h


# --- what the run pays --------------------------------------------------------------------------------------------


@quantity
def component_own_cost_usd(
    component_capital_usd_per_accelerator_h: Num,
    accelerator_hours: Num,
    component_energy_kwh: Num,
    facility_energy_kwh: Num,
    electricity_cost_usd: Num,
) -> Num:
    """What an owner pays for the run by component: capital for its hours, electricity for its energy."""
    electricity = component_energy_kwh * portion(electricity_cost_usd, facility_energy_kwh)
    return component_capital_usd_per_accelerator_h * accelerator_hours + electricity


@quantity
def own_cost_usd(component_own_cost_usd: Num) -> Num:
    """What an owner pays for the run."""
    return over(component_own_cost_usd)


@quantity
def electricity_cost_usd(facility_energy_kwh: Num, electricity_usd_per_kwh: Num) -> Num:
    """The owner's electricity bill for the run."""
    return facility_energy_kwh * electricity_usd_per_kwh


@quantity(given=("colocation_usd_per_kw_per_year",))
def component_cost_usd__colocated(
    component_own_cost_usd: Num,
    component_plant_capital_usd_per_accelerator_h: Num,
    accelerator_hours: Num,
    cost_usd: Num,
) -> Num:
    """Cost of the run by component: the machines as their owner pays them, the rest spread as the plant would be."""
    plant = component_plant_capital_usd_per_accelerator_h * accelerator_hours
    machines = component_own_cost_usd - plant
    spread = np.where(over(plant) > 0, plant, machines)
    return machines + spread * portion(cost_usd - over(machines), over(spread))


@quantity
def component_cost_usd(component_own_cost_usd: Num, cost_usd: Num) -> Num:
    """Cost of the run by component; a rent is spread as the owner's costs are."""
    return component_own_cost_usd * portion(cost_usd, over(component_own_cost_usd))


@quantity
def component_cost_share(component_own_cost_usd: Num) -> Num:
    """Share of the owner's cost, capital and electricity, by component."""
    return component_own_cost_usd / over(component_own_cost_usd)


@quantity
def component_capex_share(component_capex_usd_per_accelerator: Num) -> Num:
    """Share of the purchase price by component."""
    return component_capex_usd_per_accelerator / over(component_capex_usd_per_accelerator)


@quantity(given=("rent_usd_per_accelerator_h",))
def cost_usd__rented(rent_usd_per_accelerator_h: Num, accelerator_hours: Num) -> Num:
    """Rent of the hours, those redone after the vendor took machines back among them."""
    return rent_usd_per_accelerator_h * accelerator_hours


@quantity(given=("colocation_usd_per_kw_per_year",))
def cost_usd__colocated(
    colocation_usd_per_kw_per_year: Num,
    design_power_w: Num,
    w_per_kw: Num,
    accelerator_hours: Num,
    h_per_year: Num,
    own_utilisation_share: Num,
    own_cost_usd: Num,
    component_plant_capital_usd_per_accelerator_h: Num,
) -> Num:
    """Own machines in somebody's building: the owner's cost with a fee per kW in place of plant and generators."""
    fee_per_h = colocation_usd_per_kw_per_year * design_power_w / w_per_kw / (h_per_year * own_utilisation_share)
    return own_cost_usd + (fee_per_h - over(component_plant_capital_usd_per_accelerator_h)) * accelerator_hours


@quantity
def cost_usd(own_cost_usd: Num) -> Num:
    """Cost of the run for its owner."""
    return own_cost_usd


@quantity
def break_even_utilisation_share(
    component_capital_usd_per_accelerator_h: Num,
    own_utilisation_share: Num,
    electricity_cost_usd: Num,
    accelerator_hours: Num,
    market_rent_usd_per_accelerator_h: Num,
) -> Num:
    """Share of its hours that an own cluster must work to be as cheap as rent; above 1 it never is.

    Capital of a calendar hour over rent less electricity: u = c/(r - e).
    """
    capital = over(component_capital_usd_per_accelerator_h) * own_utilisation_share
    electricity = electricity_cost_usd / accelerator_hours
    return capital / (market_rent_usd_per_accelerator_h - electricity)
