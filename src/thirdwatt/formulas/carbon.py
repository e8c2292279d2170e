"""Carbon: of the electricity by location and by contract, at the margin, and of making the machines.

The three accounts of electricity stand beside each other and are never added. Location-based intensities are averages
of a grid for a year on one stated basis, direct or life-cycle. PUE multiplies energy and never embodied carbon.
Offsets are no input.

All arguments broadcast to (V, S); masses are kg of CO2 equivalent.

References
----------
.. [1] GHG Protocol 2015, Scope 2 Guidance, chapters 4 and 6.
.. [2] ISO/IEC 21031:2024, Software Carbon Intensity: M = TE·(TiR/EL)·(RR/ToR).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.formulas.arrays import over, portion, stack
from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Num


@quantity(given=("contracted_share",))
def market_intensity_kg_per_kwh__contracts(
    contracted_share: Num, contracted_intensity_kg_per_kwh: Num, grid_intensity_kg_per_kwh: Num
) -> Num:
    """Intensity of what was bought [1]_: contracts for their share, the grid for the rest."""
    return contracted_share * contracted_intensity_kg_per_kwh + (1 - contracted_share) * grid_intensity_kg_per_kwh


@quantity
def market_intensity_kg_per_kwh(grid_intensity_kg_per_kwh: Num) -> Num:
    """Without contracts and without a residual mix the grid average stands in [1]_."""
    return grid_intensity_kg_per_kwh


@quantity
def carbon_kg(facility_energy_kwh: Num, grid_intensity_kg_per_kwh: Num) -> Num:
    """Location-based carbon of the facility."""
    return facility_energy_kwh * grid_intensity_kg_per_kwh


@quantity
def carbon_market_kg(facility_energy_kwh: Num, market_intensity_kg_per_kwh: Num) -> Num:
    """Market-based carbon of the facility [1]_."""
    return facility_energy_kwh * market_intensity_kg_per_kwh


@quantity
def carbon_marginal_kg(facility_energy_kwh: Num, marginal_intensity_kg_per_kwh: Num) -> Num:
    """Carbon that the grid emitted because of the run: for decisions, not for inventories."""
    return facility_energy_kwh * marginal_intensity_kg_per_kwh


@quantity
def component_wear_kg(
    accelerator_embodied_kg: Num,
    host_embodied_kg: Num,
    network_embodied_kg: Num,
    switch_tier_count: Num,
    scratch_tb_per_accelerator: Num,
    scratch_embodied_kg_per_tb: Num,
    archive_tb: Num,
    archive_embodied_kg_per_tb: Num,
    backup_tb: Num,
    backup_embodied_kg_per_tb: Num,
    accelerator_count: Num,
    spare_ratio: Num,
    building_embodied_kg_per_kw: Num,
    design_power_w: Num,
    w_per_kw: Num,
    accelerator_hours: Num,
    it_life_year: Num,
    building_life_year: Num,
    own_utilisation_share: Num,
    h_per_year: Num,
) -> Num:
    """Carbon of making the machines that the run wears out, by component: TE·TiR/EL [2]_, over the share of its life
    that a machine is allocated, so that hours of work bear the idle ones too (not in [2]_).

    Monitoring and the plant for power and cooling are inside the figure per kW of the building.
    """
    it_share = accelerator_hours / (it_life_year * h_per_year * own_utilisation_share)
    building_share = accelerator_hours / (building_life_year * h_per_year * own_utilisation_share)
    storage = (
        scratch_tb_per_accelerator * scratch_embodied_kg_per_tb
        + archive_tb * archive_embodied_kg_per_tb / accelerator_count
    )
    building = building_embodied_kg_per_kw * design_power_w / w_per_kw
    return stack(
        accelerator_embodied_kg * it_share,
        host_embodied_kg * it_share,
        network_embodied_kg * np.minimum(switch_tier_count, 1) * it_share,
        storage * it_share,
        backup_tb * backup_embodied_kg_per_tb / accelerator_count * it_share,
        0.0,
        spare_ratio * (accelerator_embodied_kg + host_embodied_kg) * it_share,
        0.0,
        0.0,
        building * building_share,
    )


@quantity
def embodied_kg(component_wear_kg: Num) -> Num:
    """Carbon of making the machines that the run wears out."""
    return over(component_wear_kg)


@quantity
def component_embodied_kg(component_wear_kg: Num, embodied_kg: Num) -> Num:
    """Embodied carbon by component: what each wears out, scaled to the total."""
    return component_wear_kg * portion(embodied_kg, over(component_wear_kg))
