"""Accounts: energy, carbon and water of the run along an axis, by component and by boundary.

Shape (component, V, S) in the order of ``quantity.COMPONENTS``, or (boundary, V, S) in the order of
``quantity.BOUNDARIES``. The axis lets a report show any account without a formula for each pair. Each account is the
facility's total, spread as the energy is, so that a total that is known is what its parts add up to.

References
----------
.. [1] GHG Protocol 2015, Scope 2 Guidance, chapter 4 (location and market).
.. [2] Li, Yang, Islam, Ren 2023, Making AI Less "Thirsty", arXiv:2304.03271, equations 1 to 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from thirdwatt.formulas.arrays import along, portion, stack
from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Num


@quantity
def component_energy_kwh(
    accelerators_energy_kwh: Num,
    cpu_servers_energy_kwh: Num,
    network_energy_kwh: Num,
    storage_energy_kwh: Num,
    backup_energy_kwh: Num,
    monitoring_energy_kwh: Num,
    redundancy_energy_kwh: Num,
    power_distribution_energy_kwh: Num,
    cooling_energy_kwh: Num,
    facility_other_energy_kwh: Num,
) -> Num:
    """Facility energy by component."""
    return stack(
        accelerators_energy_kwh,
        cpu_servers_energy_kwh,
        network_energy_kwh,
        storage_energy_kwh,
        backup_energy_kwh,
        monitoring_energy_kwh,
        redundancy_energy_kwh,
        power_distribution_energy_kwh,
        cooling_energy_kwh,
        facility_other_energy_kwh,
    )


@quantity
def component_power_share(component_energy_kwh: Num, facility_energy_kwh: Num) -> Num:
    """Share of the facility's energy by component."""
    return component_energy_kwh / facility_energy_kwh


@quantity
def component_carbon_kg(component_energy_kwh: Num, facility_energy_kwh: Num, carbon_kg: Num) -> Num:
    """Location-based carbon by component."""
    return component_energy_kwh * portion(carbon_kg, facility_energy_kwh)


@quantity
def component_carbon_market_kg(component_energy_kwh: Num, facility_energy_kwh: Num, carbon_market_kg: Num) -> Num:
    """Market-based carbon by component."""
    return component_energy_kwh * portion(carbon_market_kg, facility_energy_kwh)


@quantity
def component_water_l(
    component_energy_kwh: Num, facility_energy_kwh: Num, grid_water_l: Num, onsite_water_l: Num
) -> Num:
    """Water by component: at the power stations by energy, evaporated on site by cooling (last but one)."""
    *others, cooling, building = along(component_energy_kwh * portion(grid_water_l, facility_energy_kwh))
    return stack(*others, cooling + onsite_water_l, building)


# --- by boundary --------------------------------------------------------------------------------------------------


@quantity
def boundary_energy_kwh(
    accelerators_energy_kwh: Num,
    accelerators_facility_energy_kwh: Num,
    it_energy_kwh: Num,
    facility_energy_kwh: Num,
) -> Num:
    """Energy within each boundary."""
    return stack(accelerators_energy_kwh, accelerators_facility_energy_kwh, it_energy_kwh, facility_energy_kwh)


@quantity
def boundary_carbon_kg(boundary_energy_kwh: Num, facility_energy_kwh: Num, carbon_kg: Num) -> Num:
    """Location-based carbon within each boundary [1]_."""
    return boundary_energy_kwh * portion(carbon_kg, facility_energy_kwh)


@quantity
def boundary_carbon_market_kg(boundary_energy_kwh: Num, facility_energy_kwh: Num, carbon_market_kg: Num) -> Num:
    """Market-based carbon within each boundary [1]_."""
    return boundary_energy_kwh * portion(carbon_market_kg, facility_energy_kwh)


@quantity
def boundary_carbon_marginal_kg(boundary_energy_kwh: Num, facility_energy_kwh: Num, carbon_marginal_kg: Num) -> Num:
    """Carbon at the margin within each boundary."""
    return boundary_energy_kwh * portion(carbon_marginal_kg, facility_energy_kwh)


@quantity
def boundary_water_l(
    boundary_energy_kwh: Num,
    accelerators_energy_kwh: Num,
    it_energy_kwh: Num,
    facility_energy_kwh: Num,
    onsite_water_l: Num,
    grid_water_l: Num,
) -> Num:
    """Water within each boundary [2]_: on site by the IT energy inside it, at the power stations by all of it."""
    cooled = stack(accelerators_energy_kwh, accelerators_energy_kwh, it_energy_kwh, it_energy_kwh)
    on_site = cooled * portion(onsite_water_l, it_energy_kwh)
    return on_site + boundary_energy_kwh * portion(grid_water_l, facility_energy_kwh)
