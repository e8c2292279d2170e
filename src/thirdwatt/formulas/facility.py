"""Facility: what the building adds to the IT load, split exactly.

PUE = 1 + cooling + power distribution + other, each per unit of IT energy. The overhead is split by ratios to
cooling, so that the three parts always make up the stated PUE; electrical loss falls more slowly than cooling
as a site gets better. The loss in uninterruptible supplies is part of power distribution and so already in the PUE.

All arguments broadcast to (V, S). Valid for PUE >= 1.

References
----------
.. [1] ISO/IEC 30134-2:2016, Data centres, key performance indicators, part 2: PUE.
.. [2] Barroso, Hölzle, Ranganathan 2018, The Datacenter as a Computer, 3rd ed., chapters 4 and 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Num


@quantity(given=("facility_energy_kwh", "it_energy_kwh"))
def pue__energies(facility_energy_kwh: Num, it_energy_kwh: Num) -> Num:
    """Facility over IT energy [1]_, from both as metered."""
    return facility_energy_kwh / it_energy_kwh


@quantity(given=("cooling_ratio", "power_distribution_ratio", "facility_other_ratio"))
def pue__parts(cooling_ratio: Num, power_distribution_ratio: Num, facility_other_ratio: Num) -> Num:
    """Facility over IT energy [1]_, from its three parts."""
    return 1 + cooling_ratio + power_distribution_ratio + facility_other_ratio


@quantity(given=("cooling_share",))
def pue__cooling_share(
    cooling_share: Num, typical_power_distribution_ratio: Num, typical_facility_other_ratio: Num
) -> Num:
    """PUE of a site where cooling takes this share of all energy: (1 + d + o)/(1 - share)."""
    return (1 + typical_power_distribution_ratio + typical_facility_other_ratio) / (1 - cooling_share)


@quantity
def pue(typical_pue_ratio: Num) -> Num:
    """What sites of this kind report."""
    return typical_pue_ratio


@quantity(given=("cooling_share",))
def cooling_ratio__share(cooling_share: Num, pue: Num) -> Num:
    """Cooling per unit of IT energy, from its share of the facility."""
    return cooling_share * pue


@quantity
def cooling_ratio(
    pue: Num,
    distribution_at_unit_overhead_ratio: Num,
    distribution_exponent_ratio: Num,
    other_to_distribution_ratio: Num,
) -> Num:
    """Cooling per unit of IT energy: x/(1 + (1 + o/d)·a·x^(-k)) with x = PUE - 1 and d/c = a·x^(-k) [2]_."""
    overhead = pue - 1
    slow = overhead**distribution_exponent_ratio
    return overhead * slow / (slow + (1 + other_to_distribution_ratio) * distribution_at_unit_overhead_ratio)


@quantity
def power_distribution_ratio(pue: Num, cooling_ratio: Num, other_to_distribution_ratio: Num) -> Num:
    """Loss in transformers, uninterruptible supplies and cables per unit of IT energy."""
    return (pue - 1 - cooling_ratio) / (1 + other_to_distribution_ratio)


@quantity
def facility_other_ratio(pue: Num, cooling_ratio: Num, power_distribution_ratio: Num) -> Num:
    """Lighting, offices and the like per unit of IT energy: what the other two leave of PUE - 1."""
    return pue - 1 - cooling_ratio - power_distribution_ratio


@quantity(component="cooling")
def cooling_energy_kwh(it_energy_kwh: Num, cooling_ratio: Num) -> Num:
    """Energy of chillers, fans, pumps and towers."""
    return it_energy_kwh * cooling_ratio


@quantity(component="power_distribution")
def power_distribution_energy_kwh(it_energy_kwh: Num, power_distribution_ratio: Num) -> Num:
    """Energy lost between the grid and the racks."""
    return it_energy_kwh * power_distribution_ratio


@quantity(component="facility_other")
def facility_other_energy_kwh(it_energy_kwh: Num, facility_other_ratio: Num) -> Num:
    """Energy of the building itself."""
    return it_energy_kwh * facility_other_ratio


@quantity(parts=True)
def facility_energy_kwh(
    it_energy_kwh: Num,
    cooling_energy_kwh: Num,
    power_distribution_energy_kwh: Num,
    facility_other_energy_kwh: Num,
) -> Num:
    """All energy the site draws for the run."""
    return it_energy_kwh + cooling_energy_kwh + power_distribution_energy_kwh + facility_other_energy_kwh


@quantity
def accelerators_facility_energy_kwh(accelerators_energy_kwh: Num, pue: Num) -> Num:
    """Accelerators and the overhead on them alone: E = P·N·T·PUE, the sum many publications give."""
    return accelerators_energy_kwh * pue
